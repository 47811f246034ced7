// What the tasks of one play share: its variables, the hosts in it, the scopes of its tasks.

import { dirname } from "node:path";
import type { TaskInfo } from "../core/event.ts";
import type { Problem } from "../core/problem.ts";
import { Template, Undefined, type Value } from "../core/value.ts";
import { roleOf, rolesOf } from "../playbook/inherit.ts";
import type { Play, RoleUse, Task } from "../playbook/model.ts";
import type { Scope } from "../template/scope.ts";
import { combineInto } from "../vars/combine.ts";
import { HostVars, hostMagic, type MagicTable, magicLayer, ScopeMap } from "../vars/magic.ts";
import { composeScope, type LayeredScope, NO_STATIC_LAYERS, type StaticLayers } from "../vars/scope.ts";
import { type RunContext, warnOnce } from "./context.ts";
import { Evaluation } from "./evaluate.ts";
import type { HostRun } from "./host-run.ts";
import { roleUseOf, staticLayers } from "./static-layers.ts";

/** The hosts of a play, batches together: all that its pattern matched, and those that were left when it started. */
export interface PlayHosts {
  readonly matched: readonly string[];
  readonly left: readonly string[];
}

export class PlayState {
  readonly context: RunContext;
  readonly play: Play;
  readonly hosts: PlayHosts;
  /** Hosts of the current batch. */
  readonly batch: ReadonlyMap<string, HostRun>;
  readonly promptVars: ReadonlyMap<string, Value>;
  readonly publicRoles: RoleUse[];
  /** Handlers of the play and of roles that were included while it ran. */
  readonly handlers: Task[];
  /** Grows when a host drops out: lists such as ansible_play_hosts change. */
  membership = 0;
  readonly #layers = new WeakMap<Task, { readonly roles: number; readonly layers: StaticLayers }>();
  readonly #magic = new Map<string, MagicTable>();
  readonly #varsFiles = new Map<string, { readonly version: number; readonly values: ReadonlyMap<string, Value> }>();
  readonly #warned: Set<string>;
  /** Every host's variables, as they are now. */
  readonly hostVars: HostVars;

  constructor(
    context: RunContext,
    play: Play,
    hosts: PlayHosts,
    batch: ReadonlyMap<string, HostRun>,
    promptVars: ReadonlyMap<string, Value>,
    warned: Set<string>,
  ) {
    this.context = context;
    this.play = play;
    this.hosts = hosts;
    this.batch = batch;
    this.promptVars = promptVars;
    this.publicRoles = context.privateRoleVars ? [] : play.roles.filter(({ isPublic }) => isPublic);
    this.handlers = [...play.handlers];
    this.#warned = warned;
    this.hostVars = new HostVars(
      context.inventory,
      (host) => this.#hostVarsScope(host),
      (value, scope) => {
        try {
          return context.engine.finish(value, scope) as Value;
        } catch (error) {
          return new Undefined(error instanceof Error ? error.message : String(error));
        }
      },
    );
  }

  /** The variables that `task` sees on `host`; `front` in front of all (loop variables, registered names). */
  scope(host: string, task: Task | undefined, front?: ReadonlyMap<string, Value>): LayeredScope {
    const variables = this.context.store.host(host);
    const scope: LayeredScope = composeScope({
      ...(front ? { front } : {}),
      magic: magicLayer(
        this.#taskMagic(task, () => scope),
        this.#hostMagic(host),
        this.context.runMagic,
      ),
      extraVars: this.context.store.extraVars,
      combine: this.context.store.combine,
      host: variables,
      enclosing: this.#staticLayers(host, task),
    });
    return scope;
  }

  /** What `hostvars` shows of a host: nothing of the play, as in Ansible. */
  #hostVarsScope(host: string): LayeredScope {
    const { context } = this;
    const names: MagicTable = {
      ...hostMagic(context.inventory, host),
      ansible_facts: () => context.store.host(host).facts,
      playbook_dir: () => dirname(this.play.file),
    };
    return composeScope({
      magic: magicLayer(names, context.runMagic),
      extraVars: context.store.extraVars,
      combine: context.store.combine,
      host: context.store.host(host),
      enclosing: NO_STATIC_LAYERS,
    });
  }

  evaluation(scope: Scope): Evaluation {
    return new Evaluation(this.context.engine, scope);
  }

  warn(problem: Problem, host?: string): void {
    warnOnce(this.context, this.#warned, problem, host);
  }

  /** A task as events name it. */
  info(task: Task, name: string): TaskInfo {
    return {
      id: task.id,
      name,
      action: task.action,
      kind: task.meta ? "meta" : task.include ? "include" : task.isHandler ? "handler" : "task",
      origin: task.origin,
      tags: task.keywords.tags.filter((tag): tag is string => typeof tag === "string"),
    };
  }

  /** `role : name` as banners show it, evaluated as far as the host's variables allow. */
  taskName(host: string, task: Task): string {
    const role = roleOf(task);
    const prefix = role ? `${role.name} : ` : "";
    if (task.name === undefined) return `${prefix}${task.action}`;
    if (typeof task.name === "string") return prefix + task.name;
    try {
      return prefix + (this.evaluation(this.scope(host, task)).text(task.name) ?? task.action);
    } catch {
      // A name is for people: one that cannot be evaluated is shown as written.
      return prefix + (task.name instanceof Template ? task.name.text : task.action);
    }
  }

  #staticLayers(host: string, task: Task | undefined): StaticLayers {
    const varsFiles = this.#varsFilesOf(host);
    const cached = task && this.#layers.get(task);
    const base =
      cached && cached.roles === this.publicRoles.length
        ? cached.layers
        : staticLayers(
            this.play,
            { promptVars: this.promptVars, varsFiles: new Map(), publicRoles: this.publicRoles },
            task,
          );
    if (task && base !== cached?.layers) this.#layers.set(task, { roles: this.publicRoles.length, layers: base });
    return varsFiles.size === 0 ? base : { ...base, varsFiles };
  }

  /** `vars_files` may name files by the host's variables: found anew when those changed. */
  #varsFilesOf(host: string): ReadonlyMap<string, Value> {
    if (this.play.varsFiles.length === 0) return NONE;
    const { version } = this.context.store.host(host);
    const cached = this.#varsFiles.get(host);
    if (cached?.version === version) return cached.values;
    // While the names are evaluated the files themselves are not seen.
    this.#varsFiles.set(host, { version, values: cached?.values ?? NONE });
    const values = new Map<string, Value>();
    const evaluation = this.evaluation(this.scope(host, undefined));
    for (const entry of this.play.varsFiles)
      combineInto(values, this.#firstVarsFile(entry, evaluation), this.context.store.combine);
    this.#varsFiles.set(host, { version, values });
    return values;
  }

  /** The entry's file, or of a list the first that exists. A name that needs facts not there yet is passed over. */
  #firstVarsFile(entry: Value, evaluation: Evaluation): ReadonlyMap<string, Value> {
    const candidates: readonly Value[] = Array.isArray(entry) ? entry : [entry];
    let missing: unknown;
    for (const candidate of candidates) {
      let file: string | undefined;
      try {
        file = evaluation.text(candidate);
      } catch {
        continue;
      }
      if (file === undefined) continue;
      try {
        return this.context.loader.varsFile(resolveBeside(this.play.file, file));
      } catch (error) {
        if ((error as { problem?: Problem }).problem?.code !== "file-not-found") throw error;
        missing = error;
      }
    }
    if (missing !== undefined) throw missing;
    return NONE;
  }

  #hostMagic(host: string): MagicTable {
    let table = this.#magic.get(host);
    if (!table) {
      const names = (filter: (run: HostRun) => boolean) => (): Value =>
        [...this.batch.values()].filter(filter).map(({ name }) => name);
      const failedElsewhere = (name: string): boolean => this.batch.get(name)?.active ?? true;
      table = {
        ...hostMagic(this.context.inventory, host),
        hostvars: () => this.hostVars,
        ansible_facts: () => this.context.store.host(host).facts,
        ansible_play_hosts: () => this.hosts.left.filter(failedElsewhere),
        play_hosts: () => this.hosts.left.filter(failedElsewhere),
        ansible_play_hosts_all: () => [...this.hosts.matched],
        ansible_play_batch: names((run) => run.active),
        ansible_play_name: () => this.play.name ?? this.play.hosts,
        playbook_dir: () => this.play.file.replace(/\/[^/]*$/, ""),
        role_names: () => this.play.roles.map(({ role }) => role.name),
        ansible_play_role_names: () => this.play.roles.map(({ role }) => role.name),
        ansible_role_names: () => this.play.roles.map(({ role }) => role.name),
        ansible_dependent_role_names: () =>
          this.play.roles.flatMap(({ dependencies }) => dependencies.map(({ role }) => role.name)),
      };
      this.#magic.set(host, table);
    }
    return table;
  }

  /** Folders in which lookups and modules look: roles (nearest first), the task's own file, the play's. */
  #searchPath(task: Task | undefined): string[] {
    const own = task ? [dirname(task.origin.file)] : [];
    const roles = task ? rolesOf(task).map(({ path }) => path) : [];
    return [...new Set([...roles, ...own, dirname(this.play.file)])];
  }

  #taskMagic(task: Task | undefined, scope: () => Scope): MagicTable {
    const vars = (): Value => new ScopeMap(scope, (value, within) => this.context.engine.resolve(value, within));
    const searchPath = (): Value => this.#searchPath(task);
    const role = task && roleOf(task);
    if (!role) return { vars, ansible_search_path: searchPath };
    return {
      vars,
      ansible_search_path: searchPath,
      role_name: () => role.name,
      ansible_role_name: () => role.name,
      role_path: () => role.path,
      ansible_parent_role_names: () => [...(roleUseOf(task)?.parents ?? [])],
    };
  }
}

const NONE: ReadonlyMap<string, Value> = new Map();

function resolveBeside(file: string, name: string): string {
  return name.startsWith("/") ? name : `${file.replace(/\/[^/]*$/, "")}/${name}`;
}
