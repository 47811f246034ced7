// Tests that compare: eq, lt, in, sameas, divisibleby, version, subset, contains, any, all …

import { Opaque, type Value } from "../../core/value.ts";
import { type Test, test } from "../evaluate/plugin.ts";
import { contains, equals, order } from "../python/compare.ts";
import { modulo, numeric } from "../python/numbers.ts";
import { itemsOf } from "../python/sequences.ts";
import { str } from "../python/text.ts";
import { isFloat, truth, typeError, typeName } from "../python/types.ts";
import { compareVersions } from "./version.ts";

const eq = test("other!", (value, { at: [other = null] }) => equals(value, other));
const ne = test("other!", (value, { at: [other = null] }) => !equals(value, other));
const lt = test("other!", (value, { at: [other = null] }) => order(value, other, "<") < 0);
const le = test("other!", (value, { at: [other = null] }) => order(value, other, "<=") <= 0);
const gt = test("other!", (value, { at: [other = null] }) => order(value, other, ">") > 0);
const ge = test("other!", (value, { at: [other = null] }) => order(value, other, ">=") >= 0);

function same(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a === "object" && a !== null) return a instanceof Opaque && b instanceof Opaque && equals(a, b);
  return false;
}

function within(inner: Value, outer: Value): boolean {
  const against = [...itemsOf(outer)];
  return itemsOf(inner).every((item) => contains(against, item));
}

const OPERATORS: Readonly<Record<string, (compared: number) => boolean>> = {
  "==": (compared) => compared === 0,
  "=": (compared) => compared === 0,
  eq: (compared) => compared === 0,
  "!=": (compared) => compared !== 0,
  "<>": (compared) => compared !== 0,
  ne: (compared) => compared !== 0,
  "<": (compared) => compared < 0,
  lt: (compared) => compared < 0,
  "<=": (compared) => compared <= 0,
  le: (compared) => compared <= 0,
  ">": (compared) => compared > 0,
  gt: (compared) => compared > 0,
  ">=": (compared) => compared >= 0,
  ge: (compared) => compared >= 0,
};

const version = test("version! operator strict version_type", (value, {
  at: [other = null, operator = "eq", strict, kind],
}) => {
  if (value === null || str(value) === "") typeError("Input version value cannot be empty");
  if (other === null || str(other) === "") typeError("Version parameter to compare against cannot be empty");
  const judge = OPERATORS[str(operator)];
  if (!judge)
    typeError(
      `Invalid operator type (${str(operator)}). Must be one of '==', '=', 'eq', '<', 'lt', '<=', 'le', '>', 'gt', '>=', 'ge', '!=', '<>', 'ne'`,
    );
  const isStrict = strict !== undefined && strict !== null && truth(strict);
  const how = kind === undefined || kind === null ? (isStrict ? "strict" : "loose") : str(kind);
  return judge(compareVersions(str(value), str(other), how));
});

function wholeNumber(value: Value, parity: number): boolean {
  const number = numeric(value);
  if (number === undefined) typeError(`not all arguments converted during string formatting`);
  return equals(modulo(number, 2), parity);
}

export const COMPARISON_TESTS: Readonly<Record<string, Test>> = {
  eq,
  equalto: eq,
  "==": eq,
  ne,
  "!=": ne,
  lt,
  lessthan: lt,
  "<": lt,
  le,
  "<=": le,
  gt,
  greaterthan: gt,
  ">": gt,
  ge,
  ">=": ge,
  in: test("seq!", (value, { at: [container = null] }) => contains(container, value)),
  contains: test("item!", (value, { at: [item = null] }) => contains(value, item)),
  sameas: test("other!", (value, { at: [other = null] }) => same(value, other)),
  odd: test("", (value) => wholeNumber(value, 1)),
  even: test("", (value) => wholeNumber(value, 0)),
  divisibleby: test("num!", (value, { at: [divisor = null] }) => {
    const [a, b] = [numeric(value), numeric(divisor)];
    if (a === undefined || b === undefined)
      typeError(`unsupported operand type(s) for %: '${typeName(value)}' and '${typeName(divisor)}'`);
    return equals(modulo(a, b), 0);
  }),
  subset: test("b!", (value, { at: [other = null] }) => within(value, other)),
  issubset: test("b!", (value, { at: [other = null] }) => within(value, other)),
  superset: test("b!", (value, { at: [other = null] }) => within(other, value)),
  issuperset: test("b!", (value, { at: [other = null] }) => within(other, value)),
  any: test("", (value) => itemsOf(value).some((item) => truth(item))),
  all: test("", (value) => itemsOf(value).every((item) => truth(item))),
  version,
  version_compare: version,
  nan: test("", (value) => isFloat(value) && Number.isNaN(typeof value === "number" ? value : value.value)),
  isnan: test("", (value) => isFloat(value) && Number.isNaN(typeof value === "number" ? value : value.value)),
};
