import { expect } from "chai";
import { iniFile } from "../../../engine/modules/ini-file.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const PATH = "/etc/x.ini";

/** The file and the message after the module ran, which must have been predicted and must not change again. */
async function edited(params: RawParams, before?: string): Promise<[string | undefined, unknown]> {
  const host = new SimulatedHost({ files: before === undefined ? {} : { [PATH]: before } });
  const all = { path: PATH, ...params };
  const dry = await planOnly(iniFile, all, host);
  expect(host.text(PATH)).to.equal(before);
  const first = await planAndApply(iniFile, all, host);
  expect(first.changed, "predicted").to.equal(dry.changed);
  expect((await planAndApply(iniFile, all, host)).changed, "second run").to.equal(false);
  return [host.text(PATH), first.result.msg];
}
const failure = (params: RawParams) => messageOf(edited(params));

describe("module ini_file", () => {
  it("makes files, sections and options as Ansible does", async () => {
    expect(await edited({ section: "a", option: "x", value: "1" })).to.deep.equal([
      "\n[a]\nx = 1\n",
      "section and option added",
    ]);
    const before = "\n[a]\nx = 1\n[b]\ny=2\n";
    expect(await edited({ section: "a", option: "z", value: "3" }, before)).to.deep.equal([
      "\n[a]\nx = 1\nz = 3\n[b]\ny=2\n",
      "option added",
    ]);
    expect((await edited({ option: "top", value: "t" }, before))[0]).to.equal(`top = t\n${before}`);
    expect((await edited({ section: "b", option: "nv", allow_no_value: true }, before))[0]).to.equal(`${before}nv\n`);
    expect((await edited({ section: "c", option: "n", value: "1", no_extra_spaces: true }, before))[0]).to.equal(
      `${before}[c]\nn=1\n`,
    );
    expect(await edited({ section: "c", allow_no_value: true }, before)).to.deep.equal([
      `${before}[c]\n`,
      "only section added",
    ]);
  });
  it("uses a commented line, replaces one line and takes out its doubles", async () => {
    const before = "; c\n[s]\n#opt = old\n;opt2=old\nkey=1\nkey =2\n spaced   =  v\n\n# tail\n\n[t]\nopt=1\nlast";
    const s = (params: RawParams) => edited({ section: "s", ...params }, before).then(([text]) => text);
    expect(await s({ option: "opt", value: "new" })).to.contain("[s]\nopt = new\n;opt2");
    expect(await s({ option: "opt2", value: "new", modify_inactive_option: false })).to.contain(
      ";opt2=old\nkey=1\nkey =2\n spaced   =  v\nopt2 = new\n\n# tail\n",
    );
    expect(await s({ option: "key", value: "9" })).to.contain(";opt2=old\nkey = 9\n spaced");
    expect(await s({ option: "spaced", value: "v", ignore_spaces: true })).to.equal(before);
    expect(await s({ option: "spaced", value: "v" })).to.contain("\nspaced = v\n");
    expect((await edited({ section: "t", option: "last", value: "l" }, before))[0]).to.contain("opt=1\nlast = l\n");
    expect((await edited({ section: "t", option: "opt", value: "" }, before))[0]).to.contain("\nopt = \nlast\n");
  });
  it("keeps several values of an option", async () => {
    const before = "[a]\nx = 1\nm = p\nm = q\n";
    const m = (params: RawParams) => edited({ section: "a", option: "m", ...params }, before);
    expect((await m({ values: ["q", "r"] }))[0]).to.equal("[a]\nx = 1\nm = r\nm = q\n");
    expect((await m({ values: ["s", "q"], exclusive: false }))[0]).to.equal("[a]\nx = 1\nm = p\nm = q\nm = s\n");
    expect((await m({ value: "q", exclusive: false, state: "absent" }))[0]).to.equal("[a]\nx = 1\nm = p\n");
    expect(await m({ state: "absent" })).to.deep.equal(["[a]\nx = 1\n", "option changed"]);
  });
  it("tells sections of one name apart by their values", async () => {
    const before = "[p]\na = 1\n[p]\na = 2\nb = 1\n";
    const p = (params: RawParams) => edited({ section: "p", ...params }, before).then(([text]) => text);
    const two = { section_has_values: [{ option: "a", value: "2" }] };
    expect(await p({ option: "b", value: "5", ...two })).to.equal("[p]\na = 1\n[p]\na = 2\nb = 5\n");
    expect(await p({ option: "b", value: "7", section_has_values: [{ option: "a", values: ["3", "4"] }] })).to.equal(
      `${before}[p]\na = 3\na = 4\nb = 7\n`,
    );
    expect(await p({ state: "absent", ...two })).to.equal("[p]\na = 1\n");
  });
  it("removes sections, and leaves what is not there", async () => {
    expect(await edited({ section: "b", state: "absent" }, "[a]\nx=1\n[b]\ny=2\n[c]\n")).to.deep.equal([
      "[a]\nx=1\n[c]\n",
      "section removed",
    ]);
    expect(await edited({ section: "z", state: "absent" }, "[a]\nx=1")).to.deep.equal(["[a]\nx=1", "OK"]);
    expect(await edited({ section: "z", option: "o", state: "absent" })).to.deep.equal([undefined, "OK"]);
  });
  it("does not take an option for one that begins like it", async () => {
    expect((await edited({ section: "a", option: "ab", value: "1" }, "[a]\nabc = 1\nab.c=2\n"))[0]).to.equal(
      "[a]\nabc = 1\nab.c=2\nab = 1\n",
    );
    expect((await edited({ section: "a.b", option: "a[0]", value: "(" }, "[a.b]\na[0] = x\n[axb]\n"))[0]).to.equal(
      "[a.b]\na[0] = (\n[axb]\n",
    );
  });
  it("sets attributes, keeps the old file, and returns what is there", async () => {
    const host = new SimulatedHost({ files: { [PATH]: "[a]\nx = 1\n" } });
    const params = { path: PATH, section: "a", option: "x", value: "2", mode: "0600", backup: true };
    const { result } = await planAndApply(iniFile, params, host);
    expect(result).to.include({ path: PATH, mode: "0600", state: "file", size: 10, msg: "option changed" });
    expect(host.text(String(result.backup_file))).to.equal("[a]\nx = 1\n");
  });
  it("replaces a link unless it is to follow it", async () => {
    for (const follow of [true, false]) {
      const host = new SimulatedHost({ files: { [PATH]: { target: "real" }, "/etc/real": "[a]\n" } });
      await planAndApply(iniFile, { path: PATH, section: "a", option: "x", value: "1", follow }, host);
      expect([(await host.stat(PATH))?.type, host.text("/etc/real")]).to.deep.equal(
        follow ? ["link", "[a]\nx = 1\n"] : ["file", "[a]\n"],
      );
    }
  });
  it("says what is missing", async () => {
    expect(await failure({ section: "a", option: "x" })).to.contain("'value(s)' must be defined");
    expect(await failure({ section: "a", option: "x", value: "1", create: false })).to.equal(
      "Destination /etc/x.ini does not exist!",
    );
  });
});
