// What systemd says of a unit, and how a dry run sees units that earlier tasks make.

import { isUnknown, Undecided } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import { packageBringingUnit } from "../host/predicted-packages.ts";
import type { Predictions, UnitPrediction } from "../host/prediction.ts";
import { askTool } from "./tool-run.ts";

export type Scope = "system" | "user" | "global";

/** A unit as it is, or as it would be. */
export interface UnitState {
  /** Properties of `systemctl show`. */
  readonly properties: Readonly<Record<string, string>>;
  readonly exists: boolean;
  readonly enabled: boolean;
  readonly masked: boolean;
  readonly running: boolean;
  /** Whether it is on its way down. */
  readonly stopping: boolean;
  readonly needsReload: boolean;
  /** systemd does not run on the host (chroot, image): units can be enabled, not started. */
  readonly offline: boolean;
}

/** What `systemctl is-enabled` calls enabled, without those that Ansible does not count. */
const ENABLED = new Set(["enabled", "enabled-runtime", "static", "generated", "transient"]);
const UNIT_FOLDERS = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/local/lib/systemd/system",
  "/lib/systemd/system",
  "/usr/lib/systemd/system",
];

/** The name with its type; `.service` when it has none. */
export function unitName(name: string): string {
  return /\.(?:service|socket|timer|mount|automount|path|target|slice|scope|swap|device)$/.test(name)
    ? name
    : `${name}.service`;
}

/** The words before a verb: `systemctl --user …`. */
export function systemctl(scope: Scope): string[] {
  return scope === "system" ? ["systemctl"] : ["systemctl", `--${scope}`];
}

/** Variables that a user's manager needs. */
export async function scopeEnvironment(host: Host, scope: Scope): Promise<Record<string, string>> {
  if (scope !== "user") return {};
  const uid = (await host.getent("passwd", host.user))?.[0]?.[2] ?? "0";
  return { XDG_RUNTIME_DIR: `/run/user/${uid}` };
}

/** One `systemctl show`; a dry run adds what earlier tasks predicted. Throws Undecided when that leaves it open. */
export async function unitState(
  host: Host,
  name: string,
  scope: Scope,
  env: Readonly<Record<string, string>>,
  predictions: Predictions,
): Promise<UnitState> {
  const real = await realState(host, name, scope, env);
  return predicted(host, unitName(name), real, predictions);
}

async function realState(
  host: Host,
  name: string,
  scope: Scope,
  env: Readonly<Record<string, string>>,
): Promise<UnitState> {
  const answer = await askTool(host, [...systemctl(scope), "show", "--no-pager", "--", unitName(name)], [], { env });
  const properties = propertiesOf(answer.stdout);
  if (properties.LoadState === undefined) return offlineState(host, name, scope, env);
  const state = properties.UnitFileState ?? "";
  const active = properties.ActiveState ?? "";
  return {
    properties,
    exists: properties.LoadState !== "not-found" || state !== "",
    enabled: ENABLED.has(state),
    masked: properties.LoadState === "masked" || state.startsWith("masked"),
    running: active === "active" || active === "activating" || active === "reloading",
    stopping: active === "deactivating",
    needsReload: properties.NeedDaemonReload === "yes",
    offline: false,
  };
}

/** Where systemd does not run, unit files can still be asked about. */
async function offlineState(
  host: Host,
  name: string,
  scope: Scope,
  env: Readonly<Record<string, string>>,
): Promise<UnitState> {
  const answer = await askTool(host, [...systemctl(scope), "is-enabled", "--", unitName(name)], [], { env });
  const state = answer.stdout.trim().split("\n")[0] ?? "";
  return {
    properties: { UnitFileState: state },
    exists: state !== "" && state !== "not-found",
    enabled: ENABLED.has(state),
    masked: state.startsWith("masked"),
    running: false,
    stopping: false,
    needsReload: false,
    offline: true,
  };
}

async function predicted(host: Host, unit: string, real: UnitState, predictions: Predictions): Promise<UnitState> {
  const own = predictions.of("unit").filter((one) => unitName(one.name) === unit);
  const packages = predictions.of("package");
  if (own.length === 0 && packages.length === 0 && predictions.of("path").length === 0) return real;
  const file = await hasUnitFile(host, unit, predictions);
  const bringing = real.exists || file ? undefined : packageBringingUnit(unit, predictions);
  const state = own.reduce(withPrediction, { ...real, exists: real.exists || file });
  if (bringing !== undefined && own.length === 0)
    throw new Undecided(`the unit ${unit} may come with the package ${bringing}, which an earlier task installs`);
  return state;
}

function withPrediction(state: UnitState, one: UnitPrediction): UnitState {
  for (const value of [one.enabled, one.active]) if (isUnknown(value)) throw new Undecided(value);
  return {
    ...state,
    exists: one.exists ?? true,
    enabled: one.enabled === undefined ? state.enabled : one.enabled === true,
    masked: one.enabled === undefined ? state.masked : one.enabled === "masked",
    running: one.active === undefined ? state.running : one.active === true,
  };
}

/** A unit file that earlier tasks write. */
async function hasUnitFile(host: Host, unit: string, predictions: Predictions): Promise<boolean> {
  const names = [unit, unit.replace(/@[^.]*\./, "@.")];
  const paths = UNIT_FOLDERS.flatMap((folder) => names.map((name) => `${folder}/${name}`));
  const written = predictions.of("path").filter((one) => paths.includes(one.path) && one.type !== "absent");
  if (written.length === 0) return false;
  const stats = await Promise.all(written.map((one) => host.stat(one.path)));
  return stats.some((stat) => stat !== undefined);
}

/** `Name=value` lines; a value may hold line breaks only in `{ … }` lists, which stay on one line. */
export function propertiesOf(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  let last: string | undefined;
  for (const line of text.split("\n")) {
    const cut = line.indexOf("=");
    if (cut > 0 && /^[A-Za-z0-9_]+$/.test(line.slice(0, cut))) {
      last = line.slice(0, cut);
      found[last] = line.slice(cut + 1);
    } else if (last !== undefined && line !== "") found[last] = `${found[last]}\n${line}`;
  }
  return found;
}
