// Python's binary operators by the types of their operands.

import { Opaque, Tuple, type Value } from "../../core/value.ts";
import type { BinaryOperator } from "../syntax/tree.ts";
import {
  add,
  divide,
  floorDivide,
  modulo,
  multiply,
  type Numeric,
  negate,
  numeric,
  power,
  subtract,
} from "./numbers.ts";
import { formatPercent } from "./percent.ts";
import { tuple } from "./sequences.ts";
import { isInt, typeError, typeName, used } from "./types.ts";

const ARITHMETIC: Readonly<Record<BinaryOperator, (a: Numeric, b: Numeric) => Numeric>> = {
  "+": add,
  "-": subtract,
  "*": multiply,
  "/": divide,
  "//": floorDivide,
  "%": modulo,
  "**": power,
};

/** Text and lists made by repetition are bounded, or `'x' * 10**9` would end the controller. */
const MOST_REPEATED = 20_000_000;

/** Opaques with arithmetic: dates and time spans. */
export interface Arithmetic {
  arithmetic(operator: BinaryOperator, other: Value, reversed: boolean): Value | undefined;
}

/** `left operator right`. Undefined throws, Unknown throws Undecided. */
export function binary(operator: BinaryOperator, leftValue: Value, rightValue: Value): Value {
  const left = used(leftValue);
  const right = used(rightValue);
  const [a, b] = [numeric(left), numeric(right)];
  if (a !== undefined && b !== undefined) return ARITHMETIC[operator](a, b);
  if (operator === "%" && typeof left === "string") return formatPercent(left, right);
  if (operator === "+") return addition(left, right);
  if (operator === "*") {
    const sequence: Value = a === undefined ? left : right;
    const times: Value = a === undefined ? right : left;
    if (typeof times === "boolean" || isInt(times)) {
      const repeated = repeat(sequence, Number(times));
      if (repeated !== undefined) return repeated;
    }
    if (typeof sequence === "string" || Array.isArray(sequence))
      typeError(`can't multiply sequence by non-int of type '${typeName(times)}'`);
  }
  return other(operator, left, right);
}

function addition(left: Value, right: Value): Value {
  if (typeof left === "string") {
    if (typeof right === "string") return left + right;
    typeError(`can only concatenate str (not "${typeName(right)}") to str`);
  }
  if (Array.isArray(left)) {
    if (Array.isArray(right) && left instanceof Tuple === right instanceof Tuple)
      return left instanceof Tuple ? tuple(...left, ...right) : [...left, ...right];
    typeError(`can only concatenate ${typeName(left)} (not "${typeName(right)}") to ${typeName(left)}`);
  }
  return other("+", left, right);
}

function other(operator: BinaryOperator, left: Value, right: Value): Value {
  const made =
    (left instanceof Opaque && (left as Partial<Arithmetic>).arithmetic?.(operator, right, false)) ||
    (right instanceof Opaque && (right as Partial<Arithmetic>).arithmetic?.(operator, left, true));
  if (made) return made;
  const shown = operator === "**" ? "** or pow()" : operator;
  typeError(`unsupported operand type(s) for ${shown}: '${typeName(left)}' and '${typeName(right)}'`);
}

function repeat(sequence: Value, times: number): Value | undefined {
  const count = Math.max(0, times);
  if (typeof sequence === "string") {
    if (sequence.length * count > MOST_REPEATED) typeError("the repeated text would be too long");
    return sequence.repeat(count);
  }
  if (!Array.isArray(sequence)) return undefined;
  if (sequence.length * count > MOST_REPEATED) typeError("the repeated list would be too long");
  const items = Array.from({ length: count }, () => sequence).flat(1);
  return sequence instanceof Tuple ? tuple(...items) : items;
}

/** Unary minus and plus. */
export function sign(operator: "-" | "+", value: Value): Value {
  const known = numeric(used(value));
  if (known === undefined) typeError(`bad operand type for unary ${operator}: '${typeName(value)}'`);
  return operator === "-" ? negate(known) : known;
}
