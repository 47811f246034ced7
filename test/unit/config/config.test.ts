// Settings: where they come from, which wins, and what is said of those that are unknown or mean nothing.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Config, type ConfigInput, loadConfig } from "../../../engine/config/config.ts";
import { NO_EFFECT_KEYS } from "../../../engine/config/no-effect.ts";
import { SETTINGS } from "../../../engine/config/settings.ts";
import type { Problem } from "../../../engine/core/problem.ts";
import { problemIn } from "../../failure.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsplay-config-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(cfg: string | undefined, env: ConfigInput["env"] = {}, args: ConfigInput["args"] = {}): Config {
  if (cfg !== undefined) writeFileSync(join(folder, "ansible.cfg"), cfg);
  return loadConfig({ cwd: folder, env: { HOME: join(folder, "home"), ...env }, args });
}

const failure = (cfg: string, env: ConfigInput["env"] = {}): Problem => problemIn(() => load(cfg, env));

describe("settings", () => {
  it("come from the command line, the environment, ansible.cfg, or the default", () => {
    const cfg = "[defaults]\nforks = 7\ntimeout = 8\n";
    const config = load(cfg, { ANSIBLE_TIMEOUT: "9", ANSIBLE_VERBOSITY: "1" }, { verbosity: 3 });
    expect([
      config.get("forks"),
      config.get("timeout"),
      config.get("verbosity"),
      config.get("diff_context"),
    ]).to.deep.equal([7, 9, 3, 3]);
    expect(config.explain("forks").source).to.deep.equal({
      kind: "file",
      key: "defaults.forks",
      origin: { file: join(folder, "ansible.cfg"), line: 2, column: 1 },
    });
    expect(config.explain("timeout").source).to.deep.equal({ kind: "environment", name: "ANSIBLE_TIMEOUT" });
    expect(config.explain("verbosity").source).to.deep.equal({ kind: "argument" });
    expect(config.explain("become").source).to.deep.equal({ kind: "default" });
  });

  it("have the default of every row without any file, and no warnings", () => {
    const config = loadConfig({ cwd: folder, env: { HOME: folder, ANSIBLE_CONFIG: join(folder, "none") } });
    expect(config.warnings.map(({ code }) => code)).to.deep.equal(["config-file"]);
    expect(config.all()).to.have.length(Object.keys(SETTINGS).length);
    expect(config.get("roles_path")[0]).to.equal(join(folder, ".ansible/roles"));
  });

  it("read paths from the folder of the file that holds them", () => {
    mkdirSync(join(folder, "etc"));
    writeFileSync(join(folder, "etc/a.cfg"), "[defaults]\ninventory = hosts, ../more\nroles_path=r:~/x:$BASE/y\n");
    const config = load(undefined, { ANSIBLE_CONFIG: "etc/a.cfg", ANSIBLE_LOG_PATH: "lib", BASE: "/b" });
    expect(config.get("inventory")).to.deep.equal([join(folder, "etc/hosts"), join(folder, "more")]);
    expect(config.get("roles_path")).to.deep.equal([join(folder, "etc/r"), join(folder, "home/x"), "/b/y"]);
    expect(config.get("log_path")).to.equal(join(folder, "lib"));
  });

  it("understand comments, colons, quotes and values over several lines", () => {
    const cfg =
      "# a\n; b\n[defaults]\nremote_user: 'me' ; why\ngather_subset = !all,\n  network\n[ssh_connection]\nssh_args=-o A=b\n";
    const config = load(cfg);
    expect(config.get("remote_user")).to.equal("me");
    expect(config.get("gather_subset")).to.deep.equal(["!all", "network"]);
    expect(config.get("ssh_args")).to.equal("-o A=b");
  });

  it("take NO_COLOR at any value", () => {
    expect(load(undefined, { NO_COLOR: "please" }).get("nocolor")).to.equal(true);
    expect(load(undefined, { NO_COLOR: "" }).get("nocolor")).to.equal(false);
  });

  it("of a folder that everybody may write to are passed over, with a warning", () => {
    chmodSync(folder, 0o777);
    const config = load("[defaults]\nforks = 7\n");
    expect(config.get("forks")).to.equal(50);
    expect(config.warnings.map(({ code }) => code)).to.deep.equal(["config-world-writable"]);
  });
});

describe("mistakes in settings", () => {
  it("that are unknown names are told with the nearest, or the right section", () => {
    const cfg = "[defaults]\nremote_usr = x\n[ssh_connection]\nforks = 3\n[mine]\nx = 1\n";
    const { warnings } = load(cfg, { ANSIBLE_FORK: "3" });
    expect(warnings.map(({ code, hint, origin }) => [code, origin?.line, hint])).to.deep.equal([
      ["config-unknown", 2, "did you mean 'remote_user'?"],
      ["config-unknown", 4, "it belongs in the section [defaults]"],
      ["config-unknown", 6, undefined],
      ["config-unknown", undefined, "did you mean 'ANSIBLE_FORKS'?"],
    ]);
  });

  it("that mean nothing here are told with the reason", () => {
    const { warnings } = load("[defaults]\nstdout_callback = yaml\n[galaxy]\nserver = x\n", {
      ANSIBLE_PYTHON_INTERPRETER: "/usr/bin/python3",
      ANSIBLE_STRATEGY_PLUGINS: "/x",
    });
    expect(warnings.map(({ code }) => code)).to.deep.equal(Array(4).fill("config-no-effect"));
  });

  it("that are wrong values stop at their line", () => {
    expect(failure("[defaults]\n\nforks = many\n")).to.deep.include({ code: "config-value" });
    expect(failure("[defaults]\n\nforks = many\n").origin?.line).to.equal(3);
    expect(failure("[defaults]\ngathering = implict\n").hint).to.equal("did you mean 'implicit'?");
    expect(failure("[privilege_escalation]\nbecome = yess\n").code).to.equal("config-value");
    expect(failure("", { ANSIBLE_FORKS: "x" }).message).to.include("ANSIBLE_FORKS");
  });

  it("that are no settings at all stop at their line", () => {
    expect(failure("forks = 1\n")).to.deep.include({ code: "config-syntax" });
    expect(failure("[defaults]\nwhat is this\n").origin?.line).to.equal(2);
  });
});

describe("the table of settings", () => {
  it("names each place once, and no place in both tables", () => {
    const places = Object.values(SETTINGS).flatMap((setting) => [...setting.ini]);
    expect(places.filter((place, index) => places.indexOf(place) !== index)).to.deep.equal([]);
    expect(places.filter((place) => place in NO_EFFECT_KEYS)).to.deep.equal([]);
  });
});
