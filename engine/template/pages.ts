// Template texts compiled and kept: variables' templates by their text, template files by text and settings.

import { isAbsolute, join } from "node:path";
import type { LexerOptions } from "nunjucks/src/lexer.js";
import { Failure, type Origin } from "../core/problem.ts";
import { Undecided, type Unknown } from "../core/unknown.ts";
import type { Value } from "../core/value.ts";
import type { RenderSettings, TemplateEnvironment } from "./engine.ts";
import { runPage } from "./evaluate/blocks.ts";
import type { Compiled } from "./evaluate/compiled.ts";
import { compile } from "./evaluate/expressions.ts";
import type { Frame, Machine, Page, Run } from "./evaluate/frame.ts";
import { joined } from "./evaluate/output.ts";
import { compileTemplate } from "./evaluate/statements.ts";
import { withoutHeader } from "./header.ts";
import type { Scope } from "./scope.ts";
import { parseExpression, parseTemplate } from "./syntax/parse.ts";
import { originAt } from "./syntax/place.ts";

/** Entries kept before the oldest go; a large project has some thousand texts. */
const MOST_KEPT = 5000;

/** A Map that forgets its oldest entries. */
class Kept<T> {
  readonly #entries = new Map<string, T>();
  get(key: string, make: () => T): T {
    const found = this.#entries.get(key);
    if (found !== undefined) return found;
    const made = make();
    if (this.#entries.size >= MOST_KEPT) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(key, made);
    return made;
  }
}

export class Pages {
  readonly #environment: TemplateEnvironment;
  readonly #natives = new Kept<Compiled>();
  readonly #expressions = new Kept<Run>();
  readonly #files = new Kept<Compiled>();

  constructor(environment: TemplateEnvironment) {
    this.#environment = environment;
  }

  /** A value's template, as Ansible reads it: `trim_blocks` on, backslashes in literals as they are. */
  native(text: string, origin: Origin | undefined): Compiled {
    return this.#natives.get(text, () =>
      compileTemplate(parseTemplate(prepared(text), { trimBlocks: true, rawText: true }, origin)),
    );
  }

  expression(text: string, origin: Origin | undefined): Run {
    return this.#expressions.get(text, () => compile(parseExpression(text, origin)));
  }

  #page(text: string, settings: RenderSettings, line = 1): Compiled {
    const key = JSON.stringify([text, lexing(settings)]);
    const origin = settings.file === undefined ? undefined : { file: settings.file, line, column: 1 };
    return this.#files.get(key, () => compileTemplate(parseTemplate(text, lexing(settings), origin)));
  }

  render(source: string, scope: Scope, given: RenderSettings, machine: Machine): string | Unknown {
    const { text, settings, firstLine } = withoutHeader(prepared(source), given);
    const root: Frame & { page: Page | undefined } = {
      machine,
      scope,
      parent: undefined,
      locals: undefined,
      page: undefined,
    };
    root.page = { settings, blocks: new Map(), parent: undefined, root };
    try {
      const out: Value[] = [];
      runPage(this.#page(text, settings, firstLine), root, out);
      const rendered = joined(out, root);
      const keeps = settings.keepTrailingNewline !== false;
      const made = typeof rendered === "string" && keeps ? withNewlines(rendered, source) : rendered;
      const sequence = settings.newlineSequence;
      if (typeof made !== "string" || sequence === undefined || sequence === "\n") return made;
      return made.replace(/\n/g, () => sequence);
    } catch (error) {
      if (error instanceof Undecided) return error.unknown;
      if (error instanceof Failure && !error.problem.origin && settings.file !== undefined) {
        const origin = originAt({ file: settings.file, line: firstLine, column: 1 }, machine.place);
        throw new Failure({ ...error.problem, origin }, { cause: error });
      }
      throw error;
    }
  }

  /** A template file by name: beside the file that asks, then along the search path. */
  load(name: string, frame: Frame): { readonly compiled: Compiled; readonly file: string } | undefined {
    const settings = frame.page?.settings ?? { trimBlocks: true };
    const folders = settings.searchPath ?? this.#environment.searchPath(frame.scope, "templates");
    const files = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
    for (const file of files) {
      let text: string;
      try {
        text = this.#environment.readFile(file).toString("utf8");
      } catch (error) {
        if (isMissing(error)) continue;
        throw error;
      }
      return { compiled: this.#page(prepared(text), { ...settings, file }), file };
    }
    return undefined;
  }
}

/** Whether reading failed because there is no such file. */
function isMissing(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return true;
  return error instanceof Failure && /not-found|missing/.test(error.problem.code);
}

/** As Jinja reads it: line ends made one kind, and one newline at the end taken off. */
function prepared(source: string): string {
  return source.replace(/\r\n?/g, "\n").replace(/\n$/, "");
}

/** The text with as many newlines at its end as the template's source has: Ansible gives back what Jinja took. */
export function withNewlines(made: string, source: string): string {
  if (!source.endsWith("\n")) return made;
  const missing = newlinesAtEnd(source) - newlinesAtEnd(made);
  return missing > 0 ? made + "\n".repeat(missing) : made;
}

function newlinesAtEnd(text: string): number {
  let count = 0;
  while (text[text.length - 1 - count] === "\n") count += 1;
  return count;
}

function lexing(settings: RenderSettings): LexerOptions {
  const { trimBlocks, lstripBlocks, blockStart, blockEnd, variableStart, variableEnd, commentStart, commentEnd } =
    settings;
  return {
    trimBlocks: trimBlocks ?? true,
    lstripBlocks: lstripBlocks ?? false,
    tags: {
      ...(blockStart && { blockStart }),
      ...(blockEnd && { blockEnd }),
      ...(variableStart && { variableStart }),
      ...(variableEnd && { variableEnd }),
      ...(commentStart && { commentStart }),
      ...(commentEnd && { commentEnd }),
    },
  };
}
