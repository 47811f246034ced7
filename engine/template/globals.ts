// Functions that every template can call: range, dict, namespace, lookup, query, now, undef, cycler, joiner; and omit.

import { OMIT, Undefined, type Value } from "../core/value.ts";
import { Builtin, Callable, type Given } from "./evaluate/frame.ts";
import { Namespace } from "./evaluate/namespace.ts";
import { bind, signature } from "./evaluate/plugin.ts";
import { lookup, query } from "./lookups/call.ts";
import { DateTime } from "./python/dates.ts";
import { pairsOf } from "./python/dict-methods.ts";
import { Range } from "./python/range.ts";
import { str } from "./python/text.ts";
import { isInt, truth, typeError, typeName } from "./python/types.ts";

function whole(value: Value | undefined, usual: number): number {
  if (value === undefined) return usual;
  if (typeof value !== "boolean" && !isInt(value))
    typeError(`'${typeName(value)}' object cannot be interpreted as an integer`);
  return Number(value);
}

/** `cycler('odd', 'even')` */
class Cycler extends Callable {
  readonly typeName = "Cycler";
  readonly #items: readonly Value[];
  #at = 0;
  constructor(items: readonly Value[]) {
    super();
    this.#items = items;
  }
  attribute(name: string): Value | undefined {
    if (name === "current") return this.#items[this.#at] ?? null;
    if (name === "next")
      return new Builtin("next", () => {
        const item = this.#items[this.#at] ?? null;
        this.#at = (this.#at + 1) % this.#items.length;
        return item;
      });
    if (name === "reset")
      return new Builtin("reset", () => {
        this.#at = 0;
        return null;
      });
    return undefined;
  }
  call(): Value {
    typeError("'Cycler' object is not callable");
  }
}

/** `joiner(', ')`: nothing the first time, then the separator. */
class Joiner extends Callable {
  readonly typeName = "Joiner";
  readonly #separator: string;
  #used = false;
  constructor(separator: string) {
    super();
    this.#separator = separator;
  }
  call(): Value {
    if (this.#used) return this.#separator;
    this.#used = true;
    return "";
  }
}

function range({ positional }: Given): Value {
  const [first, second, third] = positional;
  if (first === undefined) typeError("range expected at least 1 argument, got 0");
  const step = whole(third, 1);
  if (step === 0) typeError("range() arg 3 must not be zero");
  return second === undefined ? new Range(0, whole(first, 0), 1) : new Range(whole(first, 0), whole(second, 0), step);
}

function dict({ positional, named }: Given): Value {
  const [source] = positional;
  const pairs: [Value, Value][] = source === undefined ? [] : pairsOf(source);
  return new Map<Value, Value>([...pairs, ...named]);
}

const NOW = signature("utc fmt");
const UNDEF = signature("hint");

export const GLOBALS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["omit", OMIT],
  ["range", new Builtin("range", range, { typeName: "type" })],
  ["dict", new Builtin("dict", dict, { typeName: "type" })],
  [
    "namespace",
    new Builtin("namespace", (given) => new Namespace([...(dict(given) as Map<string, Value>)]), {
      takesUndefined: true,
    }),
  ],
  [
    "cycler",
    new Builtin("cycler", ({ positional }) => {
      if (positional.length === 0) typeError("at least one item has to be provided");
      return new Cycler(positional);
    }),
  ],
  ["joiner", new Builtin("joiner", ({ positional }) => new Joiner(str(positional[0] ?? ", ")))],
  ["lookup", new Builtin("lookup", lookup, { takesUndefined: true })],
  ["query", new Builtin("query", query, { takesUndefined: true })],
  ["q", new Builtin("q", query, { takesUndefined: true })],
  [
    "now",
    new Builtin("now", (given, frame) => {
      const {
        at: [utc, format],
      } = bind("now", NOW, given);
      const date = DateTime.at(frame.machine.environment.now(), utc !== undefined && truth(utc));
      return format === undefined || format === null ? date : date.format(str(format));
    }),
  ],
  [
    "undef",
    new Builtin("undef", (given) => {
      const {
        at: [hint],
      } = bind("undef", UNDEF, given);
      return new Undefined(
        hint === undefined || hint === null ? "Mandatory variable has not been overridden" : str(hint),
      );
    }),
  ],
]);
