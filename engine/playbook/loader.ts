// Loads playbooks, and the files of tasks, roles and variables that they bring in while they run.

import { resolve } from "node:path";
import { fail, type Origin, type Problem } from "../core/problem.ts";
import { byRules } from "../core/warning-rules.ts";
import { NO_KEYWORDS } from "./keyword-values.ts";
import type { Block, PlaybookLoader, PlayNode, RoleOptions } from "./model.ts";
import type { Loading, PlaybookLoaderOptions, Surroundings } from "./options.ts";
import { parentsOf } from "./parents.ts";
import { readPlaybook } from "./playbook.ts";
import { ProblemList } from "./problem-list.ts";
import { ProjectFiles } from "./project-files.ts";
import { RoleLibrary } from "./role-library.ts";
import { useRole } from "./role-use.ts";
import { readNodes } from "./task-list.ts";

/** Most parents of what a dynamic include brings in; each include adds at least two. */
const DEEPEST = 200;

export type { PlaybookLoaderOptions } from "./options.ts";

/** A loader; files and roles are read once in its life. */
export function createPlaybookLoader(options: PlaybookLoaderOptions): PlaybookLoader {
  const warnings: Problem[] = [];
  const told = new Set<string>();
  const newList = () => new ProblemList(warnings, told, options.onWarning);
  const files = new ProjectFiles(
    options.readFile,
    byRules(options.warningRules ?? {}, (problem) => newList().warn(problem)),
  );
  const roles = new RoleLibrary(files);
  let count = 0;
  const nextId: Loading["nextId"] = (kind) => {
    count += 1;
    return `${kind}-${count}`;
  };
  /** Loads something with problems of its own, told together at its end. */
  function load<T>(read: (loading: Loading) => T): T {
    const problems = newList();
    const loaded = problems.attempt(() => read({ options, files, roles, nextId, problems }));
    problems.settle();
    // attempt gives nothing only when it has added a problem, and then settle has thrown.
    return loaded as T;
  }
  const around = (loading: Loading, parent: Surroundings["parent"], isHandler: boolean): Surroundings => ({
    loading,
    parent,
    trail: [],
    isHandler,
    collected: { roles: [], handlers: [] },
    readNodes,
  });
  return {
    warnings,
    playbook: (file) => {
      const path = resolve(file);
      return load((loading) => ({ file: path, plays: readPlaybook(path, loading) }));
    },
    tasksFile: (file, parent, { isHandler }) =>
      load((loading) => {
        checkDepth(parent);
        const path = resolve(file);
        const nodes: PlayNode[] = [];
        const block = wrapper({ file: path, line: 1, column: 1 }, parent, nodes, loading);
        nodes.push(...readNodes(files.root(path), around(loading, block, isHandler), "a file of tasks"));
        return block;
      }),
    role: (name, role, parent) =>
      load((loading) => {
        checkDepth(parent, role.origin);
        const used = useRole(requestFor(name, role), around(loading, parent, false));
        const [only, ...more] = used.blocks;
        const block = only && more.length === 0 ? only : wrapper(role.origin, parent, [...used.blocks], loading);
        return { use: used.use, block };
      }),
    varsFile: (file) => load(({ files: projectFiles }) => projectFiles.variables(resolve(file))),
  };
}

/** Dynamic includes may include themselves on purpose, with a condition that ends it; without one, this does. */
function checkDepth(parent: Surroundings["parent"], origin?: Origin): void {
  let depth = 0;
  for (const _ of parentsOf(parent)) depth += 1;
  if (depth > DEEPEST)
    fail("playbook-depth", `includes are nested more than ${DEEPEST / 2} deep`, {
      origin: origin ?? originOf(parent),
      hint: "does a file or role include itself without a condition that ends it?",
    });
}

function originOf(parent: Surroundings["parent"]): Origin | undefined {
  for (const level of parentsOf(parent)) {
    const { origin } = level as Partial<Block>;
    if (origin) return origin;
  }
  return undefined;
}

function requestFor(name: string, role: RoleOptions) {
  const { tasksFrom, varsFrom, defaultsFrom, handlersFrom } = role;
  return {
    name,
    origin: role.origin,
    keywords: role.keywords,
    params: role.params,
    from: {
      ...(tasksFrom === undefined ? {} : { tasksFrom }),
      ...(varsFrom === undefined ? {} : { varsFrom }),
      ...(defaultsFrom === undefined ? {} : { defaultsFrom }),
      ...(handlersFrom === undefined ? {} : { handlersFrom }),
    },
    isPublic: role.isPublic,
    allowDuplicates: role.allowDuplicates,
    validate: role.validate ?? true,
    basedir: role.basedir,
  };
}

/** A block without keywords around what was brought in. */
function wrapper(origin: Block["origin"], parent: Block["parent"], nodes: PlayNode[], loading: Loading): Block {
  return {
    kind: "block",
    id: loading.nextId("block"),
    origin,
    name: undefined,
    keywords: NO_KEYWORDS,
    parent,
    ...(parent.role ? { role: parent.role } : {}),
    block: nodes,
    rescue: [],
    always: [],
  };
}
