// What include_tasks and include_role bring in while a play runs. Hosts that include the same thing with the same
// item share the blocks, so that they stay in step.

import { existsSync } from "node:fs";
import { Failure, problemOf } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { roleUsesIn } from "../playbook/inherit.ts";
import { NO_KEYWORDS } from "../playbook/keyword-values.ts";
import type { Block, Keywords, Parent, PlayNode, Task } from "../playbook/model.ts";
import { tasksFileCandidates } from "../playbook/search-folders.ts";
import type { Evaluation } from "./evaluate.ts";
import type { IncludeRequest } from "./execute.ts";
import type { PlayState } from "./play-state.ts";
import { includeParent } from "./static-layers.ts";

/** One thing included, shared by hosts. */
interface Entry {
  readonly key: string;
  readonly block: Block;
  /** As events tell it: the file's path or the role's name. */
  readonly title: string;
}

/** What a host got from an include. */
export interface Included {
  /** All hosts' blocks so far; grows. */
  readonly nodes: readonly PlayNode[];
  readonly only: ReadonlySet<PlayNode>;
  readonly titles: readonly { readonly title: string; readonly label: string | undefined }[];
}

export class Includes {
  readonly #state: PlayState;
  readonly #handlersOf = new Set<string>();
  readonly #entries = new WeakMap<Task, { readonly entries: Entry[]; readonly nodes: PlayNode[] }>();

  constructor(state: PlayState) {
    this.#state = state;
  }

  /** Resolves a host's includes in order. Throws Failure if a file or role cannot be loaded. */
  resolve(task: Task, host: string, requests: readonly IncludeRequest[]): Included {
    let known = this.#entries.get(task);
    if (!known) {
      known = { entries: [], nodes: [] };
      this.#entries.set(task, known);
    }
    const only = new Set<PlayNode>();
    const titles: { title: string; label: string | undefined }[] = [];
    let last = -1;
    for (const request of requests) {
      const scope = this.#state.scope(host, task, request.names);
      const wanted = this.#wanted(task, this.#state.evaluation(scope), request.names);
      let index = known.entries.findIndex(({ key }, position) => position > last && key === wanted.key);
      if (index < 0) {
        const block = wanted.load();
        index = known.entries.length;
        known.entries.push({ key: wanted.key, block, title: wanted.title });
        known.nodes.push(block);
      }
      last = index;
      const entry = known.entries[index];
      if (!entry) continue;
      only.add(entry.block);
      titles.push({ title: entry.title, label: request.label });
    }
    return { nodes: known.nodes, only, titles };
  }

  #wanted(
    task: Task,
    evaluation: Evaluation,
    names: ReadonlyMap<string, Value>,
  ): { readonly key: string; readonly title: string; load(): Block } {
    const { include } = task;
    if (!include) throw new Error("only includes include");
    const parent = this.#parent(task, include.apply, names);
    const itemKey = JSON.stringify([...names].map(([name, value]) => [name, keyOf(value)]));
    if (include.kind === "tasks") {
      const name = evaluation.text(include.file);
      if (name === undefined || name === "")
        throw new Failure({
          code: "include-file",
          message: "No file specified for ansible.builtin.include_tasks",
          origin: task.origin,
        });
      const candidates = tasksFileCandidates(name, task.origin.file, task.parent);
      const file = candidates.find((candidate) => existsSync(candidate));
      if (file === undefined)
        throw new Failure({
          code: "file-not-found",
          message: `Could not find or access '${name}'`,
          origin: task.origin,
          hint: `searched in:\n${candidates.map((candidate) => `  ${candidate}`).join("\n")}`,
        });
      return {
        key: `${file} ${itemKey}`,
        title: file,
        load: () =>
          this.#loading(task, () => this.#state.context.loader.tasksFile(file, parent, { isHandler: task.isHandler })),
      };
    }
    const name = evaluation.text(include.name) ?? "";
    const text = (value: Value | undefined): string | undefined => evaluation.text(value);
    const from = {
      tasksFrom: text(include.tasksFrom),
      varsFrom: text(include.varsFrom),
      defaultsFrom: text(include.defaultsFrom),
      handlersFrom: text(include.handlersFrom),
    };
    return {
      key: `${name} ${JSON.stringify(from)} ${itemKey}`,
      title: name,
      load: () => this.#loading(task, () => this.#loadRole(task, name, from, evaluation, parent)),
    };
  }

  #loadRole(
    task: Task,
    name: string,
    from: Readonly<Record<"tasksFrom" | "varsFrom" | "defaultsFrom" | "handlersFrom", string | undefined>>,
    evaluation: Evaluation,
    parent: Parent,
  ): Block {
    const { include } = task;
    if (include?.kind !== "role") throw new Error("not an include_role");
    const isPublic = evaluation.boolean(include.isPublic, "public", task.origin) ?? false;
    const { use, block } = this.#state.context.loader.role(
      name,
      {
        params: new Map(),
        keywords: NO_KEYWORDS,
        ...Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)),
        isPublic,
        validate: evaluation.boolean(include.roleArgumentValidation, "rolespec_validate", task.origin) ?? true,
        allowDuplicates: evaluation.boolean(include.allowDuplicates, "allow_duplicates", task.origin) ?? true,
        origin: task.origin,
        basedir: task.origin.file.replace(/\/[^/]*$/, ""),
      },
      parent,
    );
    if (isPublic) this.#state.publicRoles.push(use);
    // Handlers of all roles that came in, those of dependencies and of static imports inside among them.
    // A role that came in before, used in the same way, has brought its handlers already.
    for (const { key, handlers } of roleUsesIn([block])) {
      const way = `${key} ${from.handlersFrom ?? ""}`;
      if (this.#handlersOf.has(way)) continue;
      this.#handlersOf.add(way);
      for (const handler of handlers) if (!this.#state.handlers.includes(handler)) this.#state.handlers.push(handler);
    }
    return block;
  }

  /** What the included tasks inherit: the include's vars, the loop item, `apply`, and what encloses the include. */
  #parent(task: Task, apply: Keywords | undefined, names: ReadonlyMap<string, Value>): Parent {
    const base = apply ?? NO_KEYWORDS;
    return includeParent({
      keywords: { ...base, vars: new Map([...base.vars, ...task.keywords.vars, ...names]) },
      parent: task.parent,
    });
  }

  #loading(task: Task, load: () => Block): Block {
    try {
      return load();
    } catch (error) {
      const problem = problemOf(error);
      if (!(error instanceof Failure)) throw error;
      throw new Failure(
        { ...problem, related: [...(problem.related ?? []), { message: "included here", origin: task.origin }] },
        { cause: error },
      );
    }
  }
}

/** Tells items apart; values of equal content are equal. */
function keyOf(value: Value): unknown {
  if (value instanceof Map) return [...value].map(([key, item]) => [keyOf(key), keyOf(item)]);
  if (Array.isArray(value)) return value.map(keyOf);
  return typeof value === "bigint" ? `${value}n` : value;
}
