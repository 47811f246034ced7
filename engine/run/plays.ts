// Runs plays one after the other: hosts from the pattern, prompts, batches, gathering of facts, and what a failed
// batch means for what follows.

import { Failure, fail } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { NO_KEYWORDS } from "../playbook/keyword-values.ts";
import type { Play, PlayNode, RoleUse, Task, VarsPrompt } from "../playbook/model.ts";
import type { Scope } from "../template/scope.ts";
import { batches, ordered } from "./batches.ts";
import type { RunContext } from "./context.ts";
import { controlScope } from "./control-scope.ts";
import { Cursor, type CursorRules } from "./cursor.ts";
import { Evaluation } from "./evaluate.ts";
import { HostRun, HostTally } from "./host-run.ts";
import { groupNames, hostPatterns, hostsNamed } from "./play-hosts.ts";
import { type BatchEnd, PlayRun } from "./play-run.ts";
import { type PlayHosts, PlayState } from "./play-state.ts";

/** Which tasks are to run: tags, start-at-task. Stateful for the latter, by the run of a host in a play. */
export type Selection = (task: Task, run: object) => boolean;

export interface PlaysOptions {
  readonly limit: string | undefined;
  readonly selects: Selection;
  readonly random: () => number;
}

export class Plays {
  readonly #context: RunContext;
  readonly #options: PlaysOptions;
  readonly #warned = new Set<string>();
  /** By host, over all plays. */
  readonly tallies = new Map<string, HostTally>();

  constructor(context: RunContext, options: PlaysOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Whether any host failed or could not be reached so far. */
  get hasFailures(): boolean {
    return [...this.tallies.keys()].some((host) => this.#isOut(host));
  }

  /** Runs the play; false if nothing more may run after it. */
  async run(play: Play): Promise<boolean> {
    const context = this.#context;
    const evaluation = new Evaluation(context.engine, this.#controlScope(play));
    const hosts = hostsNamed(context.inventory, hostPatterns(play, evaluation), this.#options.limit);
    const name = playName(play, evaluation);
    context.emit({ type: "play-start", time: context.now(), name, hosts, origin: play.origin });
    if (hosts.length === 0) {
      context.emit({ type: "no-hosts", time: context.now(), reason: "no-match" });
      return true;
    }
    const left = hosts.filter((host) => !this.#isOut(host));
    if (left.length === 0) {
      context.emit({ type: "no-hosts", time: context.now(), reason: "none-left" });
      return false;
    }
    const prompted = await this.#prompt(play, evaluation);
    const order = evaluation.text(play.order) ?? "inventory";
    const inOrder = ordered(left, order, this.#options.random, play.origin);
    const serial = evaluation.texts(play.serial);
    for (const batch of batches(inOrder, serial, play.origin)) {
      const { end, alive } = await this.#batch(play, { matched: hosts, left: inOrder }, batch, prompted, evaluation);
      if (context.interrupted.aborted) return false;
      if (end === "end-play") return true;
      if (end === "too-many-failures") return false;
      if (alive === 0) return inOrder.some((host) => !this.#isOut(host)) && serial.length === 0;
    }
    return true;
  }

  #isOut(host: string): boolean {
    const tally = this.tallies.get(host);
    return tally !== undefined && (tally.failed || tally.unreachable);
  }

  /** What a play's own keywords may use: extra vars, its vars, and what the run defines. */
  #controlScope(play: Play): Scope {
    const { store, runMagic, inventory } = this.#context;
    return controlScope(
      store,
      { playVars: play.keywords.vars },
      {
        playbook_dir: () => play.file.replace(/\/[^/]*$/, ""),
        ...groupNames(inventory),
      },
      runMagic,
    );
  }

  async #batch(
    play: Play,
    hosts: PlayHosts,
    batch: readonly string[],
    prompted: ReadonlyMap<string, Value>,
    evaluation: Evaluation,
  ): Promise<{ readonly end: BatchEnd; readonly alive: number }> {
    const context = this.#context;
    const runs = new Map<string, HostRun>();
    const state = new PlayState(context, play, hosts, runs, prompted, this.#warned);
    const body = this.#body(play, evaluation);
    const knows = this.#knowFacts(play, batch, evaluation);
    for (const name of batch) {
      let tally = this.tallies.get(name);
      if (!tally) {
        tally = new HostTally();
        this.tallies.set(name, tally);
      }
      runs.set(name, new HostRun(name, tally, (run) => new Cursor(body, this.#cursorRules(run, knows)), new Set()));
    }
    const percentage = evaluation.number(play.keywords.maxFailPercentage, "max_fail_percentage", play.origin);
    const end = await new PlayRun(state, {
      strategy: evaluation.text(play.strategy) ?? context.strategy,
      forks: context.forks,
      maxFailPercentage: percentage,
      anyErrorsFatal: context.anyErrorsFatal,
      cursorRules: (run) => this.#cursorRules(run, knows),
    }).run();
    return { end, alive: [...runs.values()].filter(({ active }) => active).length };
  }

  /** Gathering smart: hosts whose facts are known, from an earlier play or from the cache, are not asked again. */
  #knowFacts(play: Play, batch: readonly string[], evaluation: Evaluation): ReadonlySet<string> {
    const { gathering, store } = this.#context;
    const asked = evaluation.boolean(play.gatherFacts, "gather_facts", play.origin) !== undefined;
    if (gathering !== "smart" || asked) return new Set();
    return new Set(batch.filter((name) => store.host(name).facts.get("module_setup") === true));
  }

  #cursorRules(run: HostRun, knows: ReadonlySet<string>): CursorRules {
    const enters = (use: RoleUse): boolean => use.allowDuplicates || !run.completedRoles.has(use.key);
    return {
      selects: (task) => !(isGatherTask(task) && knows.has(run.name)) && this.#options.selects(task, run),
      entersRole: enters,
      leavesRole: (use) => {
        if (run.startedRoles.has(use.key)) run.completedRoles.add(use.key);
      },
      notified: (handler) => run.notified.has(handler),
    };
  }

  /** The play's tasks, with the gathering of facts in front where it is wanted. */
  #body(play: Play, evaluation: Evaluation): readonly PlayNode[] {
    const force =
      this.#context.forceHandlers || (evaluation.boolean(play.forceHandlers, "force_handlers", play.origin) ?? false);
    const body = force ? withForcedHandlers(play) : play.body;
    const wanted = evaluation.boolean(play.gatherFacts, "gather_facts", play.origin);
    if (wanted === false || (wanted === undefined && this.#context.gathering === "explicit")) return body;
    return [gatherTask(this.#context, play), ...body];
  }

  async #prompt(play: Play, evaluation: Evaluation): Promise<ReadonlyMap<string, Value>> {
    const answers = new Map<string, Value>();
    for (const prompt of play.varsPrompt) {
      if (this.#context.store.extraVars.has(prompt.name)) continue;
      answers.set(prompt.name, await this.#ask(prompt, evaluation));
    }
    return answers;
  }

  async #ask(prompt: VarsPrompt, evaluation: Evaluation): Promise<Value> {
    const context = this.#context;
    if (prompt.encrypt !== undefined)
      fail("vars-prompt-encrypt", "vars_prompt: encrypt is not supported", {
        origin: prompt.origin,
        hint: "use the password_hash filter where the variable is used",
      });
    const byDefault = evaluation.text(prompt.default);
    const label = evaluation.text(prompt.prompt) ?? `input for ${prompt.name}`;
    const shown = byDefault === undefined || prompt.private ? label : `${label} [${byDefault}]`;
    for (;;) {
      const answer = await context.prompt(`${shown}: `, { echo: !prompt.private });
      if (answer === undefined) {
        if (byDefault !== undefined) return byDefault;
        throw new Failure({
          code: "no-terminal",
          message: `the play asks for '${prompt.name}', but there is no terminal to ask at`,
          origin: prompt.origin,
          hint: `give it with -e ${prompt.name}=…`,
        });
      }
      if (prompt.private) context.mask.add(answer);
      if (prompt.confirm && (await context.prompt(`confirm ${shown}: `, { echo: !prompt.private })) !== answer)
        continue;
      return answer === "" && byDefault !== undefined ? byDefault : answer;
    }
  }
}

/** The name that the banner shows: `name`, or the hosts' pattern. */
function playName(play: Play, evaluation: Evaluation): string {
  try {
    return evaluation.text(play.name) ?? evaluation.texts(play.hosts).join(",");
  } catch {
    return typeof play.name === "string" ? play.name : "";
  }
}

/** `force_handlers`: the flush after each section of the play also comes after a failure in it, as an `always` does. */
function withForcedHandlers(play: Play): readonly PlayNode[] {
  const sections: PlayNode[] = [];
  let section: PlayNode[] = [];
  for (const node of play.body) {
    const [only] = node.kind === "block" ? node.block : [];
    const flushes = only?.kind === "task" && only.meta?.action === "flush_handlers" && only.origin === play.origin;
    if (!flushes) section.push(node);
    else {
      sections.push({
        kind: "block",
        id: `${play.id}-forced-${sections.length}`,
        origin: play.origin,
        name: undefined,
        keywords: NO_KEYWORDS,
        parent: play,
        block: section,
        rescue: [],
        always: [node],
      });
      section = [];
    }
  }
  return [...sections, ...section];
}

function isGatherTask({ id }: Task): boolean {
  return id.endsWith("-gather");
}

/** The task that gathers facts, as Ansible shows it. */
function gatherTask(context: RunContext, play: Play): Task {
  const module = context.findModule("gather_facts") ?? context.findModule("setup");
  if (!module) throw new Error("there is no module that gathers facts");
  const args = new Map<string, Value>();
  args.set("gather_subset", play.gatherSubset ?? [...context.gatherSubset]);
  args.set("gather_timeout", play.gatherTimeout ?? context.gatherTimeout);
  if (play.factPath !== undefined) args.set("fact_path", play.factPath);
  const known = new Set(Object.keys(module.params.properties));
  return {
    kind: "task",
    id: `${play.id}-gather`,
    origin: play.origin,
    name: "Gathering Facts",
    keywords: {
      ...NO_KEYWORDS,
      tags: ["always"],
    },
    parent: play,
    action: "gather_facts",
    module,
    args: new Map([...args].filter(([name]) => known.has(name))),
    argOrigins: new Map(),
    notify: [],
    isHandler: false,
  };
}
