// Points in time as the certificate modules take and return them: 20301231235959Z, or +52w1d from now.

import { fail } from "../core/problem.ts";

const ABSOLUTE = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?Z$/;
const RELATIVE = /^([+-])(?=.)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/i;

/** Seconds since the epoch. Failure `time-form` names the parameter that held it. */
export function pointInTime(text: string, now: number, param: string): number {
  const absolute = ABSOLUTE.exec(text);
  if (absolute) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = absolute
      .slice(1)
      .map((one) => Number(one ?? 0));
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  }
  const relative = RELATIVE.exec(text.trim());
  if (!relative)
    return fail("time-form", `The time spec "${text}" for ${param} is invalid`, {
      hint: "write a point in time such as 20301231235959Z, or one relative to now such as +52w, +3650d, -1h30m",
    });
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = relative.slice(2).map((one) => Number(one ?? 0));
  const span = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds;
  return Math.floor(now) + (relative[1] === "-" ? -span : span);
}

/** As it is returned: 20301231235959Z. */
export function asn1Time(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
}
