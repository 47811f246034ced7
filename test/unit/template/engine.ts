// An engine for tests, with its warnings and its files in memory.

import type { Problem } from "../../../engine/core/problem.ts";
import { problemOf } from "../../../engine/core/problem.ts";
import { type Data, Template, type Value } from "../../../engine/core/value.ts";
import type { TemplateEngine, TemplateEnvironment } from "../../../engine/template/engine.ts";
import { createTemplateEngine } from "../../../engine/template/environment.ts";
import type { Scope } from "../../../engine/template/scope.ts";
import { trust } from "../../../engine/text/templates.ts";

export interface Bench {
  readonly engine: TemplateEngine;
  readonly warnings: Problem[];
  /** The finished value of a template over variables. */
  finish(text: string, variables?: Readonly<Record<string, Value>>): Data | symbol;
  /** The problem that a template over variables has. */
  problem(text: string, variables?: Readonly<Record<string, Value>>): Problem;
}

export function scopeOf(variables: Readonly<Record<string, Value>> = {}): Scope {
  const map = new Map(Object.entries(variables));
  return { get: (name) => map.get(name), names: () => map.keys() };
}

export function bench(more: Partial<TemplateEnvironment> = {}, files: Readonly<Record<string, string>> = {}): Bench {
  const warnings: Problem[] = [];
  const engine = createTemplateEngine({
    warn: (problem) => warnings.push(problem),
    env: { HOME: "/home/someone" },
    trust,
    searchPath: () => ["/project"],
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: "ENOENT" });
      return Buffer.from(text);
    },
    now: () => new Date(0),
    random: () => 0.5,
    ...more,
  });
  const origin = { file: "play.yml", line: 10, column: 5 };
  const finish: Bench["finish"] = (text, variables) => engine.finish(new Template(text, origin), scopeOf(variables));
  return {
    engine,
    warnings,
    finish,
    problem: (text, variables) => {
      try {
        finish(text, variables);
      } catch (error) {
        return problemOf(error);
      }
      throw new Error(`'${text}' is not an error`);
    },
  };
}
