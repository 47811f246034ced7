// The two kinds of modules and what they are made of. A module reads a host and *plans* changes; the runner
// applies them, or in a dry run remembers what they predict. An action works on the run itself.

import type { Problem } from "../core/problem.ts";
import type { Difference, Result } from "../core/result.ts";
import type { Unknown } from "../core/unknown.ts";
import type { Plain, PlainObject } from "../core/value.ts";
import type { Become, Host } from "../host/host.ts";
import type { Prediction, Predictions } from "../host/prediction.ts";
import type { TemplateMarks } from "../template/engine.ts";
import type { ObjectSchema, ParamsOf } from "./params.ts";
import { expandPaths } from "./target-path.ts";

/** One thing that would be different on the host. */
export interface Change {
  /** For a person, what is done: "install nginx 1.22.1-9", "write /etc/motd". */
  readonly what: string;
  readonly difference?: Difference;
  /** The host as it would then be. */
  readonly predict?: readonly Prediction[];
  /** Does it; what it returns is merged into the task's result. */
  apply(host: Host, progress: Progress): Promise<Partial<Result> | undefined>;
}

/** What a module found: no changes means `ok`. */
export interface Plan {
  readonly changes: readonly Change[];
  /** Returned keys that are known without applying (path, dest, state, stat …). */
  readonly result?: Partial<Result>;
  /**
   * An action by nature (command, shell, reboot): its single change has no state to compare with. `changed` is
   * true once it ran; in a dry run these keys of the result are Unknown with this reason.
   */
  readonly outcome?: { readonly reason: string; readonly keys: readonly string[] };
  /**
   * Waits, once all changes are applied and also when there were none, until what was asked for has come about. Only looks;
   * not part of a dry run, which tells what is now.
   */
  readonly settle?: (host: Host, progress: Progress) => Promise<Partial<Result>>;
  /** Decided while planning that nothing is to be done, and Ansible calls that skipped (`creates:` exists). */
  readonly skipped?: string;
}

/** Tells a person how far a long step is. `fraction` is 0 to 1. */
export type Progress = (message: string, fraction?: number) => void;

/** What a plan may use besides the host: the controller's files, and what is known of the task. */
export interface PlanContext {
  /** Facts of the host gathered so far, without the `ansible_` prefix (`os_family`, `pkg_mgr`, `service_mgr` …). */
  readonly facts: Readonly<Record<string, Plain>>;
  /** The task's `environment:`; `host.run` has it already, it is here for modules that must see it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly predictions: Predictions;
  /** Whether this is a dry run: a file of the controller that is missing may then be one that an earlier task makes. */
  readonly check: boolean;
  /** Finds a controller file as Ansible's search path does (role's files/, play's folder …). Failure `file-not-found`. */
  find(name: string, kind: "files" | "templates" | "vars"): string;
  /** A template file of the controller, rendered with the task's variables; undecided (throws) if it is Unknown. */
  render(path: string, options?: RenderOptions): string;
  /** Reads a controller file, decrypted when it is vaulted (unless `decrypt` is false). */
  readController(path: string, options?: { readonly decrypt?: boolean }): Promise<Buffer>;
  /** Whether vault decryption applies to this controller file (so that streaming must not be used). */
  isVaulted(path: string): Promise<boolean>;
  warn(problem: Problem | string): void;
  /** Seconds since the epoch on the controller. Never compare it with a host's time. */
  now(): number;
}

export interface RenderOptions extends TemplateMarks {
  readonly newlineSequence?: "\n" | "\r" | "\r\n";
  /** Extra variables (template_path, template_host, ansible_managed …). */
  readonly extra?: PlainObject;
}

interface Described<S extends ObjectSchema> {
  /** Short name: `apt`. */
  readonly name: string;
  /** Other names it answers to, fully qualified ones among them: `ansible.builtin.apt`, `ansible.legacy.apt`. */
  readonly aliases: readonly string[];
  /** One line. */
  readonly summary: string;
  readonly params: S;
  /** Documented return values: name → description. */
  readonly returns: Readonly<Record<string, string>>;
  /** The parameter that takes `module: some free text` (command, shell, raw, script, include_vars, meta …). */
  readonly freeForm?: string;
  /** Rules between parameters that a schema cannot say, told before anything runs. A sentence, or undefined. */
  readonly check?: (params: PlainObject) => string | undefined;
  readonly examples?: string;
}

export interface Module<S extends ObjectSchema = ObjectSchema> extends Described<S> {
  readonly kind: "module";
  /** Facts it reads from the context; the runner gathers them first where they are missing. */
  readonly facts?: readonly string[];
  /** Reads only. Throws Failure when what is wanted cannot be, Undecided when a dry run cannot tell. */
  plan(host: Host, params: ParamsOf<S>, context: PlanContext): Promise<Plan>;
  /** What a task with these (partly Unknown) parameters would touch, so that a dry run taints just that. */
  touches?(params: PlainObject): readonly Prediction[];
}

/** The run's own verbs, for actions. Implemented by run/. */
export interface ActionContext extends PlanContext {
  /** True in a dry run. Actions on the run itself (set_fact, add_host) act all the same. */
  readonly check: boolean;
  /** The host the task is for; undefined verbs fail when it is unreachable. Connects on first use. */
  readonly host: Host;
  readonly hostName: string;
  /** The task's own become, for actions that start modules or raw commands. */
  readonly become: Become | undefined;
  /** The controller as a Host (connection local). */
  readonly controller: Host;
  readonly progress: Progress;
  /** Aborted when the run is interrupted: waits must end then. */
  readonly signal: AbortSignal;
  /** Evaluates an expression (as in `when:`) in the task's scope. */
  condition(expression: string | boolean): boolean | Unknown;
  /** Value of an expression without braces in the task's scope (`debug: var=`); undefined if it uses something undefined. */
  evaluate(expression: string): Plain | undefined;
  /** Finished value of a variable, undefined if not defined. */
  variable(name: string): Plain | undefined;
  /** Loads a YAML/JSON vars file with templates left lazy; used by include_vars. */
  loadVarsFile(path: string): Promise<VarsFile>;
  /** Sets variables on the host at the level of `include_vars` (values may be lazy), or facts. */
  setVars(level: "include_vars" | "set_fact" | "cached_fact", values: VarsFile | PlainObject): void;
  addHost(name: string, groups: readonly string[], vars: PlainObject): boolean;
  addToGroup(host: string, group: string, parents: readonly string[]): boolean;
  /** Statistics shown in the recap (set_stats). */
  setStats(data: PlainObject, options: { readonly perHost: boolean; readonly aggregate: boolean }): void;
  /** A task that runs in the background (async_status); undefined if there is none of that id. */
  job(id: string): { readonly finished: boolean; readonly result?: Result } | undefined;
  forgetJob(id: string): void;
  /** Runs another module on the host as a part of this action. */
  runModule(name: string, params: PlainObject): Promise<Result>;
  /** Gathers facts (setup). Returns the facts with their `ansible_` prefix. */
  gatherFacts(options: {
    readonly subset: readonly string[];
    readonly filter: readonly string[];
    readonly timeout: number;
    readonly factPath: string;
  }): Promise<PlainObject>;
  /** Drops the host's connections so that the next use connects anew (reset_connection, reboot). */
  resetConnection(): Promise<void>;
  /** Asks the person at the terminal (pause); undefined when there is no terminal. */
  prompt(text: string, options: { readonly echo: boolean; readonly seconds?: number }): Promise<string | undefined>;
}

/** A vars file as it was loaded: values may be Templates. Opaque to actions. */
export interface VarsFile {
  readonly file: string;
  readonly names: readonly string[];
  readonly values: ReadonlyMap<string, unknown>;
}

export interface Action<S extends ObjectSchema = ObjectSchema> extends Described<S> {
  readonly kind: "action";
  /**
   * Whether a dry run executes it: true for those that change no machine (debug, set_fact, assert, add_host …),
   * false for those that do (their result is then predicted to be changed, with Unknown values).
   */
  readonly runsInCheck: boolean;
  /** Runs once for all hosts of the play (add_host, pause), as Ansible's BYPASS_HOST_LOOP. */
  readonly oncePerPlay?: boolean;
  run(context: ActionContext, params: ParamsOf<S>): Promise<Result>;
}

export type AnyModule = Module | Action;

/** Declares a module; `params` gives the type of `plan`'s second argument. `path` parameters arrive expanded on the host. */
export function defineModule<const S extends ObjectSchema>(module: Omit<Module<S>, "kind">): Module {
  const bare = { ...module, kind: "module" } as unknown as Module;
  return {
    ...bare,
    plan(host, params, context) {
      const expanded = expandPaths(bare.params, params, host);
      if (expanded instanceof Promise) return expanded.then((ready) => bare.plan(host, ready, context));
      return bare.plan(host, expanded, context);
    },
  };
}

/** Declares an action. */
export function defineAction<const S extends ObjectSchema>(action: Omit<Action<S>, "kind">): Action {
  return { ...action, kind: "action" } as unknown as Action;
}

/** The usual aliases of a module that ansible-core ships. */
export function builtin(name: string): string[] {
  return [`ansible.builtin.${name}`, `ansible.legacy.${name}`];
}
