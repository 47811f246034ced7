import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { PlainObject } from "../../../engine/core/value.ts";
import { assemble } from "../../../engine/modules/assemble.ts";
import { fetchModule } from "../../../engine/modules/fetch.ts";
import { find } from "../../../engine/modules/find.ts";
import { globRegex } from "../../../engine/modules/glob-regex.ts";
import type { AnyModule } from "../../../engine/modules/module.ts";
import { slurp } from "../../../engine/modules/slurp.ts";
import { stat } from "../../../engine/modules/stat.ts";
import { tempfile } from "../../../engine/modules/tempfile.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, type RawParams, runAction } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const failure = (module: AnyModule, params: RawParams, host = new SimulatedHost()) =>
  messageOf(planAndApply(module, params, host));

describe("module stat", () => {
  const told = async (host: SimulatedHost, params: RawParams) =>
    (await planAndApply(stat, params, host)).result.stat as PlainObject;
  it("tells what a path is, as Ansible does", async () => {
    const host = new SimulatedHost({
      files: { "/etc/x": { content: "abc", mode: 0o4755 }, "/etc/l": { target: "x" } },
    });
    expect(await told(host, { path: "/etc/x" })).to.deep.include({
      exists: true,
      isreg: true,
      isdir: false,
      mode: "4755",
      isuid: true,
      xoth: true,
      wgrp: false,
      size: 3,
      pw_name: "root",
      checksum: "a9993e364706816aba3e25717850c26c9cd0d89d",
    });
    expect(await told(host, { path: "/etc/l" })).to.deep.include({
      islnk: true,
      lnk_target: "x",
      lnk_source: "/etc/x",
    });
    expect(await told(host, { path: "/etc/l", follow: true })).to.deep.include({ islnk: false, isreg: true });
    expect(await told(host, { path: "/etc/none" })).to.deep.equal({ exists: false });
    expect(await told(host, { path: "/etc/x", get_checksum: false })).not.to.have.property("checksum");
  });
  it("starts no program unless flags or kinds are asked for", async () => {
    const host = new SimulatedHost({ files: { "/etc/x": "" } });
    await told(host, { path: "/etc/x" });
    expect(host.commands).to.deep.equal([]);
    host
      .onRun(/^lsattr/, { stdout: "----i---------e------- /etc/x\n" })
      .onRun(/^file/, { stdout: "text/plain; charset=us-ascii\n" });
    expect(await told(host, { path: "/etc/x", get_attributes: true, get_mime: true })).to.deep.include({
      attr_flags: "ie",
      attributes: ["immutable", "extents"],
      mimetype: "text/plain",
      charset: "us-ascii",
    });
  });
});

describe("module find", () => {
  const host = () =>
    new SimulatedHost({
      files: {
        "/srv/a.log": { content: "one\ntwo\n", mtime: 1000 },
        "/srv/b.txt": { content: "x".repeat(3000), mtime: 90_000 },
        "/srv/.hidden": "",
        "/srv/sub/c.log": { content: "three\n", mtime: 100_000 },
        "/srv/l": { target: "a.log" },
      },
    }).onRun("date +%s", { stdout: "100000\n" });
  const found = async (params: RawParams) =>
    ((await planAndApply(find, { paths: "/srv", ...params }, host())).result.files as PlainObject[]).map(
      (file) => file.path,
    );
  it("finds files of a folder, or of all below it", async () => {
    expect(await found({})).to.deep.equal(["/srv/a.log", "/srv/b.txt"]);
    expect(await found({ recurse: true, patterns: "*.log" })).to.deep.equal(["/srv/a.log", "/srv/sub/c.log"]);
    expect(await found({ hidden: true, patterns: ".h*" })).to.deep.equal(["/srv/.hidden"]);
    expect(await found({ recurse: true, depth: 1, patterns: "*.log" })).to.deep.equal(["/srv/a.log"]);
  });
  it("finds by kind, pattern, size, age and content", async () => {
    expect(await found({ file_type: "directory" })).to.deep.equal(["/srv/sub"]);
    expect(await found({ file_type: "link" })).to.deep.equal(["/srv/l"]);
    expect(await found({ patterns: "^[ab]\\.", use_regex: true, excludes: ".*txt" })).to.deep.equal(["/srv/a.log"]);
    expect(await found({ size: "1k" })).to.deep.equal(["/srv/b.txt"]);
    expect(await found({ size: "-1k" })).to.deep.equal(["/srv/a.log"]);
    expect(await found({ age: "1d" })).to.deep.equal(["/srv/a.log"]);
    expect(await found({ age: "-1d" })).to.deep.equal(["/srv/b.txt"]);
    expect(await found({ contains: "tw" })).to.deep.equal(["/srv/a.log"]);
    expect(await found({ mode: "0600" })).to.deep.equal([]);
    expect(await found({ mode: "0444", exact_mode: false })).to.deep.equal(["/srv/a.log", "/srv/b.txt"]);
    expect(await found({ limit: 1 })).to.deep.equal(["/srv/a.log"]);
  });
  it("goes on where a folder is missing, and says so", async () => {
    const { result, warnings } = await planAndApply(find, { paths: "/none,/srv" }, host());
    expect(result).to.deep.include({
      matched: 2,
      skipped_paths: { "/none": "'/none' is not a directory" },
      msg: "Not all paths examined, check warnings for details",
    });
    expect(warnings[0]).to.contain("Skipped '/none'");
  });
  it("reads shell patterns as Python's fnmatch does", () => {
    expect(globRegex("a[!b-c].*").test("ad.x")).to.equal(true);
    expect(globRegex("a[!b-c].*").test("ab.x")).to.equal(false);
    expect(globRegex("a?(1)").test("ax(1)")).to.equal(true);
  });
});

describe("modules that bring content back", () => {
  it("slurp gives base64, or Ansible's sentence", async () => {
    const host = new SimulatedHost({ files: { "/etc/x": "abc" } });
    expect((await planAndApply(slurp, { src: "/etc/x" }, host)).result).to.deep.include({
      content: "YWJj",
      encoding: "base64",
      source: "/etc/x",
      changed: false,
    });
    expect(await failure(slurp, { src: "/etc/none" })).to.equal("File not found: /etc/none");
    expect(await failure(slurp, { src: "/etc" })).to.equal("Source is a directory and must be a file: /etc");
  });

  it("fetch writes below the host's name, once, and not in a dry run", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fetch-"));
    try {
      const host = new SimulatedHost({ name: "web1", files: { "/etc/x": "abc" } });
      const go = (params: RawParams, check = false) =>
        runAction(fetchModule, { src: "/etc/x", dest: folder, ...params }, { host, check });
      expect(await go({}, true)).to.deep.include({ changed: true });
      const dest = join(folder, "web1/etc/x");
      expect(() => readFileSync(dest)).to.throw();
      expect(await go({})).to.deep.include({
        changed: true,
        dest,
        checksum: "a9993e364706816aba3e25717850c26c9cd0d89d",
      });
      expect(readFileSync(dest, "utf8")).to.equal("abc");
      expect(await go({})).to.deep.include({ changed: false, file: "/etc/x" });
      await go({ dest: `${folder}/`, flat: true });
      expect(readFileSync(join(folder, "x"), "utf8")).to.equal("abc");
      expect(await go({ src: "/etc/none", fail_on_missing: false })).to.deep.include({ changed: false });
      expect(await messageOf(go({ src: "/etc/none" }))).to.equal("the remote file does not exist: /etc/none");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("modules assemble and tempfile", () => {
  it("assemble joins fragments in order with the delimiter on a line of its own", async () => {
    const host = new SimulatedHost({
      files: { "/srv/f/1": "one\n", "/srv/f/2": "two", "/srv/f/3": "three", "/srv/f/.x": "hid" },
    });
    const params = { src: "/srv/f", dest: "/etc/all", delimiter: "#--", ignore_hidden: true };
    expect((await planAndApply(assemble, params, host)).result).to.include({ msg: "OK", changed: true });
    expect(host.text("/etc/all")).to.equal("one\n#--\ntwo\n#--\nthree");
    expect((await planAndApply(assemble, params, host)).changed).to.equal(false);
    expect(await failure(assemble, { src: "/etc/all", dest: "/etc/x" }, host)).to.equal(
      "Source (/etc/all) is not a directory",
    );
  });
  it("tempfile makes a path that nobody else can read", async () => {
    const host = new SimulatedHost();
    const { result } = await planAndApply(tempfile, { state: "directory", suffix: ".d" }, host);
    expect(result.path).to.match(/^\/tmp\/ansible\..*\.d$/);
    expect(result).to.include({ mode: "0700", state: "directory" });
  });
});
