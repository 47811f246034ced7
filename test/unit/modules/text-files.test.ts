import { expect } from "chai";
import { blockinfile } from "../../../engine/modules/blockinfile.ts";
import { knownHosts } from "../../../engine/modules/known-hosts.ts";
import { lineinfile } from "../../../engine/modules/lineinfile.ts";
import type { AnyModule } from "../../../engine/modules/module.ts";
import { expandMatch, pythonRegex, search } from "../../../engine/modules/python-regex.ts";
import { replace } from "../../../engine/modules/replace.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams, recoversFromFailures } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const PATH = "/etc/conf";
const START = "a=1\nb=2\n#c=3\nend";

/** The file after the module ran, which must have been predicted, and must not change again unless `again` says so. */
async function after(
  module: AnyModule,
  params: RawParams,
  before: string | undefined = START,
): Promise<string | undefined> {
  const host = new SimulatedHost({ files: before === undefined ? {} : { [PATH]: before } });
  const all = { path: PATH, ...params };
  const dry = await planOnly(module, all, host);
  expect(host.text(PATH)).to.equal(before);
  const first = await planAndApply(module, all, host);
  expect(first.changed, "predicted").to.equal(dry.changed);
  expect((await planAndApply(module, all, host)).changed, "second run").to.equal(false);
  return host.text(PATH);
}
const failure = (module: AnyModule, params: RawParams, files = {}) =>
  messageOf(planAndApply(module, params, new SimulatedHost({ files })));

describe("module lineinfile", () => {
  const line = (params: RawParams, before?: string) => after(lineinfile, params, before);
  it("adds a line at the end, ending the last one first", async () => {
    expect(await line({ line: "new" })).to.equal("a=1\nb=2\n#c=3\nend\nnew\n");
  });
  it("makes the target of a link that leads nowhere, and leaves the link", async () => {
    const host = new SimulatedHost();
    host.seed("/etc/locale.conf.d", { type: "directory" });
    host.seed("/etc/first", { type: "link", target: "second" });
    host.seed("/etc/second", { type: "link", target: "../etc/locale.conf.d/c" });
    const params = { path: "/etc/first", line: "LANG=C", create: true };
    expect((await planAndApply(lineinfile, params, host)).changed).to.equal(true);
    expect(host.text("/etc/locale.conf.d/c")).to.equal("LANG=C\n");
    expect((await host.stat("/etc/first"))?.type).to.equal("link");
    expect((await planAndApply(lineinfile, params, host)).changed).to.equal(false);
  });
  it("leaves a file that has the line", async () => {
    expect(await line({ line: "a=1" })).to.equal(START);
  });
  it("replaces the last line that matches, or the first with firstmatch", async () => {
    expect(await line({ regexp: "^b=", line: "b=5" })).to.equal("a=1\nb=5\n#c=3\nend");
    expect(await line({ regexp: "^x", line: "x" }, "x1\nx2\n")).to.equal("x1\nx\n");
    const host = new SimulatedHost({ files: { [PATH]: "x1\nx2\n" } });
    await planAndApply(lineinfile, { path: PATH, regexp: "^x", line: "y", firstmatch: true }, host);
    expect(host.text(PATH)).to.equal("y\nx2\n");
  });
  it("fills in groups with backrefs, and does nothing without a match", async () => {
    expect(await line({ regexp: "^#(c)=(\\d)", line: "\\1=\\g<2>0", backrefs: true })).to.equal("a=1\nb=2\nc=30\nend");
    expect(await line({ regexp: "^zz", line: "z", backrefs: true })).to.equal(START);
  });
  it("inserts behind and in front of patterns, and at either end", async () => {
    expect(await line({ line: "x", insertafter: "^a=" })).to.equal("a=1\nx\nb=2\n#c=3\nend");
    expect(await line({ line: "x", insertbefore: "^b=" })).to.equal("a=1\nx\nb=2\n#c=3\nend");
    expect(await line({ line: "x", insertbefore: "BOF" })).to.equal(`x\n${START}`);
    expect(await line({ line: "x", insertafter: "^end$" })).to.equal(`${START}\nx\n`);
    expect(await line({ line: "x", insertbefore: "^nope" })).to.equal(`${START}\nx\n`);
  });
  it("finds plain text with search_string", async () => {
    expect(await line({ search_string: "#c=", line: "c=4" })).to.equal("a=1\nb=2\nc=4\nend");
  });
  it("removes lines", async () => {
    expect(await line({ state: "absent", regexp: "^[ab]=" })).to.equal("#c=3\nend");
    expect(await line({ state: "absent", line: "end" })).to.equal("a=1\nb=2\n#c=3\n");
    expect(await line({ state: "absent", search_string: "=" })).to.equal("end");
  });
  it("returns Ansible's messages", async () => {
    const host = new SimulatedHost({ files: { [PATH]: START } });
    const result = async (params: RawParams) =>
      (await planAndApply(lineinfile, { path: PATH, ...params }, host)).result;
    expect(await result({ line: "new" })).to.include({ msg: "line added", backup: "" });
    expect(await result({ line: "newer", regexp: "^new" })).to.include({ msg: "line replaced" });
    expect(await result({ line: "newer", mode: "0600" })).to.include({
      msg: "ownership, perms or SE linux context changed",
    });
    expect(await result({ state: "absent", regexp: "^new" })).to.include({ msg: "1 line(s) removed", found: 1 });
    expect((await result({ line: "x", backup: true })).backup).to.match(/^\/etc\/conf\.\d+\./);
    expect(await result({ path: "/etc/none", line: "x", state: "absent" })).to.include({
      msg: "file not present",
      changed: false,
    });
  });
  it("makes the file, with its folder, only with create", async () => {
    expect(await failure(lineinfile, { path: "/srv/none", line: "x" })).to.equal(
      "Destination /srv/none does not exist !",
    );
    const host = new SimulatedHost();
    await planAndApply(lineinfile, { path: "/srv/d/none", line: "x", create: true, mode: "0600" }, host);
    expect([host.text("/srv/d/none"), (await host.stat("/srv/d/none"))?.mode]).to.deep.equal(["x\n", 0o600]);
  });
  it("writes through a link, and keeps bytes that are no text", async () => {
    const host = new SimulatedHost({
      files: { [PATH]: { target: "real" }, "/etc/real": Buffer.from([0x61, 0xff, 0x0a]) },
    });
    await planAndApply(lineinfile, { path: PATH, line: "x" }, host);
    expect((await host.stat(PATH))?.type).to.equal("link");
    expect((await host.read("/etc/real")).toString("hex")).to.equal("61ff0a780a");
  });
  it("says what is missing in the task", async () => {
    expect(await failure(lineinfile, { path: PATH })).to.equal("line is required with state=present");
    expect(await failure(lineinfile, { path: PATH, line: "x", backrefs: true })).to.equal(
      "regexp is required with backrefs=true",
    );
    expect(await failure(lineinfile, { path: PATH, state: "absent" })).to.contain("is required with state=absent");
    expect(await failure(lineinfile, { path: PATH, line: "x", regexp: "(" }, { [PATH]: "a" })).to.contain(
      "invalid regular expression (",
    );
    expect(await failure(lineinfile, { path: "/etc", line: "x" })).to.equal("Path /etc is a directory !");
  });
  it("has the old or the new content after any verb failed, and converges", async () => {
    const params = { path: PATH, line: "new", mode: "0600", backup: true };
    await recoversFromFailures(
      () => new SimulatedHost({ files: { [PATH]: START } }),
      (host) => planAndApply(lineinfile, params, host),
      {
        halfway: (host) => expect([START, `${START}\nnew\n`]).to.include(host.text(PATH)),
        end: async (host) =>
          expect([host.text(PATH), (await host.stat(PATH))?.mode]).to.deep.equal([`${START}\nnew\n`, 0o600]),
      },
    );
  });
});

describe("module blockinfile", () => {
  const block = (params: RawParams, before?: string) => after(blockinfile, params, before);
  const B = "# BEGIN ANSIBLE MANAGED BLOCK\n";
  const E = "# END ANSIBLE MANAGED BLOCK\n";
  it("adds, replaces and removes a block", async () => {
    expect(await block({ block: "x\ny" })).to.equal(`${START}\n${B}x\ny\n${E}`);
    expect(await block({ block: "z\n" }, `1\n${B}x\n${E}2\n`)).to.equal(`1\n${B}z\n${E}2\n`);
    expect(await block({ state: "absent" }, `1\n${B}x\n${E}2\n`)).to.equal("1\n2\n");
    expect(await block({ block: "" }, `1\n${B}x\n${E}2\n`)).to.equal("1\n2\n");
  });
  it("puts it where it is asked for, with empty lines around it", async () => {
    const marker = "// {mark}";
    expect(
      await block({ block: "x", marker, insertbefore: "BOF", append_newline: true, prepend_newline: true }),
    ).to.equal(`// BEGIN\nx\n// END\n\n${START}`);
    expect(
      await block({ block: "x", marker, insertafter: "^a=", append_newline: true, prepend_newline: true }),
    ).to.equal("a=1\n\n// BEGIN\nx\n// END\n\nb=2\n#c=3\nend");
    expect(await block({ block: "x", marker, insertbefore: "^b=", marker_begin: "<", marker_end: ">" })).to.equal(
      "a=1\n// <\nx\n// >\nb=2\n#c=3\nend",
    );
  });
  it("returns Ansible's messages and fails without the file", async () => {
    const host = new SimulatedHost({ files: { [PATH]: START } });
    const result = async (params: RawParams) =>
      (await planAndApply(blockinfile, { path: PATH, ...params }, host)).result.msg;
    expect([
      await result({ block: "x" }),
      await result({ block: "x" }),
      await result({ state: "absent" }),
    ]).to.deep.equal(["Block inserted", "", "Block removed"]);
    expect(await result({ block: "x", path: "/etc/new", create: true })).to.equal("File created");
    expect(await failure(blockinfile, { path: "/etc/none", block: "x" })).to.equal("Path /etc/none does not exist !");
  });
});

describe("module replace", () => {
  const replaced = (params: RawParams, before: string) => {
    const host = new SimulatedHost({ files: { [PATH]: before } });
    return planAndApply(replace, { path: PATH, ...params }, host).then((outcome) => [
      host.text(PATH),
      outcome.result.msg,
    ]);
  };
  it("replaces all matches, by lines", async () => {
    expect(await replaced({ regexp: "^(\\w)=(.*)$", replace: "\\2=\\g<1>" }, "a=1\nb=2\n")).to.deep.equal([
      "1=a\n2=b\n",
      "2 replacements made",
    ]);
    expect(await replaced({ regexp: "x" }, "axbx\n")).to.deep.equal(["ab\n", "2 replacements made"]);
    expect(await replaced({ regexp: "x", replace: "x" }, "axbx\n")).to.deep.equal(["axbx\n", ""]);
  });
  it("keeps to a section", async () => {
    expect(await replaced({ regexp: "e", replace: "E", after: "<", before: ">" }, "e<e>e")).to.deep.equal([
      "e<E>e",
      "1 replacements made",
    ]);
    expect(await replaced({ regexp: "e", replace: "E", after: "<" }, "e<e>e")).to.deep.equal([
      "e<E>E",
      "2 replacements made",
    ]);
    expect(await replaced({ regexp: "e", after: "nope" }, "e")).to.deep.equal([
      "e",
      "Pattern for before/after params did not match the given file: nope(?P<subsection>.*)",
    ]);
  });
});

describe("Python's regular expressions", () => {
  it("are translated with their meaning", () => {
    const matches = (pattern: string, text: string) => search(pythonRegex(pattern), text)?.[0];
    expect(matches("(?P<q>['\"])x(?P=q)", `'x'`)).to.equal("'x'");
    expect(matches("end$", "end\n")).to.equal("end");
    expect(matches("end$", "end\n\n")).to.equal(undefined);
    expect(matches("end\\Z", "end\n")).to.equal(undefined);
    expect(matches("(?i)ABC", "xabc")).to.equal("abc");
    expect(matches("[]x]+", "a]x")).to.equal("]x");
    expect(matches("a{,2}b", "aab")).to.equal("aab");
    expect(matches("a(?#comment)b", "ab")).to.equal("ab");
    expect(() => pythonRegex("(?x) a")).to.throw("verbose mode");
    expect(() => pythonRegex("(?i:a)")).to.throw("not supported");
  });
  it("fill in replacement texts", () => {
    const match = search(pythonRegex("(?P<a>x)(y)?"), "x");
    expect(match && expandMatch("\\g<a>-\\1-\\2-\\n\\\\", match)).to.equal("x-x--\n\\");
  });
});

describe("module known_hosts", () => {
  const key = "foo ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKAE1p0mYh6tKcT2mGtxtBbmaPIAKE1DdErrXKAhMNkO";
  it("adds, replaces and removes keys, hashed names too", async () => {
    const host = new SimulatedHost();
    const run = (params: RawParams) => planAndApply(knownHosts, { name: "foo", path: "/etc/kh", ...params }, host);
    expect((await run({ key })).changed).to.equal(true);
    expect((await run({ key })).changed).to.equal(false);
    expect(host.text("/etc/kh")).to.equal(`${key}\n`);
    expect((await run({ key, hash_host: true })).changed).to.equal(true);
    expect(host.text("/etc/kh")).to.match(/^\|1\|\S+ ssh-ed25519 /);
    expect((await run({ key, hash_host: true })).changed).to.equal(false);
    await run({ key: key.replace(/....$/, "AAAA") });
    expect(host.text("/etc/kh")).to.equal(`${key.replace(/....$/, "AAAA")}\n`);
    await run({ state: "absent" });
    expect(host.text("/etc/kh")).to.equal("");
    expect(await failure(knownHosts, { name: "bar", key })).to.contain("does not hold bar");
  });
});
