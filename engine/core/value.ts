// The values of the language: Python's, held in JavaScript. Template evaluation, variables, results and
// parsed YAML all speak these. What is *finished* (no templates left, may be shown or sent) is `Data`.

import type { Origin } from "./problem.ts";
import type { Unknown } from "./unknown.ts";

/**
 * A float whose value is a whole number (1.0), so that it stays a float. Other floats (1.5, NaN, inf) are
 * plain JavaScript numbers; whole JavaScript numbers are Python ints; ints beyond 2^53 are bigints.
 * Make floats with `float()`, ints with `integer()`, never by hand.
 */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A JavaScript number as a Python float. */
export function float(value: number): number | Float {
  return Number.isInteger(value) ? new Float(value) : value;
}

/** A bigint or whole number as a Python int: a number where that is exact, a bigint beyond. */
export function integer(value: bigint | number): number | bigint {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : BigInt(value);
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** A Python tuple: prints as `(1, 2)`, otherwise behaves as a list. */
export class Tuple<T = Value> extends Array<T> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/**
 * Text from a file the user wrote that holds template marks and is to be evaluated when it is used.
 * This is the whole of our trust model: only loaders of user files make Templates; a plain string is data
 * and is never evaluated, so facts, command output and remote content cannot become code.
 */
export class Template {
  readonly text: string;
  readonly origin: Origin | undefined;
  constructor(text: string, origin?: Origin) {
    this.text = text;
    this.origin = origin;
  }
}

/** `!vault` text in a user file; decrypted when it is used (text/vault.ts), then trusted as the file was. */
export class VaultText {
  readonly ciphertext: string;
  readonly origin: Origin | undefined;
  constructor(ciphertext: string, origin?: Origin) {
    this.ciphertext = ciphertext;
    this.origin = origin;
  }
}

/** The absence of a value. Passing it on is fine; using it is an error that tells `hint`. */
export class Undefined {
  /** E.g. `'foo' is undefined` or `'dict object' has no attribute 'bar'`, as Ansible words it. */
  readonly hint: string;
  constructor(hint: string) {
    this.hint = hint;
  }
}

/** The value of `omit`: a parameter whose value is this was not given. */
export const OMIT: unique symbol = Symbol("omit");

/**
 * A mapping whose values are made when they are asked for: `hostvars`, `hostvars[h]`, `vars`, `groups`.
 * Values it returns may hold Templates that it has bound to its own scope already (so they come finished).
 */
export abstract class LazyMap {
  /** undefined: no such key. */
  abstract get(key: string): Value | undefined;
  abstract keys(): Iterable<string>;
  has(key: string): boolean {
    return this.get(key) !== undefined;
  }
}

/** Anything that only template evaluation makes: bound methods, macros, ranges, date objects, namespaces. */
export abstract class Opaque {
  /** Python's name of the type, e.g. `datetime`, `Macro`. */
  abstract readonly typeName: string;
}

export type Scalar = null | boolean | number | bigint | string | Float;
export type ValueMap = Map<Value, Value>;
/** Anything an expression may meet. Mappings are Maps: key order and key types are Python's. */
export type Value =
  | Scalar
  | Value[]
  | ValueMap
  | Template
  | VaultText
  | Undefined
  | Unknown
  | LazyMap
  | Opaque
  | typeof OMIT;

/** Finished values: no Template, no VaultText, no Undefined, no LazyMap. May hold Unknown in dry runs. */
export type Data = Scalar | Data[] | Map<Data, Data> | Unknown;

/** JSON-like data with plain objects, as modules, results and events hold it. May hold Unknown in dry runs. */
export type Plain = null | boolean | number | bigint | string | Unknown | readonly Plain[] | PlainObject;
export interface PlainObject {
  readonly [key: string]: Plain | undefined;
}

/** Finished language data as plain objects: Floats become numbers, keys become text. */
export function toPlain(value: Data): Plain {
  if (value instanceof Float) return value.value;
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Map) {
    const object: Record<string, Plain> = Object.create(null) as Record<string, Plain>;
    for (const [key, item] of value) object[keyText(key)] = toPlain(item);
    return { ...object };
  }
  return value;
}

/** Plain data as language data: objects become Maps; properties that are undefined are left out. */
export function fromPlain(value: Plain | undefined): Data {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map((item) => fromPlain(item as Plain));
  if (typeof value === "object" && isPlainObject(value)) {
    const map = new Map<Data, Data>();
    for (const [key, item] of Object.entries(value)) if (item !== undefined) map.set(key, fromPlain(item));
    return map;
  }
  return value as Data;
}

export function isPlainObject(value: unknown): value is PlainObject {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function keyText(key: Data): string {
  if (key === true) return "True";
  if (key === false) return "False";
  if (key === null) return "None";
  return key instanceof Float ? `${key.value}.0` : String(key);
}
