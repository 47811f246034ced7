import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";
import { chosenHost, chosenLab, startedLab } from "../../../engine/lab/chosen-host.ts";
import { supervised } from "../../../engine/lab/host-processes.ts";
import { knownHostsText } from "../../../engine/lab/keys.ts";
import { labDir } from "../../../engine/lab/places.ts";
import { bootId } from "../../../engine/lab/process-identity.ts";
import { readState, writeState } from "../../../engine/lab/state.ts";
import { problemIn } from "../../failure.ts";
import { labState } from "./lab-state.ts";

function places(...labs: string[]) {
  const found = { cacheDir: mkdtempSync(join(tmpdir(), "tsplay-labs-")) };
  for (const name of labs) mkdirSync(labDir(found, name), { recursive: true });
  return found;
}

const stateOf = (name: string) => ({ ...labState(name, 2), boot: bootId() });

describe("a host of a lab as users name it", () => {
  it("belongs to the lab that its name begins with, where there is one", () => {
    const some = places("lab", "web", "web-2");
    expect(chosenLab(some, { host: "web-1" })).to.equal("web");
    expect(chosenLab(some, { host: "web-2-1" })).to.equal("web-2");
    expect(chosenLab(some, { host: "other-1" })).to.equal("lab");
    expect(chosenLab(some, { host: "2" })).to.equal("lab");
    expect(chosenLab(some, { host: "web-1", name: "lab" })).to.equal("lab");
    expect(chosenLab(some, {})).to.equal("lab");
  });

  it("is found by name, by number, or is the first; a wrong one gets the nearest or all", () => {
    const lab = { ...stateOf("web"), format: 1 };
    expect(chosenHost(lab, "web-2").address).to.equal("10.77.0.12");
    expect(chosenHost(lab, "1").name).to.equal("web-1");
    expect(chosenHost(lab).name).to.equal("web-1");
    expect(problemIn(() => chosenHost(lab, "wbe-2")).hint).to.equal("did you mean web-2?");
    expect(problemIn(() => chosenHost(lab, "7")).hint).to.equal("it has web-1, web-2");
  });

  it("can be worked with only while its lab has been up since the machine started", () => {
    const some = places();
    expect(problemIn(() => startedLab(some, "web"))).to.include({
      code: "lab-not-up",
      hint: "start it with `tsplay lab up --name web`",
    });
    writeState(some, stateOf("web"));
    expect(startedLab(some, "web").name).to.equal("web");
    writeState(some, { ...stateOf("web"), boot: "an earlier one" });
    expect(problemIn(() => startedLab(some, "web")).code).to.equal("lab-not-up");
  });

  it("is plain in labs that were made before there were profiles", () => {
    const some = places();
    const { profile, ...older } = stateOf("web");
    writeState(some, older as ReturnType<typeof stateOf>);
    expect(readState(some, "web")?.profile).to.equal(profile);
  });
});

describe("known_hosts of a lab", () => {
  it("forgets the keys of a host that is made anew, and keeps the others'", () => {
    const before = ["10.77.0.11,a-1 ssh-ed25519 OLD", "10.77.0.11,a-1 ecdsa OLD", "10.77.0.12,a-2 ssh-ed25519 B", ""];
    expect(knownHostsText(before, ["10.77.0.11,a-1 ssh-ed25519 NEW"])).to.equal(
      "10.77.0.12,a-2 ssh-ed25519 B\n10.77.0.11,a-1 ssh-ed25519 NEW\n",
    );
  });
});

describe("what keeps a host running", () => {
  const run = (script: string) => {
    const log = join(mkdtempSync(join(tmpdir(), "tsplay-boots-")), "log");
    const [program = "", ...args] = supervised(["sh", "-c", script, "sh", log]);
    return { status: spawnSync(program, args, { timeout: 10_000 }).status, boots: readFileSync(log, "utf8").length };
  };

  it("starts it again for as long as it ends with a reboot", () => {
    expect(run('printf x >> "$1"; [ "$(wc -c < "$1")" -ge 3 ] || exit 133')).to.deep.equal({ status: 0, boots: 3 });
  });

  it("ends when the host is switched off or dies", () => {
    expect(run('printf x >> "$1"; exit 0')).to.deep.equal({ status: 0, boots: 1 });
    expect(run('printf x >> "$1"; exit 137')).to.deep.equal({ status: 137, boots: 1 });
  });
});
