// Lab hosts for end-to-end tests: `const lab = useLab({ name: "files", count: 2 })` inside a describe.
// A lab that is up already is used and left; one that the tests start is taken down after them.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "mocha";
import type { LabOptions, LabState } from "../../engine/lab/lab.ts";
import { labDown, labStatus, labUp, machineArch, machineFacts, unfitness } from "../../engine/lab/lab.ts";

/** The variables of groups of this project's labs. */
const GROUP_VARS = join(import.meta.dirname, "../../inventories/lab/group_vars");

/** What a test asks for; each test file uses a name of its own, as labs of several files may be up at once. */
export type FixtureOptions = Pick<
  LabOptions,
  "name" | "count" | "suite" | "profile" | "arch" | "python" | "extraPackages"
>;

/**
 * Boots a lab before the tests of the surrounding `describe` and gives a function that returns it.
 * Where no lab can run (not root, not Linux …) the tests are pending, and the reason is printed once.
 * `TSPLAY_KEEP_LAB=1` leaves the hosts up to look at.
 */
export function useLab(options: FixtureOptions = {}): () => LabState {
  let lab: LabState | undefined;
  let started = false;
  const name = options.name ?? "e2e";

  before(async function () {
    // The first time, a base image is built; one for another architecture takes many minutes.
    this.timeout((options.arch ?? machineArch()) === machineArch() ? 300_000 : 3_600_000);
    const problem = unfitness(machineFacts());
    if (problem) {
      console.log(`    skipped: ${problem.message} (${problem.hint ?? problem.code})`);
      this.skip();
    }
    started = !(await labStatus()).some((one) => one.name === name && one.health === "up");
    const projectDir = mkdtempSync(join(tmpdir(), "tsplay-e2e-"));
    lab = await labUp({ count: 1, ...options, name, projectDir, groupVars: GROUP_VARS });
  });

  after(async function () {
    this.timeout(60_000);
    if (lab && started && process.env.TSPLAY_KEEP_LAB !== "1") await labDown({ name });
  });

  return () => {
    if (!lab) throw new Error("the lab is there inside tests and hooks only");
    return lab;
  };
}
