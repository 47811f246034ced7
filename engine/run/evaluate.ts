// Finished, typed values of keywords and variables in a scope: text, boolean, number, list. Conversions are Ansible's.

import { fail, type Origin } from "../core/problem.ts";
import { isUnknown, Undecided } from "../core/unknown.ts";
import { type Data, Float, OMIT, type Plain, toPlain, type Value } from "../core/value.ts";
import type { TemplateEngine } from "../template/engine.ts";
import type { Scope } from "../template/scope.ts";

const TRUE = new Set(["yes", "on", "1", "true", "t", "y"]);
const FALSE = new Set(["no", "off", "0", "false", "f", "n"]);

/** A scope with the engine that evaluates in it. Unknown values throw Undecided: callers that can bear them use `data`. */
export class Evaluation {
  readonly engine: TemplateEngine;
  readonly scope: Scope;
  constructor(engine: TemplateEngine, scope: Scope) {
    this.engine = engine;
    this.scope = scope;
  }

  /** Finished data; undefined for OMIT. */
  data(value: Value): Data | undefined {
    if (typeof value === "string" || typeof value === "boolean" || typeof value === "number" || value === null)
      return value;
    const data = this.engine.finish(value, this.scope);
    return data === OMIT ? undefined : (data as Data);
  }

  plain(value: Value): Plain | undefined {
    const data = this.data(value);
    return data === undefined ? undefined : toPlain(data);
  }

  /** A variable as plain data; undefined if it is not defined. */
  variable(name: string): Plain | undefined {
    const value = this.scope.get(name);
    return value === undefined ? undefined : this.plain(value);
  }

  text(value: Value | undefined): string | undefined {
    if (value === undefined) return undefined;
    const data = this.data(value);
    if (isUnknown(data)) throw new Undecided(data);
    return data === undefined || data === null ? undefined : textOfData(data);
  }

  boolean(value: Value | undefined, what: string, origin?: Origin): boolean | undefined {
    if (value === undefined) return undefined;
    const data = this.data(value);
    if (isUnknown(data)) throw new Undecided(data);
    if (data === undefined || data === null) return undefined;
    const result = booleanOf(data);
    if (result === undefined)
      fail("keyword-type", `the value ${JSON.stringify(textOfData(data))} of '${what}' is not a valid boolean`, {
        ...(origin ? { origin } : {}),
        hint: "use true or false",
      });
    return result;
  }

  number(value: Value | undefined, what: string, origin?: Origin): number | undefined {
    if (value === undefined) return undefined;
    const data = this.data(value);
    if (isUnknown(data)) throw new Undecided(data);
    if (data === undefined || data === null || data === "") return undefined;
    const result = Number(data instanceof Float ? data.value : textOfData(data).replace(/%$/, ""));
    if (Number.isNaN(result))
      fail("keyword-type", `the value ${JSON.stringify(textOfData(data))} of '${what}' is not a number`, {
        ...(origin ? { origin } : {}),
      });
    return result;
  }

  /** A list of texts; a single value counts as a list of one; comma-separated text is split when `split`. */
  texts(value: Value | undefined, split = false): string[] {
    if (value === undefined) return [];
    const data = this.data(value);
    if (isUnknown(data)) throw new Undecided(data);
    if (data === undefined || data === null) return [];
    const list = Array.isArray(data) ? data : [data];
    return list.flatMap((item) => {
      const text = textOfData(item);
      return split ? text.split(",").map((part) => part.trim()) : [text];
    });
  }
}

/** Ansible's reading of loose booleans; undefined if it is none. */
export function booleanOf(data: Data): boolean | undefined {
  if (typeof data === "boolean") return data;
  if (data === 1 || data === 0) return data === 1;
  if (typeof data !== "string") return undefined;
  const word = data.trim().toLowerCase();
  return TRUE.has(word) ? true : FALSE.has(word) ? false : undefined;
}

function textOfData(data: Data): string {
  if (data === true) return "True";
  if (data === false) return "False";
  if (data instanceof Float) return `${data.value}.0`;
  return typeof data === "object" ? JSON.stringify(toPlain(data)) : String(data);
}
