// Where an expression is evaluated: the variables, the template's own names in front of them, and the machine that
// resolves, counts and loads.

import type { Problem } from "../../core/problem.ts";
import type { Unknown } from "../../core/unknown.ts";
import { type Data, type OMIT, Opaque, type Value } from "../../core/value.ts";
import type { RenderSettings, TemplateEnvironment } from "../engine.ts";
import type { Scope } from "../scope.ts";
import type { Place } from "../syntax/tree.ts";
import type { Compiled } from "./compiled.ts";
import type { Tables } from "./plugin.ts";

/** An expression ready to run. */
export type Run = (frame: Frame) => Value;

/** The engine's inside, as evaluation sees it. */
export interface Machine {
  readonly environment: TemplateEnvironment;
  readonly tables: Tables;
  /** Where evaluation is, for the origin of errors. */
  place: Place;
  /** Runs macros, includes and the like one level deeper; bounded. */
  nested<T>(work: () => T): T;
  /** Counts one step; throws `template-limit` when there were too many. */
  step(): void;
  /** The value with its outermost template evaluated. */
  resolve(value: Value, scope: Scope): Value;
  /** The value with every template in it evaluated; what fails inside stays there as Broken, Undefined stays. */
  settle(value: Value, scope: Scope): Value;
  /** Everything evaluated, nothing lazy left. */
  finish(value: Value, scope: Scope): Data | typeof OMIT;
  /** A list or mapping that may be changed in place, because it belongs to this evaluation only. */
  own<T extends Value[] | Map<Value, Value>>(value: T): T;
  /** What a list or mapping has become in this evaluation. */
  current(value: Value): Value;
  /** A text that templates asked for by name, compiled. */
  load(name: string, frame: Frame): { readonly compiled: Compiled; readonly file: string } | undefined;
  /** Bounds the text that an evaluation makes. */
  spend(characters: number): void;
  /** A template file's text. */
  render(text: string, scope: Scope, settings: RenderSettings): string | Unknown;
  /** `target.name` and `target[key]`, templates not yet evaluated. */
  attribute(target: Value, name: string): Value;
  item(target: Value, key: Value): Value;
  warn(problem: Problem): void;
}

/** One rendering of a template and what it extends. */
export interface Page {
  readonly settings: RenderSettings;
  /** Block bodies by name, the most derived first. */
  readonly blocks: Map<string, Array<(frame: Frame, out: Value[]) => void>>;
  /** Set once `extends` was met: from then on only the blocks count. */
  parent: { readonly compiled: Compiled; readonly file: string } | undefined;
  readonly root: Frame;
}

export interface Frame {
  readonly machine: Machine;
  readonly scope: Scope;
  readonly parent: Frame | undefined;
  locals: Map<string, Value> | undefined;
  readonly page: Page | undefined;
}

/** A frame inside another: what is set there is not seen outside. */
export function inner(frame: Frame, names?: Iterable<readonly [string, Value]>): Frame {
  return {
    machine: frame.machine,
    scope: frame.scope,
    parent: frame,
    locals: names ? new Map(names) : undefined,
    page: frame.page,
  };
}

export function setLocal(frame: Frame, name: string, value: Value): void {
  frame.locals ??= new Map();
  frame.locals.set(name, value);
}

/** What a call was given. */
export interface Given {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** Anything an expression can call. */
export abstract class Callable extends Opaque {
  /** Whether Undefined arguments are passed on; otherwise the call itself gives the Undefined. */
  readonly takesUndefined: boolean = false;
  abstract call(given: Given, frame: Frame): Value;
}

/** A function of the language: `range`, `lookup`, a method. */
export class Builtin extends Callable {
  readonly typeName: string;
  readonly name: string;
  override readonly takesUndefined: boolean;
  readonly #run: (given: Given, frame: Frame) => Value;
  constructor(
    name: string,
    run: (given: Given, frame: Frame) => Value,
    options: { typeName?: string; takesUndefined?: boolean } = {},
  ) {
    super();
    this.name = name;
    this.#run = run;
    this.typeName = options.typeName ?? "builtin_function_or_method";
    this.takesUndefined = options.takesUndefined ?? false;
  }
  call(given: Given, frame: Frame): Value {
    return this.#run(given, frame);
  }
}
