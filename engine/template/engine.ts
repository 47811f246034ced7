// The door to templates: what the rest of the engine may ask of them. The implementation is made by
// `createTemplateEngine` (environment.ts). Everything is synchronous: parsing is cached by text, and
// lookups that need a process or the network block on it.

import type { Origin, Problem } from "../core/problem.ts";
import type { Unknown } from "../core/unknown.ts";
import type { Data, OMIT, Value } from "../core/value.ts";
import type { Scope } from "./scope.ts";

/** How a text is taken for a template: its marks, and the blanks around blocks. */
export interface TemplateMarks {
  readonly trimBlocks?: boolean;
  readonly lstripBlocks?: boolean;
  readonly blockStart?: string;
  readonly blockEnd?: string;
  readonly variableStart?: string;
  readonly variableEnd?: string;
  readonly commentStart?: string;
  readonly commentEnd?: string;
}

/** Options of the `template` module and of a `#jinja2:` header line. */
export interface RenderSettings extends TemplateMarks {
  readonly keepTrailingNewline?: boolean;
  readonly newlineSequence?: string;
  /** File of the text, for positions, and the folders where include, import and extends look. */
  readonly file?: string;
  readonly searchPath?: readonly string[];
}

export interface TemplateEngine {
  /**
   * The value with its outermost template evaluated: a Template gives its native value, VaultText its plain text,
   * containers come back as they are (lazy inside). Undefined and Unknown are returned, not thrown.
   */
  resolve(value: Value, scope: Scope): Value;
  /**
   * Everything evaluated, nothing lazy left. OMIT stays only at the top (callers drop such parameters; inside
   * lists and maps the entry is dropped). Throws Failure `template-undefined` where an Undefined would be used.
   */
  finish(value: Value, scope: Scope): Data | typeof OMIT;
  /** One expression without braces, as in `when:` or `debug: var=`. */
  expression(text: string, scope: Scope, origin?: Origin): Value;
  /**
   * A condition: a boolean, an expression text, or a Template. Values that are not boolean are accepted by truth
   * with a warning (`conditional-not-boolean`). Throws Failure on errors, `template-undefined` included.
   */
  condition(condition: Value, scope: Scope, origin?: Origin): boolean | Unknown;
  /** A template file's text (module `template`, lookup `template`). Unknown if any part that matters is. */
  render(text: string, scope: Scope, settings: RenderSettings): string | Unknown;
  /** Runs a lookup plugin by name with finished terms, as `with_NAME` does. */
  lookup(name: string, terms: Data, options: ReadonlyMap<string, Data>, scope: Scope): Data[] | Unknown;
  hasLookup(name: string): boolean;
  /** For `tsplay doc` and lint. */
  readonly names: {
    readonly filters: readonly string[];
    readonly tests: readonly string[];
    readonly lookups: readonly string[];
  };
}

/** What the engine needs from outside, so that it has no global state. */
export interface TemplateEnvironment {
  readonly warn: (problem: Problem) => void;
  /** Decrypts `!vault` text; throws Failure `vault-…`. Default: a failure that says no password was given. */
  readonly decrypt?: (ciphertext: string, origin: Origin | undefined) => string;
  /** A text from a trusted file as a value: Template if it has marks, else plain (text/templates.ts). */
  readonly trust?: (text: string, origin: Origin | undefined) => Value;
  /** Environment of the controller's process, for the lookup `env` and child processes of `pipe`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where lookups (`file`, `template`, `fileglob`, `first_found` …) search, best first. */
  readonly searchPath: (scope: Scope, kind: "files" | "templates" | "vars") => readonly string[];
  /** Reads a controller file for lookups, vault-decrypted. */
  readonly readFile: (path: string) => Buffer;
  readonly now: () => Date;
  readonly random: () => number;
  /** More filters, tests and lookups (a project's own plugins). */
  readonly plugins?: {
    readonly filters?: Readonly<Record<string, (...args: unknown[]) => unknown>>;
    readonly tests?: Readonly<Record<string, (...args: unknown[]) => boolean>>;
    readonly lookups?: Readonly<
      Record<string, (terms: unknown[], options: Readonly<Record<string, unknown>>) => unknown[]>
    >;
  };
  readonly limits?: { readonly steps?: number; readonly depth?: number; readonly output?: number };
}
