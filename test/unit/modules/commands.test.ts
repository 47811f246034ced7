import { expect } from "chai";
import { command } from "../../../engine/modules/command.ts";
import { durationText, splitLines, timeText } from "../../../engine/modules/command-result.ts";
import type { AnyModule } from "../../../engine/modules/module.ts";
import { raw } from "../../../engine/modules/raw.ts";
import { script } from "../../../engine/modules/script.ts";
import { shell } from "../../../engine/modules/shell.ts";
import { shellQuote, shellWords } from "../../../engine/modules/shell-words.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const failure = (module: AnyModule, params: RawParams, host = new SimulatedHost()) =>
  messageOf(planAndApply(module, params, host));

describe("module command", () => {
  it("runs words without a shell and returns what Ansible returns", async () => {
    const host = new SimulatedHost().onRun(() => true, { stdout: "a\nb\n\n", stderr: "w\n" });
    const { result, changed } = await planAndApply(command, { cmd: `echo "a b" c'd'` }, host);
    expect(host.requests[0]?.argv).to.deep.equal(["echo", "a b", "cd"]);
    expect(changed).to.equal(true);
    expect(result).to.deep.include({
      cmd: ["echo", "a b", "cd"],
      rc: 0,
      stdout: "a\nb",
      stderr: "w",
      stdout_lines: ["a", "b"],
      stderr_lines: ["w"],
      delta: "0:00:00.250000",
      msg: "",
    });
    expect(result.start).to.match(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
  });
  it("gives a failed result, not an exception, for an exit status", async () => {
    const host = new SimulatedHost().onRun("false", { code: 3 });
    expect((await planAndApply(command, { cmd: "false" }, host)).result).to.include({
      failed: true,
      changed: true,
      rc: 3,
      msg: "non-zero return code",
    });
  });
  it("is not run when creates exists or removes does not", async () => {
    const host = new SimulatedHost({ files: { "/srv/d/x1": "" } });
    const params: RawParams[] = [
      { creates: "/srv/d/x1" },
      { creates: "/srv/d/x*" },
      { creates: "x1", chdir: "/srv/d" },
      { removes: "/srv/none" },
    ];
    for (const more of params)
      expect((await planAndApply(command, { cmd: "touch y", ...more }, host)).result).to.include({
        changed: false,
        rc: 0,
      });
    expect(host.commands).to.deep.equal([]);
    const { result } = await planAndApply(command, { cmd: "touch y", creates: "/srv/d/x1" }, host);
    expect(result).to.include({
      stdout: "skipped, since /srv/d/x1 exists",
      msg: "Did not run command since '/srv/d/x1' exists",
    });
  });
  it("predicts what creates names, and leaves its output undecided", async () => {
    const { predictions, plan } = await planOnly(command, { cmd: "make x", creates: "/srv/x" }, new SimulatedHost());
    expect(predictions).to.have.length(1);
    expect(predictions[0]).to.include({ kind: "path", path: "/srv/x", type: "file" });
    expect(plan.outcome?.keys).to.include.members(["rc", "stdout", "stdout_lines"]);
  });
  it("passes stdin with a line break, folder and expanded variables", async () => {
    const host = new SimulatedHost().onRun("printenv HOME", { stdout: "/root\n" }).onRun(/^cat/, {});
    await planAndApply(command, { argv: ["cat", "$HOME/x"], stdin: "a", chdir: "/srv" }, host);
    expect(host.requests.at(-1)).to.deep.include({ argv: ["cat", "/root/x"], stdin: "a\n", cwd: "/srv" });
    await planAndApply(
      command,
      { argv: ["cat", "$HOME"], stdin: "a", stdin_add_newline: false, expand_argument_vars: false },
      host,
    );
    expect(host.requests.at(-1)).to.deep.include({ argv: ["cat", "$HOME"], stdin: "a" });
  });
  it("says what is wrong", async () => {
    expect(await failure(command, {})).to.equal("one of the following is required: cmd, argv");
    expect(await failure(command, { cmd: "echo 'a" })).to.equal("No closing quotation");
    expect(await failure(command, { cmd: "ls", chdir: "/none" })).to.contain(
      "Unable to change directory before execution",
    );
  });
});

describe("modules shell, raw and script", () => {
  it("shell gives the text to the shell that was asked for", async () => {
    const host = new SimulatedHost().onRun(() => true, { stdout: "x\n" });
    const { result } = await planAndApply(shell, { cmd: "echo $HOME | cat", executable: "/bin/bash" }, host);
    expect(host.requests[0]).to.deep.include({ script: "echo $HOME | cat", shell: "/bin/bash" });
    expect(result).to.include({ cmd: "echo $HOME | cat", stdout: "x" });
  });
  it("raw keeps the output as it is", async () => {
    const host = new SimulatedHost().onRun(() => true, { stdout: "x\n", code: 2 });
    expect((await planAndApply(raw, { cmd: "echo x" }, host)).result).to.deep.include({
      stdout: "x\n",
      stdout_lines: ["x"],
      rc: 2,
      failed: true,
    });
  });
  it("script runs by its own interpreter, so that /tmp may be noexec, and leaves nothing behind", async () => {
    const host = new SimulatedHost().onRun(/tsplay-/, { stdout: "done" });
    const before = host.snapshot();
    const controllerFiles = { "a.sh": "#!/usr/bin/env -S bash -e\necho done\n", "b.sh": "echo\n" };
    const { result } = await planAndApply(script, { cmd: "a.sh 'one two' | cat" }, host, { controllerFiles });
    expect(host.commands[0]).to.match(/^\/usr\/bin\/env '-S bash -e' \/tmp\/tsplay-\d+-a\.sh 'one two' \| cat$/);
    expect(result).to.include({ stdout: "done", rc: 0 });
    expect(host.snapshot()).to.deep.equal(before);
    await planAndApply(script, { cmd: "b.sh" }, host, { controllerFiles });
    expect(host.commands[1]).to.match(/^\/bin\/sh \/tmp\//);
    expect(
      (await planOnly(script, { cmd: "b.sh", creates: "/etc" }, host, { controllerFiles })).plan.skipped,
    ).to.contain("/etc exists");
  });
});

describe("words of a shell", () => {
  it("are split and quoted so that they come back the same", () => {
    const words = ["plain", "a b", "it's", '"', "$x", "", "back\\slash", "new\nline"];
    expect(shellWords(words.map(shellQuote).join(" "))).to.deep.equal(words);
    expect(shellWords('a\\ b "c\\"d\\e" \'f\\g\'')).to.deep.equal(["a b", 'c"d\\e', "f\\g"]);
  });
  it("and lines and times are as Python prints them", () => {
    expect(splitLines("a\r\nb\n\nc\n")).to.deep.equal(["a", "b", "", "c"]);
    expect(timeText(1.5)).to.equal("1970-01-01 00:00:01.500000");
    expect(durationText(3661.25)).to.equal("1:01:01.250000");
  });
});
