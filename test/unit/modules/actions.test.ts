import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Failure } from "../../../engine/core/problem.ts";
import { Undecided, Unknown } from "../../../engine/core/unknown.ts";
import { Float } from "../../../engine/core/value.ts";
import { addHost } from "../../../engine/modules/add-host.ts";
import { assertModule } from "../../../engine/modules/assert.ts";
import { asyncStatus } from "../../../engine/modules/async-status.ts";
import { debug } from "../../../engine/modules/debug.ts";
import { failModule } from "../../../engine/modules/fail.ts";
import { getent } from "../../../engine/modules/getent.ts";
import { groupBy } from "../../../engine/modules/group-by.ts";
import { includeVars } from "../../../engine/modules/include-vars.ts";
import type { VarsFile } from "../../../engine/modules/module.ts";
import { pause } from "../../../engine/modules/pause.ts";
import { ping } from "../../../engine/modules/ping.ts";
import { reboot } from "../../../engine/modules/reboot.ts";
import { setFact } from "../../../engine/modules/set-fact.ts";
import { setStats } from "../../../engine/modules/set-stats.ts";
import { validateArgumentSpec } from "../../../engine/modules/validate-argument-spec.ts";
import { waitFor } from "../../../engine/modules/wait-for.ts";
import { connectionsOf } from "../../../engine/modules/wait-probes.ts";
import { planAndApply, runAction } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

describe("actions on the run itself", () => {
  it("debug shows a message, an expression, or that there is none", async () => {
    expect(await runAction(debug, { msg: ["a", 1] })).to.deep.include({ msg: ["a", 1], changed: false });
    expect(await runAction(debug, {})).to.include({ msg: "Hello world!" });
    expect(await runAction(debug, { var: "x.y" }, { evaluate: () => 3 })).to.include({ "x.y": 3 });
    expect((await runAction(debug, { var: "x" }, { evaluate: () => undefined })).x).to.equal(
      "<< error 1 - 'x' is undefined >>",
    );
    expect(await runAction(debug, { msg: "a", verbosity: 2 })).to.include({ skipped: true });
  });
  it("set_fact keeps values as they are, floats too, and refuses names that are none", async () => {
    let set: VarsFile | undefined;
    const setVars = (_level: string, values: unknown) => {
      set = values as VarsFile;
    };
    const result = await runAction(setFact, { a: new Float(1) as never, b: "yes" }, { setVars });
    expect(set?.values.get("a")).to.be.instanceOf(Float);
    expect(result.ansible_facts).to.deep.equal({ a: 1, b: "yes" });
    const message = await runAction(setFact, { "a b": 1 }, { setVars }).catch((error: Failure) => error.message);
    expect(message).to.equal("Invalid variable name 'a b'.");
  });
  it("assert names the expression that is false, and is undecided about what is unknown", async () => {
    const condition = (text: string | boolean) =>
      text === "unknown" ? new Unknown("the output of 'x'") : text !== "false";
    expect(await runAction(assertModule, { that: ["true", "false"] }, { condition })).to.include({
      failed: true,
      assertion: "false",
      evaluated_to: false,
      msg: "Assertion failed",
    });
    expect(await runAction(assertModule, { that: "false", msg: "no!" }, { condition })).to.include({ msg: "no!" });
    expect(await runAction(assertModule, { that: "a,b" }, { condition })).to.include({ msg: "All assertions passed" });
    expect(
      await runAction(assertModule, { that: "unknown" }, { condition }).catch((error: unknown) => error),
    ).to.be.instanceOf(Undecided);
  });
  it("fail, ping, set_stats, add_host and group_by return what Ansible returns", async () => {
    expect(await runAction(failModule, {})).to.include({ failed: true, msg: "Failed as requested from task" });
    expect((await planAndApply(ping, {}, new SimulatedHost())).result).to.include({ ping: "pong", changed: false });
    expect(await runAction(setStats, { data: { a: 1 } }, { setStats: () => {} })).to.deep.include({
      ansible_stats: { data: { a: 1 }, per_host: false, aggregate: true },
    });
    const added = await runAction(addHost, { name: "h1:2222", groups: "a, b", foo: 1 }, { addHost: () => true });
    expect(added).to.deep.include({
      changed: true,
      add_host: { host_name: "h1", groups: ["a", "b"], host_vars: { foo: 1, ansible_ssh_port: 2222 } },
    });
    expect(await runAction(groupBy, { key: "os x-y" }, { addToGroup: () => true })).to.deep.include({
      add_group: "os-x-y",
      parent_groups: ["all"],
      changed: true,
    });
  });
  it("pause does not wait in a dry run, and says so where nobody can answer", async () => {
    expect(await runAction(pause, { minutes: 10 }, { check: true })).to.include({ changed: false });
    const warnings: unknown[] = [];
    await runAction(
      pause,
      { prompt: "Go on?" },
      { prompt: async () => undefined, warn: (text) => warnings.push(text) },
    );
    expect(warnings).to.deep.equal(["Not waiting for response to prompt as stdin is not interactive"]);
    expect(await runAction(pause, { prompt: "Go on?" }, { prompt: async () => "yes" })).to.include({
      user_input: "yes",
    });
  });
  it("async_status tells of a job, ends it, and fails without it", async () => {
    const job = () => ({ finished: true, result: { rc: 0 } });
    expect(await runAction(asyncStatus, { jid: "1" }, { job })).to.include({
      finished: true,
      rc: 0,
      ansible_job_id: "1",
    });
    expect(await runAction(asyncStatus, { jid: "1" }, { job: () => undefined })).to.include({
      failed: true,
      msg: "could not find job",
    });
    expect(await runAction(asyncStatus, { jid: "1", mode: "cleanup" }, { job, forgetJob: () => {} })).to.include({
      erased: "1",
    });
  });
  it("validate_argument_spec tells all that is wrong", async () => {
    const argument_spec = {
      a: { type: "int", required: true },
      b: { choices: ["x", "y"] },
      l: { type: "list", elements: "dict", options: { k: { required: true } } },
    };
    const check = (provided_arguments: Record<string, never>) =>
      runAction(validateArgumentSpec, { argument_spec, provided_arguments });
    expect(await check({ a: "1", b: "x", l: [{ k: "v" }] } as never)).to.include({
      msg: "The arg spec validation passed",
    });
    expect((await check({ a: "foo", b: "z", c: 1, l: [{}] } as never)).argument_errors).to.deep.equal([
      `argument 'a' is of type str and we were unable to convert to int: foo cannot be converted to an int`,
      "value of b must be one of: x, y, got: z",
      "missing required arguments: k found in l",
      "c. Supported parameters include: a, b, l.",
    ]);
    const fromVariables = await runAction(
      validateArgumentSpec,
      { argument_spec: { a: { required: true } } },
      { variable: (name) => (name === "a" ? "x" : undefined) },
    );
    expect(fromVariables).not.to.have.property("failed");
  });
});

describe("module include_vars", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "vars-"));
    mkdirSync(join(folder, "d/sub"), { recursive: true });
    for (const name of ["d/b.yml", "d/a.yml", "d/sub/c.json", "d/x.txt"]) writeFileSync(join(folder, name), "");
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const run = async (params: Record<string, never>) => {
    let set: VarsFile | undefined;
    const result = await runAction(includeVars, params, {
      find: (name) => join(folder, name),
      loadVarsFile: async (file) => ({
        file,
        names: ["last", "map"],
        values: new Map<string, unknown>([
          ["last", file.slice(folder.length)],
          ["map", new Map([[file.slice(-5), 1]])],
        ]),
      }),
      setVars: (_level, values) => {
        set = values as VarsFile;
      },
    });
    return {
      values: set?.values,
      files: (result.ansible_included_var_files as string[]).map((file) => file.slice(folder.length + 1)),
    };
  };
  it("loads one file, perhaps under a name", async () => {
    expect((await run({ file: "d/a.yml" } as never)).values?.get("last")).to.equal("/d/a.yml");
    expect((await run({ file: "d/a.yml", name: "n" } as never)).values?.get("n")).to.be.instanceOf(Map);
  });
  it("loads a folder in order, by extension, depth and name", async () => {
    const ignore = { dir: "d", ignore_unknown_extensions: true };
    expect((await run(ignore as never)).files).to.deep.equal(["d/a.yml", "d/b.yml", "d/sub/c.json"]);
    expect((await run({ ...ignore, depth: 1 } as never)).files).to.deep.equal(["d/a.yml", "d/b.yml"]);
    expect((await run({ ...ignore, files_matching: "^[ac]" } as never)).files).to.deep.equal([
      "d/a.yml",
      "d/sub/c.json",
    ]);
    expect((await run({ ...ignore, ignore_files: ["b.yml"] } as never)).files).to.deep.equal([
      "d/a.yml",
      "d/sub/c.json",
    ]);
    const error = await run({ dir: "d" } as never).catch((thrown: Failure) => thrown.message);
    expect(error).to.contain("x.txt does not have a valid extension: yaml, yml, json");
  });
  it("merges mappings when asked", async () => {
    const { values } = await run({
      dir: "d",
      depth: 1,
      ignore_unknown_extensions: true,
      hash_behaviour: "merge",
    } as never);
    const merged = values?.get("map");
    expect(merged instanceof Map && [...merged.keys()]).to.deep.equal(["a.yml", "b.yml"]);
  });
});

describe("modules that wait", () => {
  const clock = () => {
    let time = 1000;
    return () => {
      time += 1;
      return time;
    };
  };
  it("wait_for sees a path and a text, and gives up in time", async () => {
    const host = new SimulatedHost({ files: { "/etc/x": "root:x:0\n" } });
    expect(await runAction(waitFor, { path: "/etc/x", search_regex: "(ro+t):(?P<n>x)" }, { host })).to.deep.include({
      match_groups: ["root", "x"],
      match_groupdict: { n: "x" },
      changed: false,
      state: "file",
    });
    expect(await runAction(waitFor, { path: "/etc/none", state: "absent" }, { host })).to.include({ state: "absent" });
    const late = { path: "/etc/none", timeout: 1, sleep: 0 };
    expect(await runAction(waitFor, late, { host, now: clock() })).to.include({
      failed: true,
      msg: "Timeout when waiting for file /etc/none",
    });
    expect(await runAction(waitFor, { ...late, msg: "boo" }, { host, now: clock() })).to.include({ msg: "boo" });
  });
  it("wait_for asks the host for ports, until they answer", async () => {
    let asked = 0;
    const host = new SimulatedHost().onRun(/^perl -e/, () => ({ code: ++asked < 3 ? 3 : 0 }));
    expect(await runAction(waitFor, { port: 80, sleep: 0 }, { host })).to.include({ port: 80, state: "started" });
    expect(asked).to.equal(3);
    host.onRun(/^perl -e/, { code: 3 });
    expect(await runAction(waitFor, { port: 80, state: "stopped" }, { host })).to.include({ state: "stopped" });
  });
  it("wait_for reads connections from the kernel's table", async () => {
    const table =
      "   0: 0100007F:1F90 0200007F:A000 01 00000000:00000000\n   1: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 0:0\n";
    expect(connectionsOf(table)).to.deep.equal([
      { local: "127.0.0.1", port: 8080, remote: "127.0.0.2", state: "ESTABLISHED" },
      { local: "::1", port: 22, remote: "::", state: "OTHER" },
    ]);
    const host = new SimulatedHost().onRun(/^cat \/proc/, { stdout: table });
    const drained = { port: 8080, state: "drained", timeout: 1, sleep: 0 };
    expect(await runAction(waitFor, drained, { host, now: clock() })).to.include({ failed: true });
    expect(await runAction(waitFor, { ...drained, exclude_hosts: "127.0.0.2" }, { host })).to.include({
      state: "drained",
    });
  });
  it("wait_for refuses what makes no sense", async () => {
    const message = await runAction(waitFor, { port: 1, path: "/x" }).catch((error: Failure) => error.message);
    expect(message).to.equal("port and path parameter can not both be passed to wait_for");
  });
});

describe("module reboot", () => {
  const machine = (id: string) => {
    const host = new SimulatedHost({ name: id, files: { "/sbin/shutdown": { content: "", mode: 0o755 } } });
    let boot = 1;
    host.onRun("whoami", {}).onRun("cat /proc/sys/kernel/random/boot_id", () => ({ stdout: `boot-${id}-${boot}\n` }));
    host.onRun(/machine-id/, { stdout: id }).onRun(/shutdown -r|^now-reboot$/, () => {
      boot += 1;
      return {};
    });
    return host;
  };
  it("reboots, waits for another boot id, and tests the host", async () => {
    const host = machine("a");
    const result = await runAction(
      reboot,
      { msg: "it's time" },
      { host, controller: machine("b"), resetConnection: async () => {} },
    );
    expect(result).to.include({ changed: true, rebooted: true });
    expect(host.commands).to.include(`/sbin/shutdown -r now 'it'"'"'s time'`);
    expect(host.commands.at(-1)).to.equal("whoami");
  });
  it("takes the lost connection as what was wanted", async () => {
    const host = machine("a");
    let boot = 1;
    host
      .onRun("cat /proc/sys/kernel/random/boot_id", () => ({ stdout: String(boot) }))
      .onRun("now-reboot", () => {
        boot += 1;
        throw new Failure({ code: "connection-lost", message: "gone" });
      });
    const result = await runAction(
      reboot,
      { reboot_command: "now-reboot" },
      { host, controller: machine("b"), resetConnection: async () => {} },
    );
    expect(result).to.include({ rebooted: true });
  });
  it("tells what it saw last when the time is up", async () => {
    const refused = async (host: SimulatedHost, params: object) => {
      const verbs = { host, controller: machine("b"), resetConnection: async () => {} };
      const error = await runAction(reboot, { reboot_timeout: 0, ...params }, verbs).catch(
        (failure: Failure) => failure,
      );
      return (error as Failure).problem;
    };
    expect(await refused(machine("a").onRun("true", {}), { reboot_command: "true" })).to.include({
      message: "Timed out waiting for last boot time check (timeout=0)",
      hint: "at the last attempt: the host answers, but has not gone down",
    });
    const broken = machine("a").onRun("check", { code: 3, stderr: "not yet\n" });
    expect(await refused(broken, { test_command: "check" })).to.include({
      message: "Timed out waiting for post-reboot test command (timeout=0)",
      hint: "at the last attempt: `check` ended with 3: not yet",
    });
  });
  it("never reboots the controller", async () => {
    const refuse = async (verbs: object) =>
      runAction(reboot, {}, { resetConnection: async () => {}, ...verbs }).catch((error: Failure) => error.message);
    const sentence = "Running reboot with local connection would reboot the control node.";
    const host = machine("a");
    expect(await refuse({ host, controller: host })).to.equal(sentence);
    expect(await refuse({ host, controller: machine("a") })).to.equal(sentence);
    expect(
      await refuse({
        host,
        controller: machine("b"),
        variable: (name: string) => (name === "ansible_connection" ? "local" : undefined),
      }),
    ).to.equal(sentence);
    expect(host.commands.some((text) => text.includes("shutdown"))).to.equal(false);
  });
});

describe("module getent", () => {
  it("makes facts of entries", async () => {
    const host = new SimulatedHost({ users: { ann: { uid: 1000, comment: "Ann" } } });
    host.onRun("getent hosts localhost", { stdout: "::1             localhost ip6-localhost\n" });
    const facts = async (params: Record<string, never>) =>
      (await planAndApply(getent, params, host)).result.ansible_facts;
    expect(await facts({ database: "passwd", key: "ann" } as never)).to.deep.equal({
      getent_passwd: { ann: ["x", "1000", "1000", "Ann", "/home/ann", "/bin/sh"] },
    });
    expect(await facts({ database: "hosts", key: "localhost" } as never)).to.deep.equal({
      getent_hosts: { "::1": ["localhost", "ip6-localhost"] },
    });
    expect(await facts({ database: "passwd", key: "bob", fail_key: false } as never)).to.deep.equal({
      getent_passwd: { bob: null },
    });
    const message = await facts({ database: "passwd", key: "bob" } as never).catch((error: Failure) => error.message);
    expect(message).to.equal("One or more supplied key could not be found in the database.");
  });
});
