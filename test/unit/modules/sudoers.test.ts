import { expect } from "chai";
import { sudoers } from "../../../engine/modules/sudoers.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const PATH = "/etc/sudoers.d/a";
const hostWith = (files = {}) =>
  new SimulatedHost({ files: { "/etc/sudoers.d/README": "", "/usr/sbin/visudo": "", ...files } });
const run = (params: RawParams, host: SimulatedHost) =>
  planAndApply(sudoers, { name: "a", user: "bob", commands: "ALL", ...params }, host);
const failure = (params: RawParams, host: SimulatedHost) => messageOf(run(params, host));

describe("module sudoers", () => {
  it("writes the rule as Ansible does, with mode 0440, once", async () => {
    const rule = async (params: RawParams) => {
      const host = hostWith().onRun(/^\/usr\/sbin\/visudo -c -f /);
      const all = { name: "a", ...params };
      const dry = await planOnly(sudoers, all, host);
      expect([dry.changed, host.text(PATH)]).to.deep.equal([true, undefined]);
      await planAndApply(sudoers, all, host);
      expect((await host.stat(PATH))?.mode).to.equal(0o440);
      expect((await planAndApply(sudoers, all, host)).changed).to.equal(false);
      return host.text(PATH);
    };
    expect(await rule({ user: "bob", commands: ["/bin/a", "/bin/b"] })).to.equal("bob ALL=NOPASSWD: /bin/a, /bin/b\n");
    expect(
      await rule({
        group: "adm",
        commands: "ALL",
        nopassword: false,
        runas: "alice",
        host: "h",
        setenv: true,
        noexec: true,
      }),
    ).to.equal("%adm h=(alice)NOEXEC:SETENV: ALL\n");
    expect(await rule({ user: "bob", commands: "ALL", setenv: true })).to.equal("bob ALL=NOPASSWD:SETENV: ALL\n");
    expect(await rule({ user: "bob", commands: "ALL", nopassword: false })).to.equal("bob ALL= ALL\n");
  });
  it("corrects the mode, and removes the rule", async () => {
    const host = hostWith({ [PATH]: { content: "bob ALL=NOPASSWD: ALL\n", mode: 0o644 } });
    const params = { name: "a", user: "bob", commands: "ALL" };
    expect((await planAndApply(sudoers, params, host)).changed).to.equal(true);
    expect((await host.stat(PATH))?.mode).to.equal(0o440);
    expect((await planAndApply(sudoers, { name: "a", state: "absent" }, host)).changed).to.equal(true);
    expect((await planAndApply(sudoers, { name: "a", state: "absent" }, host)).changed).to.equal(false);
  });
  it("keeps the old rule when visudo refuses the new one", async () => {
    const host = hostWith({ [PATH]: "old\n" }).onRun(/visudo/, { code: 1, stderr: "syntax error" });
    expect(await failure({}, host)).to.contain("syntax error");
    expect(host.text(PATH)).to.equal("old\n");
    expect((await run({ validation: "absent" }, host)).changed).to.equal(true);
  });
  it("says what is wrong", async () => {
    const host = new SimulatedHost({ files: { "/etc/sudoers.d/README": "" } });
    expect(await failure({ validation: "required" }, host)).to.contain("visudo");
    expect((await run({}, host)).changed).to.equal(true);
    expect(await failure({ user: null }, host)).to.contain("one of user, group");
    expect(await failure({ name: "../x" }, host)).to.contain("name of a file");
    expect(await failure({ user: "bob\nALL" }, host)).to.contain("line breaks");
    const { warnings } = await planOnly(sudoers, { name: "a.b", user: "bob", commands: "ALL" }, host);
    expect(warnings[0]).to.contain("sudo ignores");
  });
});
