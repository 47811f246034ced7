import { EventEmitter } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { exitCodeOf } from "../../../engine/cli/exit-codes.ts";
import { watchInterrupts } from "../../../engine/cli/interrupt.ts";
import { joinLimits, keepFailed, lastFailedFile, retryLimit } from "../../../engine/cli/last-failed.ts";
import { loginPasswords, vaultPasswords } from "../../../engine/cli/passwords.ts";
import { defaultOutput, reportingFor } from "../../../engine/cli/reporting.ts";
import { loadConfig } from "../../../engine/config/config.ts";
import { noCounts } from "../../../engine/core/result.ts";
import { Mask } from "../../../engine/core/secret.ts";
import { type TestWorld, testWorld } from "./world.ts";

let world: TestWorld;
beforeEach(() => {
  world = testWorld({
    "pass.txt": "hunter22\n",
    "vault.txt": "s3cret99\n",
    "prog-client": "#!/bin/sh\necho from-program-$2\n",
  });
  chmodSync(join(world.cwd, "prog-client"), 0o755);
});
afterEach(() => world.remove());

describe("exit codes", () => {
  const of = (code: string) => exitCodeOf({ code, message: "" });
  it("are Ansible's", () => {
    expect(of("yaml-tab")).to.equal(4);
    expect(of("module-unknown")).to.equal(4);
    expect(of("option-host")).to.equal(5);
    expect(of("vault-no-password")).to.equal(1);
    expect(of("host-unreachable")).to.equal(4);
    expect(of("internal-bug")).to.equal(250);
  });
});

describe("interruption", () => {
  it("stops new tasks first, everything at the second signal, the process at the third", () => {
    const signals = new EventEmitter();
    const told: number[] = [];
    const exits: number[] = [];
    const watch = watchInterrupts(
      (times) => told.push(times),
      signals as never,
      (code) => exits.push(code),
    );
    signals.emit("SIGINT");
    expect([watch.interrupt.aborted, watch.kill.aborted]).to.deep.equal([true, false]);
    signals.emit("SIGTERM");
    expect(watch.kill.aborted).to.equal(true);
    expect(exits).to.deep.equal([]);
    signals.emit("SIGINT");
    expect(exits).to.deep.equal([99]);
    expect(told).to.deep.equal([1, 2]);
    watch.stop();
    expect(signals.listenerCount("SIGINT")).to.equal(0);
  });
});

describe("passwords", () => {
  const config = () => loadConfig({ cwd: world.cwd, env: world.env });

  it("come from files and are masked from then on", async () => {
    const mask = new Mask();
    const found = await loginPasswords({ becomePasswordFile: "pass.txt" }, config(), world, mask);
    expect(found).to.deep.equal({ become: "hunter22" });
    expect(mask.text("it is hunter22")).to.equal("it is ********");
  });

  it("of vaults come from files and programs, each with its id", async () => {
    const found = await vaultPasswords(
      { vaultId: ["dev@prog-client"], vaultPasswordFile: ["vault.txt"] },
      config(),
      world,
      new Mask(),
    );
    expect(found).to.deep.equal([
      { id: "dev", password: "from-program-dev" },
      { id: "default", password: "s3cret99" },
    ]);
  });

  it("that are missing or empty are said with the file's name", async () => {
    writeFileSync(join(world.cwd, "empty"), "\n");
    for (const [file, text] of [
      ["gone", "cannot be read"],
      ["empty", "is empty"],
    ] as const) {
      const error = await vaultPasswords({ vaultPasswordFile: [file] }, config(), world, new Mask()).catch((e) => e);
      expect(String(error.message)).to.contain(file).and.contain(text);
    }
  });
});

describe("the hosts that failed last time", () => {
  it("are remembered, become a limit, and are forgotten after a good run", () => {
    const file = lastFailedFile(["site.yml"], world);
    const recap = (failed: number) =>
      ({ type: "recap", time: 0, undecided: [], counts: { a: { ...noCounts(), failed }, b: noCounts() } }) as const;
    keepFailed(file, recap(1));
    expect(retryLimit(file)).to.equal("a");
    expect(readFileSync(file, "utf8")).to.equal('["a"]');
    keepFailed(file, recap(0));
    expect(() => retryLimit(file)).to.throw("no run of these playbooks");
  });

  it("are looked for among the hosts that a limit allows", () => {
    expect(joinLimits(undefined, "a,b")).to.equal("a,b");
    expect(joinLimits("web", "a")).to.equal("web,&a");
  });
});

describe("log_path", () => {
  it("gets the text of the run beside what the screen shows", async () => {
    const log = join(world.cwd, "run.log");
    const config = loadConfig({ cwd: world.cwd, env: { ...world.env, ANSIBLE_LOG_PATH: log } });
    const { reporter } = await reportingFor({ output: "jsonl", verbosity: 0, config, mask: new Mask() }, world);
    reporter.event({ type: "play-start", time: 0, name: "first", hosts: [] });
    await reporter.finish();
    expect(world.stdout()).to.contain('"type":"play-start"');
    expect(readFileSync(log, "utf8")).to.match(/^\nPLAY \[first\] \*+\n$/);
  });
});

describe("the output without --output", () => {
  it("is the live board on a terminal and text anywhere else", () => {
    expect(defaultOutput(world)).to.equal("text");
    expect(defaultOutput({ ...world, terminal: true })).to.equal("live");
    expect(defaultOutput({ ...world, terminal: true, env: { CI: "true" } })).to.equal("text");
    expect(defaultOutput({ ...world, terminal: true, env: { TERM: "dumb" } })).to.equal("text");
  });
});

describe("tsplay vault", () => {
  it("encrypts in place, shows, and decrypts to the same bytes", async () => {
    writeFileSync(join(world.cwd, "v.yml"), "a: é\n");
    const file = join(world.cwd, "v.yml");
    const options = ["--vault-password-file", "vault.txt"];
    expect(await world.tsplay("vault", "encrypt", file, ...options)).to.equal(0);
    expect(readFileSync(file, "utf8")).to.match(/^\$ANSIBLE_VAULT;1\.1;AES256\n/);
    expect(await world.tsplay("vault", "view", file, ...options)).to.equal(0);
    expect(world.stdout()).to.equal("a: é\n");
    expect(await world.tsplay("vault", "encrypt", file, ...options)).to.equal(1);
    expect(await world.tsplay("vault", "decrypt", file, ...options)).to.equal(0);
    expect(readFileSync(file, "utf8")).to.equal("a: é\n");
  });

  it("makes a text for a variables file", async () => {
    expect(
      await world.tsplay("vault", "encrypt-string", "x", "-n", "pw", "--vault-password-file", "vault.txt"),
    ).to.equal(0);
    expect(world.stdout()).to.match(/^pw: !vault \|\n {10}\$ANSIBLE_VAULT;1\.1;AES256\n/);
  });

  it("edits through the editor and leaves no plain text behind", async () => {
    const file = join(world.cwd, "v.yml");
    writeFileSync(join(world.cwd, "ed.sh"), `#!/bin/sh\necho "b: 2" >> "$1"\necho "$1" > "${world.cwd}/where"\n`);
    chmodSync(join(world.cwd, "ed.sh"), 0o755);
    const editing = testWorld({}, { EDITOR: join(world.cwd, "ed.sh") });
    writeFileSync(join(editing.cwd, "vault.txt"), "s3cret99");
    expect(await editing.tsplay("vault", "create", file, "--vault-password-file", "vault.txt")).to.equal(0);
    expect(await editing.tsplay("vault", "view", file, "--vault-password-file", "vault.txt")).to.equal(0);
    expect(editing.stdout()).to.equal("b: 2\n");
    expect(() => readFileSync(readFileSync(join(world.cwd, "where"), "utf8").trim())).to.throw("ENOENT");
    editing.remove();
  });
});
