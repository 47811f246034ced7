import { expect } from "chai";
import type { Result } from "../../../engine/core/result.ts";
import type { Plain } from "../../../engine/core/value.ts";
import { etcdMember } from "../../../engine/modules/etcd-member.ts";
import { runAction } from "../module-driver.ts";
import { client, peer, SimulatedEtcd } from "./simulated-etcd.ts";

const desired = (...numbers: number[]): Plain[] =>
  numbers.map((number) => ({ name: `a${number}`, peer_urls: [peer(number)], client_urls: [client(number)] }));

/** Runs the module for the simulation's own host. Each look at the clock is a second later. */
function run(etcd: SimulatedEtcd, params: Readonly<Record<string, Plain>>, check = false): Promise<Result> {
  let time = 1_700_000_000;
  const now = (): number => {
    time += 1;
    return time;
  };
  const all = {
    name: `a${etcd.own}`,
    data_dir: "/d",
    snapshot_dir: "/var/backups",
    delay: 0,
    start_timeout: 10,
    promote_timeout: 10,
    ...params,
  };
  return runAction(etcdMember, all, { host: etcd.host, check, now });
}

/** The message with its hint of a run that is refused. */
async function refusal(etcd: SimulatedEtcd, params: Readonly<Record<string, Plain>>, check = false): Promise<string> {
  try {
    await run(etcd, params, check);
  } catch (error) {
    const { message, hint = "" } = (error as { problem: { message: string; hint?: string } }).problem;
    return `${message} | ${hint}`;
  }
  throw new Error(`nothing was refused; done: ${etcd.acts.join("; ")}`);
}

const RESTART = "systemctl restart --no-block etcd.service";

describe("module etcd_member, state present", () => {
  it("waits where etcd wants its members connected for a while before it takes another", async () => {
    const etcd = new SimulatedEtcd(2).with(1);
    etcd.unsettled = 1;
    const result = await run(etcd, { desired: desired(1, 2) });
    expect(result.changed).to.equal(true);
    expect(etcd.list()).to.deep.equal(["a1 voter", "a2 voter"]);
  }).timeout(10_000);

  it("adds a member as a learner after a snapshot, starts it with what the cluster said, promotes it", async () => {
    const etcd = new SimulatedEtcd(2).with(1);
    const result = await run(etcd, { desired: desired(1, 2) });
    expect(etcd.acts).to.deep.equal([
      "snapshot save /var/backups/before-add-a2-20231114T221323Z.db",
      `member add a2 --peer-urls=${peer(2)} --learner`,
      RESTART,
      "member promote f000000000000002",
      "member promote f000000000000002",
    ]);
    expect(etcd.list()).to.deep.equal(["a1 voter", "a2 voter"]);
    expect(etcd.host.text("/etc/etcd/initial-cluster.env")).to.contain(
      `ETCD_INITIAL_CLUSTER=a1=${peer(1)},a2=${peer(2)}\nETCD_INITIAL_CLUSTER_STATE=existing\n`,
    );
    expect(result).to.include({ changed: true, member_id: "f000000000000002", cluster_id: "b387309ac2064313" });
    expect(result.snapshot).to.equal("/var/backups/before-add-a2-20231114T221323Z.db");
    expect(result.diff?.[0]).to.include({ after: `a1 ${peer(1)} voter\na2 ${peer(2)} voter\n` });
    const again = await run(etcd, { desired: desired(1, 2) });
    expect(again).to.include({ changed: false });
    expect(etcd.acts).to.have.lengthOf(5);
  });

  it("tells the whole cluster's plan in a dry run, and does nothing", async () => {
    const etcd = new SimulatedEtcd(2).with(1, 9);
    const params = { desired: desired(1, 2, 3), remove_absent: true };
    const result = await run(etcd, params, true);
    expect(result.plan).to.deep.equal([
      `add a2 at ${peer(2)} as a learner and start it`,
      "promote a2 to voter once it has caught up",
      `add a3 at ${peer(3)} as a learner and start it`,
      "promote a3 to voter once it has caught up",
      "remove a9 (f000000000000002): it is not desired",
    ]);
    expect(result.done).to.deep.equal((result.plan as string[]).slice(0, 2));
    expect(result.changed).to.equal(true);
    expect(etcd.acts).to.deep.equal([]);
    // The last of the play removes what is not desired: the others have had their turn by then.
    const last = new SimulatedEtcd(3).with(1, 9);
    expect((await run(last, params, true)).done).to.deep.equal((result.plan as string[]).slice(2));
  });

  it("does nothing in a dry run where an earlier task would begin the cluster", async () => {
    expect(await run(new SimulatedEtcd(1), { desired: desired(1) }, true)).to.include({ changed: false });
  });

  for (const [act, what] of [
    [/^member add/, "before the member was added"],
    [/^systemctl daemon-reload/, "after it was added"],
    [/^member promote/, "after it was started"],
  ] as const)
    it(`goes on where a run was cut off ${what}`, async () => {
      const etcd = new SimulatedEtcd(2).with(1);
      let cut = false;
      etcd.before = (now) => {
        if (cut || !act.test(now)) return;
        cut = true;
        throw new Error("cut off");
      };
      const ended = await run(etcd, { desired: desired(1, 2) }).catch((error: Error) => error.message);
      expect(ended).to.equal("cut off");
      const result = await run(etcd, { desired: desired(1, 2) });
      expect(result.changed).to.equal(true);
      expect(etcd.list()).to.deep.equal(["a1 voter", "a2 voter"]);
      expect(etcd.acts.filter((one) => one.startsWith("member add"))).to.have.lengthOf(1);
    });

  it("takes a member that does not start off the list again, with its reason, and leaves nothing behind", async () => {
    const etcd = new SimulatedEtcd(4).with(1, 2, 3);
    etcd.starts = false;
    const message = await refusal(etcd, { desired: desired(1, 2, 3, 4) });
    expect(message)
      .to.contain("a4 does not start: the unit etcd.service ended 5 times: C | etcdmain: no such luck")
      .and.contain("it was removed again and the cluster is as it was");
    expect(etcd.list()).to.deep.equal(["a1 voter", "a2 voter", "a3 voter"]);
    expect(etcd.acts.at(-1)).to.equal("member remove f000000000000004");
    expect(await etcd.host.stat("/d/member")).to.equal(undefined);
    etcd.starts = true;
    await run(etcd, { desired: desired(1, 2, 3, 4) });
    expect(etcd.list().at(-1)).to.equal("a4 voter");
  });

  it("leaves a learner that has not caught up where it is, and promotes it in the next run", async () => {
    const etcd = new SimulatedEtcd(2).with(1);
    etcd.behind = 100;
    expect(await refusal(etcd, { desired: desired(1, 2) }))
      .to.contain("a2 has not caught up")
      .and.contain("Run again");
    expect(etcd.list()).to.deep.equal(["a1 voter", "a2 learner"]);
    etcd.behind = 0;
    await run(etcd, { desired: desired(1, 2) });
    expect(etcd.list()).to.deep.equal(["a1 voter", "a2 voter"]);
  });

  it("gives up where what it does does not last", async () => {
    const etcd = new SimulatedEtcd(2).with(1);
    etcd.restless = true;
    expect(await refusal(etcd, { desired: desired(1, 2) })).to.contain("the cluster does not come to rest");
    expect(etcd.acts.filter((act) => act.startsWith("member promote")).length).to.be.within(2, 10);
  });

  it("starts a member that is stopped, and tells of one that runs without serving", async () => {
    const etcd = new SimulatedEtcd(3).with(1, 2, 3);
    await etcd.host.run({ argv: ["systemctl", "disable", "--now", "etcd.service"] });
    expect((await run(etcd, { desired: desired(1, 2, 3) })).done).to.deep.equal(["start a3 (f000000000000003)"]);
    etcd.kill("a3");
    expect(await refusal(etcd, { desired: desired(1, 2, 3) })).to.contain("a3 runs but does not serve");
  });

  it("finishes or takes back what another run left behind before it adds", async () => {
    const etcd = new SimulatedEtcd(3).with(1);
    etcd.behind = 0;
    etcd.member(2, { name: "", learner: true, started: false, up: false });
    await run(etcd, { desired: desired(1, 2, 3), play_members: ["a3"] });
    expect(etcd.list()).to.deep.equal(["a1 voter", "a3 voter"]);
    const other = new SimulatedEtcd(3).with(1);
    other.behind = 0;
    other.member(2, { learner: true });
    await run(other, { desired: desired(1, 2, 3) });
    expect(other.list()).to.deep.equal(["a1 voter", "a2 voter", "a3 voter"]);
  });

  it("waits for no one in vain: a silent voter or learner stands against adding", async () => {
    const etcd = new SimulatedEtcd(4).with(1, 2, 3);
    etcd.kill("a3");
    expect(await refusal(etcd, { desired: desired(1, 2, 3, 4) }))
      .to.contain(
        "a member is added only while every voter serves; not serving: a3 (f000000000000003): connection refused",
      )
      .and.contain("etcd_replace=NAME");
    const other = new SimulatedEtcd(3).with(1);
    other.member(2, { learner: true, up: false });
    expect(await refusal(other, { desired: desired(1, 2, 3) })).to.contain("a2 (f000000000000002) is still a learner");
    expect([...etcd.acts, ...other.acts]).to.deep.equal([]);
  });

  it("adds nothing while an alarm is on", async () => {
    const etcd = new SimulatedEtcd(2).with(1);
    etcd.alarms = [{ memberID: 5n, alarm: 1 }];
    expect(await refusal(etcd, { desired: desired(1, 2) }))
      .to.contain("the alarm NOSPACE is on")
      .and.contain("defragment");
  });

  it("tells a cluster without a majority from one that does not answer", async () => {
    const etcd = new SimulatedEtcd(4).with(1, 2, 3);
    etcd.kill("a2");
    etcd.kill("a3");
    expect(await refusal(etcd, { desired: desired(1, 2, 3, 4) }))
      .to.contain("the cluster has no majority; not serving: a2: connection refused; a3: connection refused")
      .and.contain("restore");
    etcd.kill("a1");
    expect(await refusal(etcd, { desired: desired(1, 2, 3, 4) })).to.contain("no member of the cluster answers");
  });
});

describe("module etcd_member refuses, with nothing changed,", () => {
  const cases: Record<string, [(etcd: SimulatedEtcd) => void, Record<string, Plain>, string]> = {
    "a name that a living member has": [
      (etcd) => etcd.member(9, { name: "a4" }),
      {},
      `has a member called a4 already (f000000000000004) at ${peer(9)}; the one desired is at ${peer(4)} | it is alive: give the new host another name`,
    ],
    "a name that a dead member has, unless it is replaced": [
      (etcd) => etcd.member(9, { name: "a4", up: false }),
      {},
      "say `replace: a4`",
    ],
    "another name for a member": [
      (etcd) => etcd.member(4, { name: "other" }),
      {},
      `the member at ${peer(4)} is called other, not a4 | call the host other in the inventory`,
    ],
    "a member whose machine was rebuilt": [
      (etcd) => etcd.member(4, { up: false }),
      {},
      "the cluster lists a4 (f000000000000004), but /d on a4 is empty: the machine was rebuilt",
    ],
    "data of another cluster": [
      (etcd) => etcd.data(1n, 42n),
      {},
      "/d on a4 holds data of another cluster (2a; this one is b387309ac2064313) | if it is not needed, move /d/member away",
    ],
    "data of another member of the cluster": [
      (etcd) => etcd.data(0xf000000000000002n),
      {},
      "/d on a4 holds data of the member a2 (f000000000000002), which is another one of this cluster",
    ],
    "data that is none": [
      (etcd) => etcd.host.seed("/d/member/file", ""),
      {},
      "/d on a4 holds something that is no member's data: it has no write-ahead log",
    ],
    "a host that is a cluster of its own": [
      (etcd) => etcd.foreign.add(client(4)),
      {},
      "a4 answers as a member of another cluster (2a); the others are in b387309ac2064313",
    ],
    "members that are not desired": [
      (etcd) => etcd.member(9),
      {},
      "the cluster has members that are not desired: a9 (f000000000000004) | add them to the inventory, or set remove_absent",
    ],
    "to replace a living member": [
      (etcd) => etcd.member(9),
      { replace: "a9" },
      "a9 (f000000000000004) is to be replaced, but it is alive",
    ],
    "two desired members with one address": [
      () => {},
      { desired: [...desired(1, 2, 3, 4), { name: "b", peer_urls: [peer(4)], client_urls: [client(5)] }] },
      `two desired members have the address ${peer(4)}`,
    ],
  };
  for (const [what, [arrange, params, message]] of Object.entries(cases))
    for (const check of [false, true])
      it(`${what}${check ? ", in a dry run too" : ""}`, async () => {
        const etcd = new SimulatedEtcd(4).with(1, 2, 3);
        arrange(etcd);
        const before = [...etcd.list()];
        expect(await refusal(etcd, { desired: desired(1, 2, 3, 4), ...params }, check)).to.contain(message);
        expect(etcd.acts).to.deep.equal([]);
        expect(etcd.list()).to.deep.equal(before);
      });

  it("parameters that contradict each other, before anything is asked", async () => {
    const etcd = new SimulatedEtcd(1);
    const told = async (params: Record<string, Plain>) =>
      run(etcd, params).catch((error: { problem: { message: string } }) => error.problem.message);
    expect(await told({ desired: desired(2) })).to.contain("a1 is not among the desired members");
    expect(await told({ desired: desired(1), state: "absent" })).to.contain("contradicts");
    expect(await told({ desired: desired(2), state: "absent" })).to.contain("peer_urls and client_urls are needed");
    expect(await told({ desired: desired(1), state: "bootstrap" })).to.contain("needs observations");
    expect(etcd.host.commands).to.deep.equal([]);
  });
});

describe("module etcd_member replaces and removes", () => {
  it("a dead member that is named: removed first, then added anew; nothing the next time", async () => {
    const etcd = new SimulatedEtcd(3).with(1, 2);
    etcd.behind = 0;
    etcd.member(3, { up: false });
    const params = { desired: desired(1, 2, 3), replace: "a3" };
    const result = await run(etcd, params);
    expect(etcd.acts.filter((act) => act.startsWith("member"))).to.deep.equal([
      "member remove f000000000000003",
      `member add a3 --peer-urls=${peer(3)} --learner`,
      "member promote f000000000000004",
    ]);
    expect((result.plan as string[])[0]).to.contain("it is dead, and replace names it");
    expect((await run(etcd, params)).changed).to.equal(false);
  });

  it("a dead member by one of another name, and old data of this host moved aside", async () => {
    const etcd = new SimulatedEtcd(4).with(1, 2);
    etcd.behind = 0;
    etcd.member(3, { up: false });
    etcd.data(0xfan);
    const result = await run(etcd, { desired: desired(1, 2, 4), replace: "a3" });
    expect(etcd.list()).to.deep.equal(["a1 voter", "a2 voter", "a4 voter"]);
    expect(result.moved_aside).to.match(/^\/d\.2023/);
    expect(await etcd.host.stat(`${result.moved_aside}/wal`)).not.to.equal(undefined);
  });

  it("members that are not desired where asked, leadership moved away first, the dead before the living", async () => {
    const etcd = new SimulatedEtcd(2).with(9, 1, 2, 3, 8);
    etcd.kill("a8");
    await run(etcd, { desired: desired(1, 3, 2), remove_absent: true });
    expect(etcd.acts).to.include("move-leader f000000000000002");
    expect(etcd.acts.filter((act) => act.startsWith("member"))).to.deep.equal([
      "member remove f000000000000001",
      "member remove f000000000000005",
    ]);
    expect(etcd.list()).to.deep.equal(["a1 voter", "a2 voter", "a3 voter"]);
  });

  it("nothing that would cost the majority", async () => {
    const etcd = new SimulatedEtcd(1).with(1, 2, 9);
    etcd.kill("a2");
    const params = { desired: desired(2, 1), remove_absent: true };
    expect(await refusal(etcd, params)).to.contain(
      "without a9 (f000000000000003) only 1 of 2 voters would serve, 2 are needed",
    );
    expect(etcd.acts).to.deep.equal([]);
  });

  it("leave to the last host of the play what nobody wants", async () => {
    const etcd = new SimulatedEtcd(1).with(1, 2, 9);
    expect((await run(etcd, { desired: desired(1, 2), remove_absent: true })).changed).to.equal(false);
    const alone = { desired: desired(1, 2), remove_absent: true, play_members: ["a1"] };
    expect((await run(etcd, alone)).changed).to.equal(true);
    expect(etcd.list()).to.deep.equal(["a1 voter", "a2 voter"]);
  });
});

describe("module etcd_member, state absent", () => {
  const leaving = { desired: desired(1, 2), state: "absent", peer_urls: [peer(3)], client_urls: [client(3)] };

  it("moves leadership away, removes, stops and only then deletes the data", async () => {
    const etcd = new SimulatedEtcd(3).with(3, 1, 2);
    const foretold = await run(etcd, leaving, true);
    expect(etcd.acts).to.deep.equal([]);
    const result = await run(etcd, leaving);
    expect(result.done).to.deep.equal(foretold.done);
    expect(etcd.acts.map((act) => act.split(" ").slice(0, 2).join(" "))).to.deep.equal([
      "snapshot save",
      "move-leader f000000000000002",
      "member remove",
      "systemctl disable",
    ]);
    expect(etcd.list()).to.deep.equal(["a1 voter", "a2 voter"]);
    expect(await etcd.host.stat("/d/member")).to.equal(undefined);
    expect((await run(etcd, leaving)).changed).to.equal(false);
  });

  it("goes on where a run was cut off after the removal", async () => {
    const etcd = new SimulatedEtcd(3).with(1, 2, 3);
    etcd.before = (act) => {
      if (act.startsWith("systemctl disable")) throw new Error("cut off");
    };
    await run(etcd, leaving).catch(() => {});
    etcd.before = () => {};
    expect((await run(etcd, leaving)).done).to.deep.equal(["stop a3", "delete its data in /d"]);
    expect(await etcd.host.stat("/d/member")).to.equal(undefined);
  });

  it("refuses where the rest would have no majority, and to delete what is not the cluster's", async () => {
    const etcd = new SimulatedEtcd(3).with(1, 2, 3);
    etcd.kill("a2");
    expect(await refusal(etcd, leaving)).to.contain("only 1 of 2 voters would serve");
    const other = new SimulatedEtcd(3).with(1, 2);
    other.data(1n, 42n);
    expect(await refusal(other, leaving))
      .to.contain("holds data of another cluster")
      .and.contain("it is not deleted");
    const last = new SimulatedEtcd(3).with(3);
    expect(await refusal(last, leaving)).to.contain("is the last voter");
    expect([...etcd.acts, ...other.acts, ...last.acts]).to.deep.equal([]);
  });
});

describe("module etcd_member, states observed and bootstrap", () => {
  const seenBy = async (etcd: SimulatedEtcd, ...numbers: number[]): Promise<Plain> =>
    (await run(etcd, { desired: desired(...numbers), state: "observed" })).observation as Plain;

  it("tells what is not as desired, and what would be refused", async () => {
    const etcd = new SimulatedEtcd(1).with(1, 2, 9);
    etcd.kill("a2");
    const result = await run(etcd, { desired: desired(1, 2, 3), state: "observed" });
    expect(result.changed).to.equal(false);
    expect(result.problems).to.deep.equal([
      "a3 is not a member",
      "a2 (f000000000000002) does not serve: connection refused",
      "a9 (f000000000000003) is not desired",
      "the cluster has members that are not desired: a9 (f000000000000003)",
    ]);
    expect(result.refusal).to.contain("set remove_absent");
    const three = new SimulatedEtcd(2).with(1, 2, 3);
    three.kill("a2");
    const undisked = { desired: desired(1, 2, 3), state: "observed", data_dir: null };
    expect((await run(three, undisked)).problems).to.deep.equal([
      "a2 (f000000000000002) does not serve: connection refused",
    ]);
    const well = await run(new SimulatedEtcd(1).with(1, 2), { desired: desired(1, 2), state: "observed" });
    expect(well).to.deep.include({ problems: [], plan: [] });
    expect(well).not.to.have.property("refusal");
  });

  it("begins a new cluster with all its members, and starts again what never had a leader", async () => {
    const [one, two] = [new SimulatedEtcd(1), new SimulatedEtcd(2)];
    two.data(7n, 42n, false);
    const observations = [await seenBy(one, 1, 2), await seenBy(two, 1, 2)];
    for (const etcd of [one, two]) {
      const result = await run(etcd, { desired: desired(1, 2), state: "bootstrap", observations });
      expect(result).to.include({ changed: true });
      expect(etcd.acts).to.deep.equal([RESTART]);
      expect(etcd.host.text("/etc/etcd/initial-cluster.env")).to.contain(
        `ETCD_INITIAL_CLUSTER=a1=${peer(1)},a2=${peer(2)}\nETCD_INITIAL_CLUSTER_STATE=new\n`,
      );
    }
  });

  it("starts the stopped members of a cluster, and lets a host without data wait", async () => {
    const [one, two] = [new SimulatedEtcd(1), new SimulatedEtcd(2)];
    one.data(7n);
    const observations = [await seenBy(one, 1, 2), await seenBy(two, 1, 2)];
    const started = await run(one, { desired: desired(1, 2), state: "bootstrap", observations });
    expect(started.done).to.deep.equal(["start a1, which is stopped"]);
    expect((await run(two, { desired: desired(1, 2), state: "bootstrap", observations })).changed).to.equal(false);
  });

  it("begins nothing where a member answers, where hosts were not asked, or hold different data", async () => {
    const one = new SimulatedEtcd(1).with(1);
    const there = [await seenBy(one, 1)];
    expect((await run(one, { desired: desired(1), state: "bootstrap", observations: there })).changed).to.equal(false);
    const [two, three] = [new SimulatedEtcd(2), new SimulatedEtcd(3)];
    const some = [await seenBy(two, 2, 3)];
    expect(await refusal(two, { desired: desired(2, 3), state: "bootstrap", observations: some }))
      .to.contain("whether a3 hold one is not known")
      .and.contain("without --limit");
    two.data(1n, 1n);
    three.data(1n, 2n);
    const different = [await seenBy(two, 2, 3), await seenBy(three, 2, 3)];
    expect(await refusal(two, { desired: desired(2, 3), state: "bootstrap", observations: different })).to.contain(
      "data of different clusters: a2 of 1, a3 of 2",
    );
    expect([...one.acts, ...two.acts]).to.deep.equal([]);
  });
});
