// A playbook as the runner sees it: plays, blocks and tasks with their keywords, every one with its place in a
// file. Static imports are resolved, module names known; nothing is templated yet (values may be Templates).

import type { Origin, Problem } from "../core/problem.ts";
import type { Value, ValueMap } from "../core/value.ts";
import type { AnyModule } from "../modules/module.ts";

/** A condition as written: an expression text, a boolean, or a Template; with its place. */
export interface Condition {
  readonly value: Value;
  readonly origin: Origin;
}

/**
 * Keywords that plays, roles, blocks and tasks share. undefined: not set at this level; the nearest level that
 * sets one wins, except where noted. Values are as written, to be finished in the task's scope.
 */
export interface Keywords {
  /** All levels must hold; outer first. */
  readonly when: readonly Condition[];
  /** Union over levels. Texts or Templates. */
  readonly tags: readonly Value[];
  /** Inner wins by name. */
  readonly vars: ReadonlyMap<string, Value>;
  /** Merged, inner wins. */
  readonly environment: readonly Value[];
  /** Module name (or `group/NAME`) → parameters; merged, inner wins. */
  readonly moduleDefaults: readonly Value[];
  readonly become?: Value;
  readonly becomeUser?: Value;
  readonly becomeMethod?: Value;
  readonly becomeFlags?: Value;
  readonly becomeExe?: Value;
  readonly connection?: Value;
  readonly port?: Value;
  readonly remoteUser?: Value;
  readonly timeout?: Value;
  readonly ignoreErrors?: Value;
  readonly ignoreUnreachable?: Value;
  readonly anyErrorsFatal?: Value;
  readonly maxFailPercentage?: Value;
  readonly checkMode?: Value;
  readonly diff?: Value;
  readonly noLog?: Value;
  readonly runOnce?: Value;
  readonly throttle?: Value;
  readonly delegateTo?: Value;
  readonly delegateFacts?: Value;
}

/** What encloses a task: a block, an include, a role's use, or the play. Keywords are looked up along this chain. */
export interface Parent {
  readonly keywords: Keywords;
  /** undefined at the play. */
  readonly parent: Parent | undefined;
  /** The role whose files this is, if any (nearest). */
  readonly role?: Role;
  /** `notify:` on a block applies to all its tasks. */
  readonly notify?: readonly Value[];
}

export interface Task {
  readonly kind: "task";
  /** Unique in the process, stable for all hosts. */
  readonly id: string;
  readonly origin: Origin;
  readonly name: Value | undefined;
  readonly keywords: Keywords;
  readonly parent: Parent;
  /** As written (`apt`, `ansible.builtin.apt`), for messages. */
  readonly action: string;
  readonly module: AnyModule;
  /** Parameters by name; a free-form text is under the module's `freeForm` parameter, split as Ansible does. */
  readonly args: ReadonlyMap<string, Value>;
  /** `args: "{{ mapping }}"`, merged under `args`. */
  readonly argsTemplate?: Value;
  readonly argOrigins: ReadonlyMap<string, Origin>;
  readonly loop?: Loop;
  readonly until?: readonly Condition[];
  readonly retries?: Value;
  readonly delay?: Value;
  readonly changedWhen?: readonly Condition[];
  readonly failedWhen?: readonly Condition[];
  readonly register?: string;
  /** 2.19 `register: {name: expr}` projections. */
  readonly registerProjections?: ReadonlyMap<string, Condition>;
  readonly notify: readonly Value[];
  readonly async?: Value;
  readonly poll?: Value;
  /** Set on handlers. */
  readonly listen?: readonly Value[];
  readonly isHandler: boolean;
  /** Set on tasks that bring in others while the run goes on (include_tasks, include_role) and on meta. */
  readonly include?: Include;
  readonly meta?: Meta;
}

export interface Loop {
  /** `loop:` (a list) or the lookup of `with_NAME:`. */
  readonly lookup: string | undefined;
  readonly value: Value;
  readonly origin: Origin;
  readonly control: LoopControl;
}

export interface LoopControl {
  readonly loopVar: Value;
  readonly indexVar?: Value;
  readonly label?: Value;
  readonly pause?: Value;
  readonly extended?: Value;
  readonly extendedAllitems?: Value;
  readonly breakWhen?: readonly Condition[];
}

export type Include =
  | { readonly kind: "tasks"; readonly file: Value; readonly apply?: ApplyKeywords }
  | {
      readonly kind: "role";
      readonly name: Value;
      readonly tasksFrom?: Value;
      readonly varsFrom?: Value;
      readonly defaultsFrom?: Value;
      readonly handlersFrom?: Value;
      readonly isPublic?: Value;
      readonly allowDuplicates?: Value;
      readonly roleArgumentValidation?: Value;
      readonly apply?: ApplyKeywords;
    };

/** `apply:` of an include: keywords that its tasks inherit. */
export type ApplyKeywords = Keywords;

export type MetaAction =
  | "noop"
  | "flush_handlers"
  | "refresh_inventory"
  | "clear_facts"
  | "clear_host_errors"
  | "end_play"
  | "end_host"
  | "end_batch"
  | "end_role"
  | "reset_connection"
  | "role_complete";
export interface Meta {
  readonly action: MetaAction;
}

export interface Block extends Parent {
  readonly kind: "block";
  readonly id: string;
  readonly origin: Origin;
  readonly name: Value | undefined;
  readonly keywords: Keywords;
  readonly parent: Parent;
  readonly block: readonly PlayNode[];
  readonly rescue: readonly PlayNode[];
  readonly always: readonly PlayNode[];
  /** Set on the block that holds a role's tasks: skipped for hosts that ran the same role already. */
  readonly roleUse?: RoleUse;
}

export type PlayNode = Task | Block;

/** A role as loaded from its folder. One object per (role, *_from) choice, shared by all its uses. */
export interface Role {
  readonly name: string;
  readonly path: string;
  readonly defaults: ReadonlyMap<string, Value>;
  readonly vars: ReadonlyMap<string, Value>;
  /** From meta/main.yml. */
  readonly allowDuplicates: boolean;
  readonly dependencies: readonly RoleReference[];
  /** `argument_specs` by entry point (`main` …), as loaded; validated before the role's first task. */
  readonly argumentSpecs: ReadonlyMap<string, ValueMap>;
}

export interface RoleReference {
  readonly name: Value;
  readonly origin: Origin;
  readonly keywords: Keywords;
  /** Other keys: role parameters. */
  readonly params: ReadonlyMap<string, Value>;
}

/** One use of a role: by `roles:`, as a dependency, by import_role or include_role. */
export interface RoleUse {
  readonly role: Role;
  /** Role params (precedence level 20) and, with include_role, its own vars come through keywords. */
  readonly params: ReadonlyMap<string, Value>;
  /** Same key = same role with same parameters: runs once a host unless duplicates are allowed. */
  readonly key: string;
  readonly allowDuplicates: boolean;
  /** Defaults and vars are visible to the rest of the play: true for `roles:` and import_role, `public` for include_role. */
  readonly isPublic: boolean;
  /** Uses that this one depends on itself, run before it, in order; theirs are in them. */
  readonly dependencies: readonly RoleUse[];
  /** The chain of roles that led here by dependency or include, outermost first: `ansible_parent_role_names`. */
  readonly parents: readonly string[];
  readonly handlers: readonly Task[];
}

export interface Play extends Parent {
  readonly id: string;
  readonly origin: Origin;
  readonly name: Value | undefined;
  readonly hosts: Value;
  readonly keywords: Keywords;
  readonly parent: undefined;
  readonly gatherFacts: Value | undefined;
  readonly gatherSubset?: Value;
  readonly gatherTimeout?: Value;
  readonly factPath?: Value;
  readonly strategy: Value | undefined;
  readonly serial: Value | undefined;
  readonly order: Value | undefined;
  readonly forceHandlers: Value | undefined;
  readonly varsFiles: readonly Value[];
  readonly varsPrompt: readonly VarsPrompt[];
  /** Roles used by `roles:` and import_role, in order; those they depend on are in their `dependencies`. */
  readonly roles: readonly RoleUse[];
  /** pre_tasks, flush, roles, tasks, flush, post_tasks, flush: already in this order, flushes as meta tasks. */
  readonly body: readonly Block[];
  /** The play's own handlers and those of its roles, in the order in which they run. */
  readonly handlers: readonly Task[];
  /** The file the play stands in: its folder is `playbook_dir` for it. */
  readonly file: string;
}

export interface VarsPrompt {
  readonly name: string;
  readonly prompt?: Value;
  readonly default?: Value;
  readonly private: boolean;
  readonly confirm: boolean;
  readonly encrypt?: string;
  readonly salt?: string;
  readonly saltSize?: number;
  readonly unsafe: boolean;
  readonly origin: Origin;
}

export interface Playbook {
  readonly file: string;
  readonly plays: readonly Play[];
}

/** Loads playbooks and what they bring in while they run. Made by playbook/loader.ts; caches files. */
export interface PlaybookLoader {
  /** All problems of all files at once (Failures). import_playbook resolved in place; `vars` and `when` on it become the plays'. */
  playbook(file: string): Playbook;
  /** A task file for include_tasks: its tasks in one block below `parent`. */
  tasksFile(file: string, parent: Parent, options: { readonly isHandler: boolean }): Block;
  /** A role for include_role, with its dependencies, below `parent`. */
  role(name: string, options: RoleOptions, parent: Parent): { readonly use: RoleUse; readonly block: Block };
  /** A vars file as a map with Templates in it. */
  varsFile(file: string): ReadonlyMap<string, Value>;
  /** Problems that are no errors, in the order found; each told once. */
  readonly warnings: readonly Problem[];
}

export interface RoleOptions {
  readonly params: ReadonlyMap<string, Value>;
  readonly keywords: Keywords;
  readonly tasksFrom?: string;
  readonly varsFrom?: string;
  readonly defaultsFrom?: string;
  readonly handlersFrom?: string;
  readonly isPublic: boolean;
  readonly allowDuplicates: boolean;
  /** Check the role's arguments against its spec (default yes): `rolespec_validate`. */
  readonly validate?: boolean;
  readonly origin: Origin;
  /** Where the including file is, for the role search path. */
  readonly basedir: string;
}
