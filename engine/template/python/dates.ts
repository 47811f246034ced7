// Python's datetime and timedelta, as far as templates use them.

import { float, Opaque, type Value } from "../../core/value.ts";
import { Builtin } from "../evaluate/frame.ts";
import type { BinaryOperator } from "../syntax/tree.ts";
import { double, numeric } from "./numbers.ts";
import { formatTime } from "./strftime.ts";
import { str } from "./text.ts";

/** A date and time without zone: its fields are kept as UTC fields of a JavaScript date, micros apart. */
export class DateTime extends Opaque {
  readonly typeName = "datetime";
  /** Milliseconds of the fields read as UTC. */
  readonly fields: number;
  readonly micros: number;
  /** Seconds east of UTC, where known. */
  readonly zone: number | undefined;

  constructor(fields: number, micros = 0, zone?: number) {
    super();
    this.fields = fields;
    this.micros = micros;
    this.zone = zone;
  }

  /** A moment, in UTC or the controller's zone. */
  static at(moment: Date, utc: boolean): DateTime {
    const offset = utc ? 0 : -moment.getTimezoneOffset() * 60_000;
    const time = moment.getTime() + offset;
    return new DateTime(Math.floor(time / 1000) * 1000, (((time % 1000) + 1000) % 1000) * 1000);
  }

  get date(): Date {
    return new Date(this.fields);
  }

  format(pattern: string): string {
    return formatTime(pattern, this.date, this.micros, this.zone);
  }

  text(): string {
    return this.format(this.micros === 0 ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M:%S.%f") + this.zoneText();
  }

  zoneText(): string {
    return this.zone === undefined ? "" : formatTime("%z", this.date, 0, this.zone).replace(/(\d\d)$/, ":$1");
  }

  stored(): string {
    return this.isoformat("T");
  }

  isoformat(separator: string): string {
    return this.text().replace(" ", separator);
  }

  compare(other: Value): number | undefined {
    return other instanceof DateTime ? this.fields - other.fields || this.micros - other.micros : undefined;
  }

  arithmetic(operator: BinaryOperator, other: Value, reversed: boolean): Value | undefined {
    if (other instanceof DateTime && operator === "-" && !reversed)
      return new TimeDelta(this.fields - other.fields, this.micros - other.micros);
    if (other instanceof TimeDelta && (operator === "+" || (operator === "-" && !reversed))) {
      const sign = operator === "+" ? 1 : -1;
      const micros = this.micros + sign * other.micros;
      const carry = Math.floor(micros / 1_000_000);
      return new DateTime(this.fields + sign * other.millis + carry * 1000, micros - carry * 1_000_000, this.zone);
    }
    return undefined;
  }

  attribute(name: string): Value | undefined {
    const { date } = this;
    switch (name) {
      case "year":
        return date.getUTCFullYear();
      case "month":
        return date.getUTCMonth() + 1;
      case "day":
        return date.getUTCDate();
      case "hour":
        return date.getUTCHours();
      case "minute":
        return date.getUTCMinutes();
      case "second":
        return date.getUTCSeconds();
      case "microsecond":
        return this.micros;
      case "strftime":
        return new Builtin("strftime", ({ positional }) => this.format(str(positional[0] ?? "")));
      case "isoformat":
        return new Builtin("isoformat", ({ positional }) => this.isoformat(str(positional[0] ?? "T")));
      case "timestamp":
        return new Builtin("timestamp", () => float(this.epoch() + this.micros / 1e6));
      case "weekday":
        return new Builtin("weekday", () => (date.getUTCDay() + 6) % 7);
      case "isoweekday":
        return new Builtin("isoweekday", () => date.getUTCDay() || 7);
      case "date":
        return new Builtin("date", () => new DateTime(Math.floor(this.fields / 86_400_000) * 86_400_000));
      default:
        return undefined;
    }
  }

  /** Seconds since the epoch; without a zone the fields are the controller's local time. */
  epoch(): number {
    if (this.zone !== undefined) return this.fields / 1000 - this.zone;
    const { date } = this;
    const local = new Date(
      date.getUTCFullYear(),
      date.getUTCMonth(),
      date.getUTCDate(),
      date.getUTCHours(),
      date.getUTCMinutes(),
      date.getUTCSeconds(),
    );
    return local.getTime() / 1000;
  }
}

/** The difference of two dates. */
class TimeDelta extends Opaque {
  readonly typeName = "timedelta";
  /** Whole seconds in milliseconds, and micros from 0 to 999999. */
  readonly millis: number;
  readonly micros: number;
  constructor(millis: number, micros = 0) {
    super();
    const carry = Math.floor(micros / 1_000_000);
    this.millis = millis + carry * 1000;
    this.micros = micros - carry * 1_000_000;
  }
  get days(): number {
    return Math.floor(this.millis / 86_400_000);
  }
  get seconds(): number {
    return Math.floor((this.millis - this.days * 86_400_000) / 1000);
  }
  text(): string {
    const { days, seconds } = this;
    const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const time = clock.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
    const micros = this.micros === 0 ? "" : `.${String(this.micros).padStart(6, "0")}`;
    return (days === 0 ? "" : `${days} day${Math.abs(days) === 1 ? "" : "s"}, `) + time + micros;
  }
  compare(other: Value): number | undefined {
    return other instanceof TimeDelta ? this.millis - other.millis || this.micros - other.micros : undefined;
  }
  arithmetic(operator: BinaryOperator, other: Value): Value | undefined {
    if (other instanceof TimeDelta && operator === "+")
      return new TimeDelta(this.millis + other.millis, this.micros + other.micros);
    if (other instanceof TimeDelta && operator === "-")
      return new TimeDelta(this.millis - other.millis, this.micros - other.micros);
    const factor = numeric(other);
    if (operator === "*" && factor !== undefined)
      return new TimeDelta(this.millis * double(factor), this.micros * double(factor));
    return undefined;
  }
  attribute(name: string): Value | undefined {
    switch (name) {
      case "days":
        return this.days;
      case "seconds":
        return this.seconds;
      case "microseconds":
        return this.micros;
      case "total_seconds":
        return new Builtin("total_seconds", () => float(this.millis / 1000 + this.micros / 1e6));
      default:
        return undefined;
    }
  }
}
