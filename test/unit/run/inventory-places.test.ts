// Where a host was named: what inventory_dir and inventory_file say, with several sources and with folders.

import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { Workshop } from "./running.ts";

describe("inventory_dir and inventory_file", () => {
  let shop: Workshop;
  beforeEach(() => {
    shop = new Workshop();
  });
  afterEach(() => shop.remove());

  const says =
    "- hosts: all\n  gather_facts: false\n  tasks: [{debug: {msg: '{{ inventory_dir }} {{ inventory_file }}'}}]\n";

  it("are those of the file that names the host, in a folder of files too", async () => {
    shop.write({
      "home/hosts.yml": "all: {hosts: {one: {ansible_connection: local}}}\n",
      "other.ini": "two ansible_connection=local\n",
    });
    const { results } = await shop.play(says, { inventory: [shop.path("home"), shop.path("other.ini")] });
    expect(results.map(({ host, result }) => `${host} ${String(result.msg)}`).sort()).to.deep.equal([
      `one ${shop.path("home")} ${shop.path("home/hosts.yml")}`,
      `two ${shop.folder} ${shop.path("other.ini")}`,
    ]);
  });
});
