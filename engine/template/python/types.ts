// What a value is in Python's eyes: its type's name, truth, and the errors of using one wrongly.

import { fail } from "../../core/problem.ts";
import { Undecided, Unknown } from "../../core/unknown.ts";
import { Float, LazyMap, OMIT, Opaque, Template, Tuple, Undefined, type Value, VaultText } from "../../core/value.ts";

/** Using a value in a way its type does not allow: Python's TypeError, ValueError and the like. */
export function typeError(message: string): never {
  fail("template-type", message);
}

/** Using an Undefined. */
export function undefinedError(value: Undefined): never {
  const advice = value instanceof UnknownName ? value.advice() : undefined;
  fail(value instanceof Broken ? value.code : "template-undefined", value.hint, advice ? { hint: advice } : {});
}

/** A name that nothing has; what could be done about it is found out only when it is used. */
export class UnknownName extends Undefined {
  readonly advice: () => string;
  constructor(name: string, advice: () => string) {
    super(`'${name}' is undefined`);
    this.advice = advice;
  }
}

/** A value whose evaluation failed, kept until it is used: one bad entry must not spoil a mapping. */
export class Broken extends Undefined {
  readonly code: string;
  readonly error: unknown;
  constructor(error: unknown, hint: string, code: string) {
    super(hint);
    this.error = error;
    this.code = code;
  }
}

/** Whether the value is absent; a value whose evaluation failed for another reason throws that. */
export function isMissing(value: unknown): value is Undefined {
  if (!(value instanceof Undefined)) return false;
  if (value instanceof Broken && value.code !== "template-undefined" && value.error instanceof Error) throw value.error;
  return true;
}

/** `x if c` without else where c is false: prints as nothing, unlike other Undefined. */
export class Nothing extends Undefined {}

/** Throws if the value cannot be looked at: Undefined is an error, Unknown makes the whole expression Unknown. */
export function used<T extends Value>(value: T): Exclude<T, Undefined | Unknown> {
  if (typeof value === "object" && value !== null) {
    if (value instanceof Unknown) throw new Undecided(value);
    if (value instanceof Undefined) {
      if (value instanceof Broken && value.error instanceof Error) throw value.error;
      undefinedError(value);
    }
  }
  return value as Exclude<T, Undefined | Unknown>;
}

export function isInt(value: unknown): value is number | bigint {
  return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
}

export function isFloat(value: unknown): value is number | Float {
  return value instanceof Float || (typeof value === "number" && !Number.isInteger(value));
}

/** int, float or bool, which Python counts as an int. */
export function isNumber(value: unknown): value is number | bigint | Float | boolean {
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean" || value instanceof Float;
}

export function isMapping(value: unknown): value is Map<Value, Value> | LazyMap {
  return value instanceof Map || value instanceof LazyMap;
}

/** The name of the value's type as Python prints it. */
export function typeName(value: Value | undefined): string {
  if (value === null || value === undefined) return "NoneType";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "string":
      return "str";
    case "bigint":
      return "int";
    case "number":
      return Number.isInteger(value) ? "int" : "float";
    case "symbol":
      return value === OMIT ? "Omit" : "object";
    default:
  }
  if (value instanceof Float) return "float";
  if (value instanceof Tuple) return "tuple";
  if (Array.isArray(value)) return "list";
  if (isMapping(value)) return "dict";
  if (value instanceof Opaque) return value.typeName;
  if (value instanceof Template || value instanceof VaultText) return "str";
  if (value instanceof Undefined) return "Undefined";
  return "object";
}

/** Python's truth. Undefined throws, Unknown throws Undecided. */
export function truth(value: Value): boolean {
  if (typeof value === "boolean") return value;
  if (value === null) return false;
  if (typeof value === "string") return value !== "";
  if (typeof value === "number") return value !== 0;
  if (typeof value === "bigint") return value !== 0n;
  if (typeof value === "symbol") return true;
  if (value instanceof Float) return value.value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (value instanceof LazyMap) {
    for (const _ of value.keys()) return true;
    return false;
  }
  if (value instanceof Nothing) return false;
  const known = used(value);
  if (known instanceof Opaque) return lengthOfOpaque(known) !== 0;
  return true;
}

/** An Opaque that can be looped over, such as a range. */
export interface Sequence {
  readonly length: number;
  item(index: number): Value;
}

export function asSequence(value: unknown): Sequence | undefined {
  if (!(value instanceof Opaque)) return undefined;
  const candidate = value as Partial<Sequence> & Opaque;
  return typeof candidate.item === "function" && typeof candidate.length === "number"
    ? (candidate as unknown as Sequence)
    : undefined;
}

function lengthOfOpaque(value: Opaque): number {
  return asSequence(value)?.length ?? 1;
}
