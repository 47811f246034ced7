// What the loader of playbooks needs from outside, and what its parts share while they load.

import type { Problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { WarningRules } from "../core/warning-rules.ts";
import type { AnyModule } from "../modules/module.ts";
import type { Node } from "../text/node.ts";
import type { Parent, PlayNode, RoleUse, Task } from "./model.ts";
import type { ProblemList } from "./problem-list.ts";
import type { ProjectFiles } from "./project-files.ts";
import type { RoleLibrary } from "./role-library.ts";
import type { Trail } from "./trail.ts";

export interface PlaybookLoaderOptions {
  /** Folders from the configuration (`roles_path`), absolute. */
  readonly rolesPath: readonly string[];
  /** The folder with package.json, ansible.cfg or .git nearest above the playbook. */
  readonly projectRoot: string;
  /** A module by any of its names, fully qualified ones among them. */
  readonly findModule: (name: string) => AnyModule | undefined;
  /** For suggestions. */
  readonly moduleNames: () => Iterable<string>;
  /** Lookups that `with_NAME` may use, for checks and suggestions; absent: all are accepted. */
  readonly lookupNames?: () => Iterable<string>;
  /** Reads a controller file, decrypted when it is vaulted. Default: as it is. */
  readonly readFile?: (path: string) => Buffer | string;
  /** What becomes of warnings; default: they are told. */
  readonly warningRules?: WarningRules;
  /** Told of each warning once, as it is found: also of files that the run brings in. */
  readonly onWarning?: (problem: Problem) => void;
  /** What can be told of parameters before the run (modules/params-check.ts); absent: nothing is checked. */
  readonly checkStatic?: (
    module: AnyModule,
    args: ReadonlyMap<string, Value>,
    options: { readonly incomplete: boolean },
  ) => readonly Problem[];
  /**
   * The text of a template that names a file or role of a static import, from extra vars and `vars` (the play's, blocks' and
   * roles' around it, highest first); undefined if these do not suffice.
   */
  readonly staticValue?: (value: Value, vars: readonly ReadonlyMap<string, Value>[]) => string | undefined;
}

/** What the parts of the loader share: `problems` is new for each call, the rest lives with the loader. */
export interface Loading {
  readonly options: PlaybookLoaderOptions;
  readonly files: ProjectFiles;
  readonly problems: ProblemList;
  readonly roles: RoleLibrary;
  /** The next id of a play, block or task. */
  readonly nextId: (kind: "play" | "block" | "task") => string;
}

/** Where a list of tasks stands. */
export interface Surroundings {
  readonly loading: Loading;
  readonly parent: Parent;
  readonly trail: Trail;
  readonly isHandler: boolean;
  /** What static imports of roles give to the play. */
  readonly collected: Collected;
  /** Reads a list of tasks (task-list.ts). Here, so that roles and lists of tasks can hold one another. */
  readonly readNodes: (list: Node | undefined, surroundings: Surroundings, what: string) => PlayNode[];
}

export interface Collected {
  readonly roles: RoleUse[];
  readonly handlers: Task[];
}
