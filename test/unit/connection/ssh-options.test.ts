import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { configurationIsUniform, defaultSshOptions, SshOptionReader } from "../../../engine/connection/ssh-options.ts";
import { Failure } from "../../../engine/core/problem.ts";

describe("ssh's own options", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "ssh-options-"));
    mkdirSync(join(home, ".ssh"));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const config = (text: string): void => writeFileSync(join(home, ".ssh/config"), text);
  /** A stand-in for ssh that notes how it is called. */
  const client = (script: string): string => {
    const path = join(home, "ssh");
    writeFileSync(path, `#!/bin/sh\necho "$*" >> '${home}/calls'\n${script}\n`, { mode: 0o755 });
    return path;
  };

  it("differ between hosts only where the configuration names some", () => {
    expect(configurationIsUniform({ HOME: home }, home)).to.equal(true);
    config("Host *\n  User me\n");
    expect(configurationIsUniform({ HOME: home }, home)).to.equal(true);
    for (const text of ["Host web*\n", "Match all\n", "Include more\n", "  host=a b\n"]) {
      config(text);
      expect(configurationIsUniform({ HOME: home }, home), text).to.equal(false);
    }
  });

  it("are asked for once, for however many hosts, where they do not differ", async () => {
    const executable = client('echo "hostname tsplay-any-host.invalid"; echo "user me"');
    const reader = new SshOptionReader({ HOME: home }, home);
    const [a, b] = await Promise.all([reader.read("a", [], executable), reader.read("b", [], executable)]);
    expect([a.get("hostname"), b.get("hostname"), b.get("user")]).to.deep.equal([["a"], ["b"], ["me"]]);
    expect(readFileSync(join(home, "calls"), "utf8").trim().split("\n").length).to.equal(1);
  });

  it("are asked for each host where they may differ", async () => {
    config("Host a\n  User me\n");
    const executable = client('for last; do :; done; echo "hostname $last.lab"');
    const reader = new SshOptionReader({ HOME: home }, home);
    expect((await reader.read("a", [], executable)).get("hostname")).to.deep.equal(["a.lab"]);
    expect((await reader.read("b", [], executable)).get("hostname")).to.deep.equal(["b.lab"]);
  });

  it("come from the arguments where there is no ssh client", async () => {
    const args = [
      "-o",
      "UserKnownHostsFile=/kh",
      "-oStrictHostKeyChecking=no",
      "-p",
      "2222",
      "-J",
      "jump",
      "-o",
      "Port=1",
    ];
    const options = await new SshOptionReader({ HOME: home }, home).read("web1", args, join(home, "no-ssh"));
    const first = (key: string): string | undefined => options.get(key)?.[0];
    expect(["userknownhostsfile", "stricthostkeychecking", "port", "proxyjump"].map(first)).to.deep.equal([
      "/kh",
      "no",
      "2222",
      "jump",
    ]);
    expect(first("hostname")).to.equal("web1");
    expect(defaultSshOptions("web1").get("port")).to.deep.equal(["22"]);
  });

  it("are never made up when ssh refuses its configuration", async () => {
    const executable = client('echo "command-line: line 0: Bad configuration option: nonsense" >&2; exit 255');
    const error = await new SshOptionReader({ HOME: home }, home)
      .read("a", ["-o", "nonsense=1"], executable)
      .catch((thrown) => thrown);
    expect(error).to.be.instanceOf(Failure);
    expect(error.problem.code).to.equal("ssh-options");
    expect(error.message).to.contain("Bad configuration option: nonsense");
  });
});
