// The host's clock and time zone.

import { type Collector, rowsOf } from "./collector.ts";

export const dateTime: Collector = {
  group: "date_time",
  minimal: true,
  facts: ["date_time"],
  files: ["/etc/localtime"],
  script: `date '+%s%t%N%t%Y%t%m%t%d%t%H%t%M%t%S%t%A%t%w%t%W%t%Z%t%z'`,
  collect: (evidence) => {
    const row = rowsOf(evidence.section("date_time"))[0];
    if (!row) return {};
    const [epoch = "0", nano = "0", year = "", month = "", day = "", hour = "", minute = "", second = ""] = row;
    const [weekday = "", number = "", week = "", zone = "", offset = ""] = row.slice(8);
    const micro = /^\d{9}$/.test(nano) ? nano.slice(0, 6) : "000000";
    const utc = new Date(Number(epoch) * 1000).toISOString().slice(0, 19);
    return {
      date_time: {
        year,
        month,
        weekday,
        weekday_number: number,
        weeknumber: week,
        day,
        hour,
        minute,
        second,
        epoch,
        epoch_int: epoch,
        date: `${year}-${month}-${day}`,
        time: `${hour}:${minute}:${second}`,
        iso8601_micro: `${utc}.${micro}Z`,
        iso8601: `${utc}Z`,
        iso8601_basic: `${year}${month}${day}T${hour}${minute}${second}${micro}`,
        iso8601_basic_short: `${year}${month}${day}T${hour}${minute}${second}`,
        tz: zone,
        tz_dst: summerName(evidence.file("/etc/localtime")) ?? zone,
        tz_offset: offset,
      },
    };
  },
};

/** The zone's abbreviation in summer (or its only one), from the POSIX rule that ends a zone file. */
function summerName(zoneFile: string | undefined): string | undefined {
  const rule = zoneFile === undefined ? undefined : zoneFile.trimEnd().split("\n").at(-1);
  const match = rule?.match(/^(<[^>]+>|[A-Za-z]+)[-+\d:]*(<[^>]+>|[A-Za-z]+)?/);
  const name = match?.[2] ?? match?.[1];
  return name?.replace(/[<>]/g, "");
}
