// Modules against the predicted host: planned twice in a dry run, the second time finds everything done by the first.

import { expect } from "chai";
import { Unknown } from "../../../engine/core/unknown.ts";
import { createPredictedHost, PredictionStore } from "../../../engine/host/predicted.ts";
import { findModule } from "../../../engine/modules/registry.ts";
import { finishedParams, planContext, type RawParams } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const TASKS: readonly (readonly [string, RawParams])[] = [
  ["file", { path: "/etc/app", state: "directory", owner: "root", group: "app", mode: "0755" }],
  ["file", { path: "/var/lib/app/data", state: "directory", owner: "app", group: "app", mode: "0700" }],
  ["copy", { dest: "/etc/app/app.env", content: "A=1\n", owner: "root", group: "app", mode: "0640" }],
  ["lineinfile", { path: "/etc/hosts", line: "10.0.0.1 a" }],
  ["blockinfile", { path: "/etc/hosts", block: "10.0.0.2 b" }],
  ["lineinfile", { path: "/etc/app/app.env", line: "B=2" }],
  ["file", { path: "/etc/current", src: "/etc/app/app.env", state: "link" }],
  ["file", { path: "/etc/hosts", mode: "0600" }],
];

describe("modules on the predicted host", () => {
  it("find in a second dry pass what the first one predicted, and change nothing", async () => {
    const real = new SimulatedHost({ files: { "/etc/hosts": "127.0.0.1 localhost\n" } });
    const store = new PredictionStore();
    store.add([
      { kind: "group", name: "app", exists: true, gid: new Unknown("a system id") },
      { kind: "user", name: "app", exists: true, uid: new Unknown("a system id"), group: "app" },
    ]);
    const host = createPredictedHost(real, store);
    const context = planContext({ predictions: store });
    const before = real.snapshot();
    const pass = async (): Promise<number[]> => {
      const counts: number[] = [];
      for (const [name, raw] of TASKS) {
        const module = findModule(name);
        if (module?.kind !== "module") throw new Error(`no module ${name}`);
        const { changes } = await module.plan(host, finishedParams(module, raw) as never, context);
        for (const { predict } of changes) if (predict) store.add(predict);
        counts.push(changes.length);
      }
      return counts;
    };
    // A line goes into the file that an earlier task of the same pass made, then that task finds its content changed again.
    expect((await pass()).every((count) => count > 0)).to.equal(true);
    expect(await pass()).to.deep.equal([0, 0, 1, 0, 0, 1, 0, 0]);
    expect(String(await host.read("/etc/current"))).to.equal("A=1\nB=2\n");
    expect(real.snapshot()).to.deep.equal(before);
  });
});
