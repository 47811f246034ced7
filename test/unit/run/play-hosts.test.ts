import { expect } from "chai";
import { listPlaybooks } from "../../../engine/run/list.ts";
import { type Ran, Workshop } from "./running.ts";

const INVENTORY = "[masters]\none\n[disks]\ntwo\n[spare]\n[all:vars]\nansible_connection=local\n";
const TASKS = "\n  gather_facts: false\n  tasks: [{ name: here, debug: {} }]\n";

describe("the hosts that a play names by a template", () => {
  let shop: Workshop;
  beforeEach(() => {
    shop = new Workshop();
  });
  afterEach(() => shop.remove());

  const play = (hosts: string, ...more: string[]): Promise<Ran> =>
    shop.play(`- hosts: "${hosts}"${TASKS}${more.join("")}`, { inventoryText: INVENTORY });
  const reached = ({ results }: Ran): string[] => results.map(({ host }) => host);
  const warnings = ({ events }: Ran): string[] =>
    events.flatMap((event) => (event.type === "warning" ? [event.problem.message] : []));

  it("are those of the groups that there are, without a warning of the others", async () => {
    const ran = await play("{{ ['masters', 'workers', 'spare', 'disks'] | select('in', groups) | list }}");
    expect(reached(ran)).to.deep.equal(["one", "two"]);
    expect(warnings(ran)).to.deep.equal([]);
    expect(warnings(await play("masters:workers"))).to.deep.equal([
      "Could not match supplied host pattern, ignoring: workers",
    ]);
  });

  it("are none where it gives an empty list, and the run goes on with the next play", async () => {
    for (const none of [
      "groups['workers'] | default([])",
      "groups['spare']",
      "['workers'] | select('in', groups) | list",
    ]) {
      const ran = await play(`{{ ${none} }}`, `- hosts: masters${TASKS}`);
      expect(reached(ran), none).to.deep.equal(["one"]);
      expect(ran.exitCode).to.equal(0);
      expect(warnings(ran)).to.deep.equal([]);
    }
  });

  it("are not all hosts where it gives an empty text, which is refused", async () => {
    for (const empty of ["{{ '' }}", "{{ ['one', ''] }}"]) {
      let message = "";
      const ran = await play(empty).catch((error: Error) => {
        message = error.message;
      });
      expect(ran ? reached(ran) : [], empty).to.deep.equal([]);
      expect(message).to.contain("the value of 'hosts' is empty");
    }
  });

  it("are the same in a listing", async () => {
    const listed = async (hosts: string): Promise<readonly string[] | undefined> => {
      shop.write({ "site.yml": `- hosts: "${hosts}"${TASKS}`, "hosts.ini": INVENTORY });
      const { playbooks } = await listPlaybooks(shop.options());
      return playbooks[0]?.plays[0]?.hosts;
    };
    expect(await listed("{{ ['masters', 'workers'] | select('in', groups) | list }}")).to.deep.equal(["one"]);
    expect(await listed("{{ groups['workers'] | default([]) }}")).to.deep.equal([]);
  });
});
