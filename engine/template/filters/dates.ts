// Filters of dates: strftime and to_datetime.

import type { Value } from "../../core/value.ts";
import { type Filter, filter } from "../evaluate/plugin.ts";
import { DateTime } from "../python/dates.ts";
import { double, numeric } from "../python/numbers.ts";
import { parseTime } from "../python/strftime.ts";
import { repr, str } from "../python/text.ts";
import { truth, typeError } from "../python/types.ts";

export const DATE_FILTERS: Readonly<Record<string, Filter>> = {
  strftime: filter("second utc", (value, { at: [second, utc] }, frame) => {
    const inUtc = utc !== undefined && truth(utc);
    let moment = frame.machine.environment.now();
    if (second !== undefined && second !== null) {
      const seconds = numeric(second) ?? (typeof second === "string" ? Number(second) : undefined);
      if (seconds === undefined || Number.isNaN(Number(double(seconds))))
        typeError(`Invalid value for epoch value (${str(second)})`);
      moment = new Date(double(seconds) * 1000);
    }
    return DateTime.at(moment, inUtc).format(str(value));
  }),
  to_datetime: filter("format", (value, { at: [format = "%Y-%m-%d %H:%M:%S"] }): Value => {
    const found = parseTime(str(value), str(format));
    if (!found) typeError(`time data ${repr(str(value))} does not match format ${repr(str(format))}`);
    return new DateTime(found.fields, found.micros, found.zone);
  }),
};
