// Python's arithmetic: ints without limit, floats that stay floats, floor division and modulo by the divisor's sign.

import { Float, float, integer, type Value } from "../../core/value.ts";
import { isFloat, isInt, isNumber, typeError } from "./types.ts";

export type Numeric = number | bigint | Float;

/** Exponents beyond this would eat memory: 2 ** 100000 has 30 thousand digits. */
const MOST_EXPONENT = 100_000;

/** A number or bool as a number; undefined for anything else. */
export function numeric(value: Value | undefined): Numeric | undefined {
  if (typeof value === "boolean") return value ? 1 : 0;
  return isNumber(value) ? value : undefined;
}

/** As a JavaScript double. */
export function double(value: Numeric): number {
  return value instanceof Float ? value.value : Number(value);
}

function ints(a: Numeric, b: Numeric): [bigint, bigint] | undefined {
  return isInt(a) && isInt(b) ? [BigInt(a), BigInt(b)] : undefined;
}

export function add(a: Numeric, b: Numeric): Numeric {
  if (typeof a === "number" && typeof b === "number" && Number.isInteger(a) && Number.isInteger(b)) {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  const both = ints(a, b);
  return both ? integer(both[0] + both[1]) : float(double(a) + double(b));
}

export function subtract(a: Numeric, b: Numeric): Numeric {
  const both = ints(a, b);
  return both ? integer(both[0] - both[1]) : float(double(a) - double(b));
}

export function multiply(a: Numeric, b: Numeric): Numeric {
  const both = ints(a, b);
  return both ? integer(both[0] * both[1]) : float(double(a) * double(b));
}

export function divide(a: Numeric, b: Numeric): Numeric {
  if (double(b) === 0) typeError(isFloat(a) || isFloat(b) ? "float division by zero" : "division by zero");
  return float(double(a) / double(b));
}

export function floorDivide(a: Numeric, b: Numeric): Numeric {
  const both = ints(a, b);
  if (both) {
    const [x, y] = both;
    if (y === 0n) typeError("integer division or modulo by zero");
    return integer(floorBig(x, y));
  }
  if (double(b) === 0) typeError("float floor division by zero");
  return float(Math.floor(double(a) / double(b)));
}

function floorBig(x: bigint, y: bigint): bigint {
  const quotient = x / y;
  return x % y !== 0n && x < 0n !== y < 0n ? quotient - 1n : quotient;
}

export function modulo(a: Numeric, b: Numeric): Numeric {
  const both = ints(a, b);
  if (both) {
    const [x, y] = both;
    if (y === 0n) typeError("integer modulo by zero");
    return integer(x - floorBig(x, y) * y);
  }
  const [x, y] = [double(a), double(b)];
  if (y === 0) typeError("float modulo");
  const rest = x % y;
  return float(rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest);
}

export function power(a: Numeric, b: Numeric): Numeric {
  const both = ints(a, b);
  if (both && both[1] >= 0n) {
    if (both[1] > MOST_EXPONENT && both[0] > 1n) typeError(`exponent ${both[1]} is too large`);
    return integer(both[0] ** both[1]);
  }
  if (double(a) === 0 && double(b) < 0) typeError("0.0 cannot be raised to a negative power");
  const result = double(a) ** double(b);
  if (Number.isNaN(result) && !Number.isNaN(double(a))) typeError("a negative number cannot be raised to a fraction");
  return float(result);
}

export function negate(a: Numeric): Numeric {
  return isInt(a) ? integer(-BigInt(a)) : float(-double(a));
}

/** Half to even, as Python's round(); `digits` may be negative. */
export function roundHalfEven(value: number, digits: number): number {
  if (!Number.isFinite(value)) return value;
  if (digits > 15) return value;
  if (digits < 0) {
    const unit = 10 ** -digits;
    return evenRound(value / unit) * unit;
  }
  if (digits === 0) return evenRound(value);
  // The exact decimal expansion decides, not value * 10 ** digits, which rounds by itself.
  const text = Math.abs(value).toFixed(Math.min(100, digits + 40));
  const point = text.indexOf(".");
  const kept = BigInt(text.slice(0, point) + text.slice(point + 1, point + 1 + digits));
  const rest = text.slice(point + 1 + digits);
  const half = `5${"0".repeat(rest.length - 1)}`;
  const up = rest > half || (rest === half && kept % 2n === 1n);
  const whole = (up ? kept + 1n : kept).toString().padStart(digits + 1, "0");
  const result = Number(`${whole.slice(0, -digits)}.${whole.slice(-digits)}`);
  return value < 0 ? -result : result;
}

function evenRound(value: number): number {
  const rounded = nearestEven(Math.abs(value));
  return value < 0 || Object.is(value, -0) ? -rounded : rounded;
}

function nearestEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
