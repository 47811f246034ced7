import { expect } from "chai";
import { Undecided } from "../../../engine/core/unknown.ts";
import { createPredictedHost, PredictionStore } from "../../../engine/host/predicted.ts";
import { findModule } from "../../../engine/modules/registry.ts";
import { type DriverOptions, planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

type Step = readonly [module: string, params: RawParams];
const options: DriverOptions = { controllerFiles: { "a.j2": "port 80\n" } };

/** `changed`, or why it cannot be told, of each step in a dry run. */
async function dryRun(host: SimulatedHost, steps: readonly Step[]): Promise<(boolean | string)[]> {
  const store = new PredictionStore();
  const predicted = createPredictedHost(host, store, () => 1_700_000_000);
  const told: (boolean | string)[] = [];
  for (const [name, params] of steps) {
    const module = findModule(name);
    if (!module) throw new Error(`no module ${name}`);
    try {
      const outcome = await planOnly(module, params, predicted, options);
      store.add(outcome.predictions);
      told.push(outcome.changed);
    } catch (error) {
      if (!(error instanceof Undecided)) throw error;
      told.push(error.message);
    }
  }
  return told;
}

async function realRun(host: SimulatedHost, steps: readonly Step[]): Promise<boolean[]> {
  const told: boolean[] = [];
  for (const [name, params] of steps) {
    const module = findModule(name);
    if (!module) throw new Error(`no module ${name}`);
    told.push((await planAndApply(module, params, host, options)).changed);
  }
  return told;
}

describe("a dry run of modules in sequence", () => {
  const steps: readonly Step[] = [
    ["file", { path: "/srv/app/conf", state: "directory", owner: "ann", mode: "0750" }],
    ["file", { path: "/srv/app/conf", state: "directory", owner: "ann", mode: "0750" }],
    ["copy", { dest: "/srv/app/conf/a", content: "one\n", mode: "0640" }],
    ["copy", { dest: "/srv/app/conf/a", content: "one\n", mode: "0640" }],
    ["template", { src: "a.j2", dest: "/srv/app/conf/", mode: "0600" }],
    ["lineinfile", { path: "/srv/app/conf/a", line: "two" }],
    ["lineinfile", { path: "/srv/app/conf/a", line: "two" }],
    ["replace", { path: "/srv/app/conf/a", regexp: "^two$", replace: "three" }],
    ["blockinfile", { path: "/srv/app/conf/a", block: "x" }],
    ["lineinfile", { path: "/srv/app/conf/a", regexp: "^th", line: "three" }],
    ["file", { path: "/srv/app/current", src: "conf", state: "link" }],
    ["file", { path: "/srv/app/current", src: "conf", state: "link" }],
    ["copy", { dest: "/srv/app/current/b", content: "b\n" }],
    ["file", { path: "/srv/app/conf/b", mode: "0600" }],
    ["file", { path: "/srv/app/conf/b", mode: "0600" }],
    ["copy", { src: "/srv/app/conf/a", dest: "/srv/app/a2", remote_src: true }],
    ["assemble", { src: "/srv/app/conf", dest: "/srv/app/all", regexp: "^[ab]$" }],
    ["command", { cmd: "make it", creates: "/srv/app/made" }],
    ["command", { cmd: "make it", creates: "/srv/app/made" }],
    ["file", { path: "/srv/app/conf", state: "directory", recurse: true, group: "ann" }],
    ["file", { path: "/srv/app/conf", state: "absent" }],
    ["file", { path: "/srv/app/conf", state: "absent" }],
    ["stat", { path: "/srv/app/conf" }],
  ];
  const host = () => {
    const on = new SimulatedHost({ users: { ann: { uid: 1000 } } });
    return on.onRun("make it", (_request, self) => {
      self.seed("/srv/app/made", "");
      return {};
    });
  };

  it("says of every step what the real run then does, and changes nothing", async () => {
    const on = host();
    const before = on.snapshot();
    const predicted = await dryRun(on, steps);
    expect(on.snapshot()).to.deep.equal(before);
    const real = await realRun(on, steps);
    expect(predicted.map((told, index) => `${index} ${steps[index]?.[0]} ${told}`)).to.deep.equal(
      real.map((told, index) => `${index} ${steps[index]?.[0]} ${told}`),
    );
  });

  it("is undecided about what only a command or a download could tell, and says which", async () => {
    const on = host();
    on.seed("/usr/bin/curl", "");
    const told = await dryRun(on, [
      ["get_url", { url: "http://web/x", dest: "/srv/x" }],
      ["file", { path: "/srv/x", mode: "0755" }],
      ["lineinfile", { path: "/srv/x", line: "a" }],
      ["slurp", { src: "/srv/x" }],
    ]);
    expect(told.slice(0, 2)).to.deep.equal([true, true]);
    expect(told[2]).to.contain("http://web/x");
    expect(told[3]).to.contain("http://web/x");
  });
});
