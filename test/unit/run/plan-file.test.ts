import { mkdirSync } from "node:fs";
import { expect } from "chai";
import { deviations, type PlanFile, PlanRecorder, parsePlan } from "../../../engine/run/plan-file.ts";
import { Workshop } from "./running.ts";

const PLAY = `- hosts: all
  gather_facts: false
  tasks:
    - { name: file, copy: { dest: "@/a", content: "1\\n" } }
    - { name: folder, file: { path: "@/{{ item }}", state: directory }, loop: [b, c] }
`;

describe("a plan that is kept", () => {
  let shop: Workshop;
  beforeEach(() => {
    shop = new Workshop();
  });
  afterEach(() => shop.remove());

  async function look(): Promise<PlanFile> {
    const recorder = new PlanRecorder();
    await shop.play(PLAY, { check: true, diff: true, events: (event) => recorder.event(event) });
    return parsePlan(JSON.stringify(recorder.plan()), "plan.json");
  }

  it("holds every item with its status, and no contents", async () => {
    const plan = await look();
    expect(plan.steps.map(({ task, item, status }) => [task, item, status])).to.deep.equal([
      ["file", undefined, "changed"],
      ["folder", "b", "changed"],
      ["folder", "c", "changed"],
    ]);
    expect(JSON.stringify(plan)).not.to.contain("1\\n");
  });

  it("holds as long as the hosts are as they were", async () => {
    expect(deviations(await look(), await look())).to.deep.equal([]);
  });

  it("tells which host, task and item is not as planned any more", async () => {
    const before = await look();
    mkdirSync(shop.path("b"));
    expect(deviations(before, await look()).map(({ message }) => message)).to.deep.equal([
      `one: 'folder (item=b)' planned as changed, would now be ok (${shop.path("site.yml")}:5)`,
    ]);
  });

  it("tells when the same step would now change something else", async () => {
    const before = await look();
    shop.write({ a: "other\n" });
    expect(deviations(before, await look()).map(({ message }) => message)[0]).to.contain("would change something else");
  });

  it("refuses what is no plan", () => {
    expect(() => parsePlan("[]", "x.json")).to.throw("x.json is no plan");
    expect(() => parsePlan("nonsense", "x.json")).to.throw("x.json is no plan");
  });
});
