// What ansible-core 2.19 did on a lab host with Python (test/conformance/modules), done by tsplay on an equal host
// without: each task's outcome and returned values in a dry run, a run and a run again, and the state of the host.

import { existsSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { loadCases, moduleNames, PASSES, type Pass, recordedFile } from "../conformance/modules/cases.ts";
import { comparable, without } from "../conformance/modules/compare.ts";
import { onHost, type Seen } from "../conformance/modules/observe.ts";
import { type Replay, replay } from "../conformance/modules/replay.ts";
import { TWIN_PACKAGES } from "../conformance/modules/twin.ts";
import { useLab } from "./lab-fixture.ts";

describe("modules as ansible-core's", () => {
  const lab = useLab({ name: "twin", count: 1, extraPackages: TWIN_PACKAGES });
  for (const module of moduleNames())
    describe(module, () => {
      const cases = loadCases(module);
      const recorded = readRecorded(module);
      let seen: Replay;

      before(async function () {
        this.timeout(60_000);
        seen = await replay(lab(), cases);
        if (process.env.TSPLAY_SHOW) console.log(seen.errors);
      });

      it("starts from the same state", () => {
        expect(seen.before).to.deep.equal(recorded.before);
      });

      it("changes nothing in a dry run", () => {
        expect(seen.untouched).to.deep.equal(seen.before);
      });

      for (const one of cases.tasks)
        it(one.name, () => {
          const wanted = recorded.tasks[one.name];
          if (!wanted) throw new Error(`never recorded: npm run conformance:record -- modules ${module}`);
          const differences: Partial<Record<Pass, string>> = { ...cases.differences, ...one.differences };
          const apart = cases.apart ?? {};
          const expected = (pass: Pass) => without(wanted[pass], apart);
          const got = (pass: Pass) =>
            comparable(pass, without(seen.tasks[one.name]?.[pass], apart), expected(pass), expected("run"));
          const same = PASSES.filter((pass) => !differences[pass]);
          const of = (what: (pass: Pass) => unknown): unknown =>
            Object.fromEntries(same.map((pass) => [pass, what(pass)]));
          expect(of(got)).to.deep.equal(of(expected));
          for (const pass of PASSES)
            if (differences[pass])
              expect(got(pass), `should differ: ${differences[pass]}`).to.not.deep.equal(expected(pass));
        });

      it("leaves the same state", () => {
        if (cases.probeDifference) expect(seen.after, cases.probeDifference).to.not.deep.equal(recorded.after);
        else expect(seen.after).to.deep.equal(recorded.after);
      });
    });

  it("tells of the machine what the machine itself says", async function () {
    this.timeout(60_000);
    const names = ["ansible_kernel", "ansible_memtotal_mb", "ansible_processor_vcpus", "ansible_swaptotal_mb"];
    const said = await onHost(
      lab(),
      `uname -r; awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo; grep -c ^processor /proc/cpuinfo; awk '/^SwapTotal/ {print int($2 / 1024)}' /proc/meminfo`,
    );
    const { tasks } = await replay(lab(), { tasks: [{ name: "the machine", setup: { filter: names } }] });
    const [, result] = tasks["the machine"]?.run ?? [];
    const { ansible_facts: facts } = result as { ansible_facts: Record<string, unknown> };
    expect(names.map((name) => String(facts[name]))).to.deep.equal(said.trim().split("\n"));
  });
});

function readRecorded(module: string): Seen {
  const file = recordedFile(module);
  if (!existsSync(file)) return { before: [], after: [], tasks: {} };
  return JSON.parse(readFileSync(file, "utf8")) as Seen;
}
