// Unknown: a value that only the real run can tell. It lives in dry runs and in planning ahead.

/** A value we do not have, with the reason. Any expression over it is Unknown again (template/). */
export class Unknown {
  /** For a person, completing "decided at run time: …", e.g. "the output of 'etcd --version'". */
  readonly reason: string;
  /**
   * `pending`: not known yet, because an earlier task of this run has not finished: the planner that looks
   * ahead stops there and tries again later. `dry`: will not be known in this dry run.
   */
  readonly kind: "dry" | "pending";
  constructor(reason: string, kind: "dry" | "pending" = "dry") {
    this.reason = reason;
    this.kind = kind;
  }
}

export function isUnknown(value: unknown): value is Unknown {
  return value instanceof Unknown;
}

/** Thrown by reads of a host whose answer is Unknown; the runner makes the task undecided (or waits, if pending). */
export class Undecided extends Error {
  readonly unknown: Unknown;
  constructor(unknown: Unknown | string) {
    const value = typeof unknown === "string" ? new Unknown(unknown) : unknown;
    super(value.reason);
    this.name = "Undecided";
    this.unknown = value;
  }
}

/** The first Unknown (of that kind) anywhere inside plain data, maps and lists. */
export function findUnknown(value: unknown, kind?: Unknown["kind"]): Unknown | undefined {
  if (value instanceof Unknown) return kind === undefined || value.kind === kind ? value : undefined;
  if (Array.isArray(value)) return first(value, kind);
  if (value instanceof Map) return first(value.values(), kind);
  if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype)
    return first(Object.values(value), kind);
  return undefined;
}

function first(values: Iterable<unknown>, kind: Unknown["kind"] | undefined): Unknown | undefined {
  for (const value of values) {
    const found = findUnknown(value, kind);
    if (found) return found;
  }
  return undefined;
}
