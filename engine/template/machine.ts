// The inside of the engine: values resolved, settled and finished in a scope; cycles, limits and copies watched over.

import { Failure, fail, type Origin, type Problem } from "../core/problem.ts";
import { Undecided, Unknown } from "../core/unknown.ts";
import { type Data, LazyMap, OMIT, Opaque, Template, Tuple, Undefined, type Value, VaultText } from "../core/value.ts";
import type { RenderSettings, TemplateEnvironment } from "./engine.ts";
import { attribute, item } from "./evaluate/access.ts";
import type { Compiled } from "./evaluate/compiled.ts";
import type { Frame, Machine as Shape } from "./evaluate/frame.ts";
import { concat } from "./evaluate/output.ts";
import type { Tables } from "./evaluate/plugin.ts";
import { Pages, withNewlines } from "./pages.ts";
import { itemsOf, tuple } from "./python/sequences.ts";
import { asSequence, Broken, typeError, typeName, used } from "./python/types.ts";
import type { Scope } from "./scope.ts";
import { originAt } from "./syntax/place.ts";
import type { Place } from "./syntax/tree.ts";

const LIMITS = { steps: 5_000_000, depth: 150, output: 64 * 1024 * 1024 };

type Container = Value[] | Map<Value, Value>;

export class Machine implements Shape {
  readonly environment: TemplateEnvironment;
  readonly tables: Tables;
  readonly pages: Pages;
  place: Place = { line: 1, column: 1 };
  readonly #limits: { readonly steps: number; readonly depth: number; readonly output: number };
  #steps = 0;
  #output = 0;
  /** Templates under evaluation, outermost first. */
  readonly #active: { readonly template: Template; readonly scope: Scope }[] = [];
  #depth = 0;
  #copies: Map<Container, Container> | undefined;
  #owned: Set<Container> | undefined;

  constructor(environment: TemplateEnvironment, tables: Tables) {
    this.environment = environment;
    this.tables = tables;
    this.pages = new Pages(environment);
    this.#limits = { ...LIMITS, ...environment.limits };
  }

  /** Runs one request from outside; requests may nest (a lazy mapping asks the engine again). */
  run<T>(work: () => T): T {
    const { place } = this;
    if (this.#depth === 0) {
      this.#steps = 0;
      this.#output = 0;
    }
    this.#deeper();
    try {
      return work();
    } catch (error) {
      if (error instanceof RangeError && /call stack/.test(error.message))
        fail("template-limit", "the template is nested too deeply");
      throw error;
    } finally {
      this.#depth -= 1;
      this.place = place;
      if (this.#depth === 0) {
        this.#copies = undefined;
        this.#owned = undefined;
      }
    }
  }

  #deeper(): void {
    if (this.#depth >= this.#limits.depth) {
      const related = this.#active.slice(-5).map(({ template }) => chainLink(template));
      throw new Failure({
        code: "template-limit",
        message: `Recursive loop detected in template: more than ${this.#limits.depth} templates inside one another`,
        related,
      });
    }
    this.#depth += 1;
  }

  nested<T>(work: () => T): T {
    this.#deeper();
    try {
      return work();
    } finally {
      this.#depth -= 1;
    }
  }

  step(): void {
    if (++this.#steps > this.#limits.steps)
      fail("template-limit", `the template took more than ${this.#limits.steps} steps`);
  }

  spend(characters: number): void {
    this.#output += characters;
    if (this.#output > this.#limits.output)
      fail("template-limit", `the template makes more than ${this.#limits.output} characters of text`);
  }

  warn(problem: Problem): void {
    this.environment.warn(problem);
  }

  attribute(target: Value, name: string): Value {
    return attribute(target, name);
  }

  item(target: Value, key: Value): Value {
    return item(target, key);
  }

  load(name: string, frame: Frame): { readonly compiled: Compiled; readonly file: string } | undefined {
    return this.pages.load(name, frame);
  }

  own<T extends Container>(value: T): T {
    this.#owned ??= new Set();
    this.#copies ??= new Map();
    if (this.#owned.has(value)) return value;
    const copy = (Array.isArray(value) ? [...value] : new Map(value)) as T;
    this.#copies.set(value, copy);
    this.#owned.add(copy);
    return copy;
  }

  current(value: Value): Value {
    if (!this.#copies || typeof value !== "object" || value === null) return value;
    return this.#copies.get(value as Container) ?? value;
  }

  /** Failures inside a variable's own template are kept in its value (Broken) until that is used. */
  resolve(value: Value, scope: Scope): Value {
    if (!(value instanceof Template) && !(value instanceof VaultText)) return this.current(value);
    try {
      return this.evaluate(value, scope);
    } catch (error) {
      if (
        error instanceof Failure &&
        error.problem.code !== "template-limit" &&
        error.problem.code !== "template-cycle"
      )
        return new Broken(error, error.problem.message, error.problem.code);
      throw error;
    }
  }

  /** As resolve, but failures are thrown. */
  evaluate(value: Value, scope: Scope): Value {
    if (value instanceof Template) return this.#template(value, scope);
    if (value instanceof VaultText) {
      const { decrypt, trust } = this.environment;
      if (!decrypt)
        fail("vault-no-password", "a vaulted value is used, but no vault password was given", {
          ...(value.origin ? { origin: value.origin } : {}),
          hint: "give one with --vault-password-file or --ask-vault-pass",
        });
      const text = decrypt(value.ciphertext, value.origin);
      return this.evaluate(trust ? trust(text, value.origin) : text, scope);
    }
    return this.current(value);
  }

  #template(template: Template, scope: Scope): Value {
    if (this.#active.some((entry) => entry.template === template && entry.scope === scope)) this.#cycle(template);
    const { place } = this;
    this.#deeper();
    this.#active.push({ template, scope });
    try {
      const compiled = this.pages.native(template.text, template.origin);
      const frame: Frame = { machine: this, scope, parent: undefined, locals: undefined, page: undefined };
      const out: Value[] = [];
      compiled.body(frame, out);
      const made = concat(out, frame);
      return typeof made === "string" ? withNewlines(made, template.text) : made;
    } catch (error) {
      if (error instanceof Undecided) return error.unknown;
      throw this.located(error, template.origin);
    } finally {
      this.#active.pop();
      this.#depth -= 1;
      this.place = place;
    }
  }

  /** The error with a place, if it has none yet. */
  located(error: unknown, origin: Origin | undefined): unknown {
    if (!(error instanceof Failure) || error.problem.origin || !origin) return error;
    return new Failure({ ...error.problem, origin: originAt(origin, this.place) }, { cause: error });
  }

  #cycle(template: Template): never {
    const start = this.#active.findIndex((entry) => entry.template === template);
    const chain = [...this.#active.slice(start).map((entry) => entry.template), template];
    throw new Failure({
      code: "template-cycle",
      message: `Recursive loop detected in template: ${chain.map((link) => link.text).join(" → ")}`,
      ...(template.origin ? { origin: template.origin } : {}),
      related: chain.map(chainLink),
      hint: "a variable is defined by itself, directly or through others",
    });
  }

  settle(value: Value, scope: Scope): Value {
    if (!holdsTemplates(value, 0)) return this.current(value);
    return this.#settleDeep(value, scope, 0);
  }

  #settleDeep(value: Value, scope: Scope, depth: number): Value {
    if (depth > this.#limits.depth) fail("template-limit", "the value is nested too deeply");
    const known = this.resolve(value, scope);
    if (Array.isArray(known)) {
      const items = known.map((entry) => this.#settleDeep(entry, scope, depth + 1));
      return known instanceof Tuple ? tuple(...items) : items;
    }
    if (known instanceof Map) {
      const made = new Map<Value, Value>();
      for (const [key, entry] of known) made.set(key, this.#settleDeep(entry, scope, depth + 1));
      return made;
    }
    return known;
  }

  /** Everything evaluated; throws where an Undefined would be used. */
  finish(value: Value, scope: Scope, depth = 0): Data | typeof OMIT {
    if (depth > this.#limits.depth) fail("template-limit", "the value is nested too deeply");
    if (value === null || typeof value !== "object") return value as Data | typeof OMIT;
    const known: Value = this.evaluate(value, scope);
    if (known === null || typeof known !== "object") return known as Data | typeof OMIT;
    if (known instanceof Unknown) return known;
    if (Array.isArray(known)) {
      const list: Data[] = [];
      for (const entry of known) {
        const done = this.finish(entry, scope, depth + 1);
        if (done !== OMIT) list.push(done as Data);
      }
      return list;
    }
    if (known instanceof Map || known instanceof LazyMap) {
      const map = new Map<Data, Data>();
      for (const key of known.keys()) {
        const done = this.finish(known.get(key as string) ?? null, scope, depth + 1);
        if (done !== OMIT) map.set(this.finish(key, scope, depth + 1) as Data, done as Data);
      }
      return map;
    }
    if (known instanceof Undefined) used(known);
    if (known instanceof Opaque) return this.#stored(known);
    return known as Data;
  }

  #stored(value: Opaque): Data {
    const { stored } = value as { stored?: () => Data };
    if (typeof stored === "function") return stored.call(value);
    if (asSequence(value) && value.typeName !== "range") return itemsOf(value) as Data;
    typeError(`Type '${typeName(value)}' is unsupported for variable storage.`);
  }

  /** The text of a template file. */
  render(text: string, scope: Scope, settings: RenderSettings): string | Unknown {
    return this.pages.render(text, scope, settings, this);
  }
}

function chainLink(template: Template): { message: string; origin?: Origin } {
  return { message: template.text, ...(template.origin ? { origin: template.origin } : {}) };
}

/** Whether any template or vaulted text is left in the value. */
function holdsTemplates(value: Value, depth: number): boolean {
  if (value === null || typeof value !== "object") return false;
  if (value instanceof Template || value instanceof VaultText) return true;
  if (depth > 60) return true;
  if (Array.isArray(value)) {
    for (const entry of value) if (typeof entry === "object" && holdsTemplates(entry, depth + 1)) return true;
    return false;
  }
  if (value instanceof Map) {
    for (const entry of value.values()) if (typeof entry === "object" && holdsTemplates(entry, depth + 1)) return true;
  }
  return false;
}
