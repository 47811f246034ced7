// etcd_member: one member of an etcd cluster, on the host it is to run on. Observe, plan, check, act, verify, again and again
// until nothing is left to do; so a run that was cut off anywhere is continued by the next one. An action and not a plan of
// changes, because what is true of the cluster changes through other hosts while a play runs: nothing may be planned ahead.

import { Failure, type Problem } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import { Undecided } from "../core/unknown.ts";
import { type Done, isStillSilent, type Tools, takeSnapshot, takeStep } from "./etcd-act.ts";
import { beginning, type HostObservation } from "./etcd-bootstrap.ts";
import { EtcdClient } from "./etcd-client.ts";
import { leaveCluster } from "./etcd-leave.ts";
import { obstacle, unfitness } from "./etcd-majority.ts";
import { type MemberParams, memberParams, memberRules } from "./etcd-member-params.ts";
import { type Desired, isAlive, isNoCluster, memberAt, type Observation, observe, probe } from "./etcd-observe.ts";
import { ownSteps, type Step, sentence, type Wish, wholePlan } from "./etcd-plan.ts";
import { changedMembers, difference, observed, problemsOf } from "./etcd-report.ts";
import { type MemberService, StaticPodService, UnitService } from "./etcd-service.ts";
import { type MemberData, readMemberData } from "./etcd-wal.ts";
import { type ActionContext, defineAction } from "./module.ts";
import { sleep } from "./waiting.ts";

export const etcdMember = defineAction({
  name: "etcd_member",
  aliases: ["tsplay.etcd.etcd_member"],
  summary: "Make this host a member of an etcd cluster, or take it out, without the cluster noticing",
  params: memberParams,
  check: memberRules,
  returns: {
    cluster_id: "Id of the cluster; absent where none answers.",
    members:
      "The members as they now are: name, id, peer_urls, client_urls, learner, started, alive, leader, version, db_size.",
    member_id: "Id of this host's member.",
    plan: "What the whole cluster needs, as sentences; in a real run, what needed to be done.",
    done: "What this host did, as sentences.",
    problems: "What is not as desired, as sentences (state observed).",
    refusal: "Why nothing would be changed; absent where there is no reason (state observed).",
    alarms: "Alarms that are on, with their members.",
    snapshot: "The snapshot taken before the first change, on this host.",
    moved_aside: "Where old data of this host was moved.",
    initial_cluster: "What a first start was told.",
    observation: "Everything that was seen, for `observations` (state observed).",
  },
  runsInCheck: true,
  async run(context, params): Promise<Result> {
    const member = new OwnMember(context, params);
    switch (params.state) {
      case "observed":
        return member.observed();
      case "bootstrap":
        return member.bootstrap();
      case "absent":
        return member.absent();
      case "present":
        return member.present();
    }
  },
});

/** How often a run tries what does not last (a step that is due again, a member now dead and now not) before it gives up. */
const MOST_TRIES = 4;
/** Seconds that a member may be silent (a restart, an election) before that counts. */
const SETTLE_SECONDS = 20;

class OwnMember {
  readonly #context: ActionContext;
  readonly #params: MemberParams;
  readonly #client: EtcdClient;
  readonly #service: MemberService;
  readonly #own: Desired;

  constructor(context: ActionContext, params: MemberParams) {
    const { host } = context;
    this.#context = context;
    this.#params = params;
    this.#own = ownAddresses(params);
    this.#client = new EtcdClient(host, { ...params, timeout: params.command_timeout });
    const [endpoint = ""] = this.#own.client_urls;
    const { manifest, manifest_source: source } = params;
    this.#service =
      manifest === undefined || source === undefined
        ? new UnitService(host, params.service, params.environment_file)
        : new StaticPodService(
            host,
            manifest,
            source,
            async () => !("silence" in (await this.#client.status(endpoint))),
          );
  }

  async observed(): Promise<Result> {
    const [seen, wish] = await Promise.all([this.#look(), this.#wish()]);
    const observation: HostObservation = { name: this.#own.name, data: wish.data, running: wish.running, seen };
    return {
      changed: false,
      ...observed(seen, this.#own),
      observation,
      ...plannedOrRefused(seen, wish),
    };
  }

  /** A first start of all members together, or the start of those that are stopped. Does not wait for them. */
  async bootstrap(): Promise<Result> {
    const due = beginning(this.#own.name, this.#desired(), this.#observations());
    if (!due) return { changed: false, plan: [], done: [] };
    const lines = this.#desired().map(({ name, peer_urls }) => `${name} ${peer_urls.join(",")} voter\n`);
    if (!this.#context.check) await this.#service.start(due.initial);
    return {
      changed: true,
      plan: [due.what],
      done: [due.what],
      initial_cluster: due.initial.cluster,
      diff: [{ before: "", after: lines.join(""), beforeHeader: "no cluster", afterHeader: "members" }],
    };
  }

  present(): Promise<Result> {
    return this.#context.check ? this.#foretell() : this.#converge();
  }

  async absent(): Promise<Result> {
    const wish = await this.#wish();
    return leaveCluster({
      own: this.#own,
      wish,
      tools: this.#tools(),
      check: this.#context.check,
      settled: (problemOf) => this.#settled(problemOf),
    });
  }

  /** What a real run would do now. */
  async #foretell(): Promise<Result> {
    const wish = await this.#wish();
    // The cluster that an earlier task would begin does not answer yet.
    const { seen, problem } = await this.#settled((now) => {
      const [step] = now.members.length > 0 ? ownSteps(now, wish) : [];
      return step && obstacle(now, wish, step);
    });
    refuseFor(problem);
    if (seen.clusterId === undefined) return { changed: false, plan: [], done: [] };
    const steps = ownSteps(seen, wish);
    return {
      changed: steps.length > 0,
      ...observed(seen, this.#own),
      plan: wholePlan(seen, wish),
      done: steps.map(sentence),
      ...difference(seen, steps),
    };
  }

  /** One step after the other, each from a new look, until none is left and this host's member serves. */
  async #converge(): Promise<Result> {
    const done: string[] = [];
    let left: Done = {};
    let start: { readonly seen: Observation; readonly plan: readonly string[] } | undefined;
    const tries = new Map<string, number>();
    for (;;) {
      const wish = await this.#wish();
      const { seen, problem } = await this.#settled((now) => this.#blocked(now, wish));
      refuseFor(problem);
      start ??= { seen, plan: wholePlan(seen, wish) };
      const [step] = ownSteps(seen, wish);
      if (!step) {
        const changes = done.length > 0 ? changedMembers(start.seen, seen) : {};
        return {
          changed: done.length > 0,
          ...observed(seen, this.#own),
          plan: start.plan,
          done,
          ...told(left),
          ...changes,
        };
      }
      const due = sentence(step);
      tries.set(due, (tries.get(due) ?? 0) + 1);
      if ((tries.get(due) ?? 0) > MOST_TRIES) refuseFor(restless(due));
      if (!(await this.#isSure(step))) continue;
      const tools = this.#tools();
      if (left.snapshot === undefined && (step.kind === "add" || step.kind === "remove"))
        left = { ...left, ...(await takeSnapshot(tools, seen, `${step.kind}-${nameOf(step)}`)) };
      this.#context.progress(due);
      left = { ...left, ...(await takeStep(tools, seen, step)) };
      done.push(due);
    }
  }

  /** Dead is only who is silent in a second look too; the living are removed because nobody wants them. */
  async #isSure(step: Step): Promise<boolean> {
    if (step.kind !== "remove" || !step.isDead) return true;
    await sleep(this.#params.delay * 4, this.#context.signal);
    return isStillSilent(await this.#look(), step.member);
  }

  /** Why nothing can be done now, or why this host's member is not what it should be yet. */
  #blocked(seen: Observation, wish: Wish): Problem | undefined {
    const [step] = seen.members.length > 0 ? ownSteps(seen, wish) : [];
    if (step) return obstacle(seen, wish, step);
    const member = memberAt(seen, this.#own);
    if (member && isAlive(seen, member)) return undefined;
    return (
      unfitness(seen, wish) ?? {
        code: "etcd-own-silent",
        message: `${this.#own.name} runs but does not serve`,
        hint: `${this.#service.look} on it has the reason; if its data is damaged, have it replaced (-e etcd_replace=${this.#own.name})`,
      }
    );
  }

  /** Looks until there is no problem, or until what may pass by itself has had its time. A dry run looks once. */
  async #settled(
    problemOf: (seen: Observation) => Problem | undefined,
  ): Promise<{ readonly seen: Observation; readonly problem: Problem | undefined }> {
    const { start_timeout, delay } = this.#params;
    const begin = this.#context.now();
    for (;;) {
      const seen = await this.#lookOrGuess();
      const problem = problemOf(seen);
      const patience = seen.clusterId === undefined ? start_timeout : Math.min(SETTLE_SECONDS, start_timeout);
      if (problem === undefined || this.#context.check || this.#context.now() - begin >= patience)
        return { seen, problem };
      await sleep(delay, this.#context.signal);
    }
  }

  #desired(): readonly Desired[] {
    return this.#params.desired as unknown as readonly Desired[];
  }

  async #wish(): Promise<Wish> {
    const { name, remove_absent, replace, data_dir, play_members } = this.#params;
    const [data, running] = await Promise.all([this.#data(), this.#service.isRunning()]);
    return {
      name,
      desired: this.#desired(),
      inPlay: play_members ?? this.#desired().map((one) => one.name),
      removeAbsent: remove_absent,
      replace: replace === "" ? undefined : replace,
      data,
      dataDir: data_dir,
      running,
      check: this.#context.check,
    };
  }

  /** A member that was started this moment has a folder before it has a log. */
  async #data(): Promise<MemberData> {
    const { data_dir: folder, delay } = this.#params;
    if (folder === undefined) return { kind: "none" };
    const begin = this.#context.now();
    for (;;) {
      const data = await readMemberData(this.#context.host, folder);
      const mayCome = data.kind === "unreadable" && (await this.#service.isRunning());
      if (!mayCome || this.#context.now() - begin >= SETTLE_SECONDS) return data;
      await sleep(delay, this.#context.signal);
    }
  }

  async #look(): Promise<Observation> {
    const urls = [...this.#desired(), this.#own].flatMap(({ client_urls }) => client_urls.slice(0, 1));
    const endpoints = [...new Set([...urls, ...this.#params.endpoints])];
    if (this.#context.check && !(await this.#canAsk())) return probe(this.#context.host, endpoints);
    return observe(this.#client, endpoints);
  }

  /** Whether the client and its certificates are there already. Earlier tasks of a dry run only foretell them. */
  async #canAsk(): Promise<boolean> {
    const { etcdctl, cacert, cert, key } = this.#params;
    const files = [cacert, cert, key].filter((file) => file !== undefined);
    const script = 'command -v "$1" >/dev/null && shift && for file; do test -r "$file" || exit 1; done';
    const argv = ["sh", "-c", script, "sh", etcdctl, ...files];
    return (await this.#context.host.run({ argv, reads: true })).code === 0;
  }

  /** In a dry run on a host that cannot ask yet: what another host of the play saw. */
  async #lookOrGuess(): Promise<Observation> {
    const seen = await this.#look();
    if (seen.asked || isNoCluster(seen)) return seen;
    const other = this.#observations().find((one) => one.seen.clusterId !== undefined);
    if (other) return other.seen;
    throw new Undecided("what the cluster says, which the host cannot ask before its client is there");
  }

  #observations(): readonly HostObservation[] {
    return this.#params.observations.filter(
      (one): one is HostObservation => typeof one === "object" && one !== null && "seen" in one,
    );
  }

  #tools(): Tools {
    const { data_dir, snapshot_dir, start_timeout, promote_timeout, delay } = this.#params;
    return {
      host: this.#context.host,
      client: this.#client,
      service: this.#service,
      dataDir: data_dir ?? "",
      snapshotDir: snapshot_dir,
      startTimeout: start_timeout,
      promoteTimeout: promote_timeout,
      delay,
      now: () => this.#context.now(),
      signal: this.#context.signal,
      progress: (message) => this.#context.progress(message),
    };
  }
}

function ownAddresses({ name, desired, peer_urls, client_urls }: MemberParams): Desired {
  const found = (desired as unknown as readonly Desired[]).find((one) => one.name === name);
  return found ?? { name, peer_urls: peer_urls ?? [], client_urls: client_urls ?? [] };
}

/** An observation refuses nothing: what a change would be refused for is one of the problems. */
function plannedOrRefused(seen: Observation, wish: Wish): Partial<Result> {
  const problems = problemsOf(seen, wish.desired);
  try {
    if (seen.members.length > 0) ownSteps(seen, wish);
    return { plan: wholePlan(seen, wish), problems };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message, hint } = error.problem;
    const refusal = hint === undefined ? message : `${message} (${hint})`;
    return { plan: [], problems: [...new Set([...problems, message])], refusal };
  }
}

function restless(due: string): Problem {
  return {
    code: "etcd-restless",
    message: `the cluster does not come to rest: "${due}" was due ${MOST_TRIES} times, and is due again`,
    hint: "a member comes and goes: look at its log and at its host's disk, clock and memory, then run again",
  };
}

function refuseFor(problem: Problem | undefined): void {
  if (problem) throw new Failure(problem);
}

function nameOf(step: Step): string {
  if (step.kind === "add") return step.desired.name;
  if (step.kind === "remove") return step.member.name === "" ? step.member.id : step.member.name;
  return "";
}

function told({ snapshot, movedAside, initialCluster }: Done): Partial<Result> {
  return {
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(movedAside === undefined ? {} : { moved_aside: movedAside }),
    ...(initialCluster === undefined ? {} : { initial_cluster: initialCluster }),
  };
}
