// What every operation on operands goes through: templates in them evaluated, the place noted, Unknown passed on.

import { Undecided } from "../../core/unknown.ts";
import type { Value } from "../../core/value.ts";
import type { Place } from "../syntax/tree.ts";
import type { Frame, Run } from "./frame.ts";

/** What an entry holds, with its own template evaluated. */
export function reached(value: Value, frame: Frame): Value {
  return typeof value === "object" && value !== null ? frame.machine.resolve(value, frame.scope) : value;
}

/** Containers with every template inside evaluated; scalars as they are. */
export function settled(value: Value, frame: Frame): Value {
  return typeof value === "object" && value !== null ? frame.machine.settle(value, frame.scope) : value;
}

/** Notes the place for errors, and turns the use of an Unknown into that Unknown. */
export function guarded(place: Place, run: Run): Run {
  return (frame) => {
    const { machine } = frame;
    machine.step();
    machine.place = place;
    try {
      return run(frame);
    } catch (error) {
      if (error instanceof Undecided) return error.unknown;
      throw error;
    }
  };
}
