// Filters about missing values: default, mandatory, ternary, bool, type_debug, undef.

import { fail } from "../../core/problem.ts";
import { Unknown } from "../../core/unknown.ts";
import { Undefined, type Value } from "../../core/value.ts";
import { type Filter, filter } from "../evaluate/plugin.ts";
import { double, numeric } from "../python/numbers.ts";
import { str } from "../python/text.ts";
import { isMissing, truth, typeName } from "../python/types.ts";

const usual: Filter = filter(
  "default_value boolean",
  (value, { at: [replacement = "", strict] }) => {
    if (value instanceof Unknown) return value;
    if (isMissing(value)) return replacement;
    return strict !== undefined && truth(strict) && !truth(value) ? replacement : value;
  },
  { takesUndefined: true },
);

const TRUE = new Set(["y", "yes", "on", "1", "true", "t"]);
const FALSE = new Set(["n", "no", "off", "0", "false", "f"]);

/** Ansible's reading of truth in text and numbers; undefined where it has none. */
export function boolOf(value: Value): boolean | undefined {
  if (typeof value === "boolean") return value;
  const number = numeric(value);
  if (number !== undefined) return double(number) === 1 ? true : double(number) === 0 ? false : undefined;
  if (typeof value !== "string") return undefined;
  const word = value.toLowerCase().trim();
  return TRUE.has(word) ? true : FALSE.has(word) ? false : undefined;
}

export const DEFAULT_FILTERS: Readonly<Record<string, Filter>> = {
  default: usual,
  d: usual,
  bool: filter("", (value, _, frame) => {
    const known = boolOf(value);
    if (known !== undefined) return known;
    frame.machine.warn({
      code: "bool-not-boolean",
      message: `The 'bool' filter coerced invalid value of type '${typeName(value)}' to False.`,
    });
    return false;
  }),
  mandatory: filter(
    "msg",
    (value, { at: [message] }) => {
      if (!isMissing(value)) return value;
      if (message !== undefined && message !== null) fail("template-undefined", str(message));
      const name = /^'(.*)' is undefined$/.exec(value.hint)?.[1];
      fail(
        "template-undefined",
        name === undefined ? "Mandatory variable not defined." : `Mandatory variable '${name}' not defined.`,
      );
    },
    { takesUndefined: true },
  ),
  ternary: filter("true_val false_val none_val", (value, { at: [yes = null, no = null, none = null] }) => {
    if (value === null && none !== null) return none;
    return truth(value) ? yes : no;
  }),
  type_debug: filter("", (value) => typeName(value), { takesUndefined: true }),
  undef: filter("", (value) => new Undefined(str(value))),
};
