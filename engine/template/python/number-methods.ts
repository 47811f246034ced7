// Methods of Python's numbers.

import type { Float, Value } from "../../core/value.ts";
import { type Methods, method } from "./method.ts";
import { double, numeric } from "./numbers.ts";

type Self = number | bigint | boolean | Float;

export const NUMBER_METHODS: Methods<Self> = {
  is_integer: method("", (self) => Number.isInteger(double(numeric(self) ?? 0))),
  bit_length: method("", (self) => {
    const text = BigInt(Math.trunc(double(numeric(self) ?? 0)));
    return (text < 0n ? -text : text) === 0n ? 0 : (text < 0n ? -text : text).toString(2).length;
  }),
  conjugate: method("", (self): Value => (typeof self === "boolean" ? Number(self) : self)),
};
