// From what is asked of a unit to changes: mask, enable, start and their opposites. Shared by systemd and service.

import type { Result } from "../core/result.ts";
import { Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import type { Prediction } from "../host/prediction.ts";
import type { Change, Plan, PlanContext } from "./module.ts";
import type { ParamSchema } from "./params.ts";
import { type Scope, scopeEnvironment, systemctl, type UnitState, unitName, unitState } from "./systemctl.ts";
import { failTask } from "./task-failure.ts";
import { askTool, runTool } from "./tool-run.ts";

/** What may be asked of any service; for `properties`. */
export const UNIT_STATE = {
  state: {
    type: "string",
    enum: ["started", "stopped", "restarted", "reloaded"],
    default: null,
    description: "Whether it runs; restarted and reloaded always act.",
  },
  enabled: { type: "boolean", default: null, description: "Whether it starts at boot." },
} as const satisfies Record<string, ParamSchema>;

export interface UnitWish {
  readonly name: string | undefined;
  readonly state: "started" | "stopped" | "restarted" | "reloaded" | undefined;
  readonly enabled: boolean | undefined;
  readonly masked: boolean | undefined;
  readonly daemonReload: boolean;
  readonly daemonReexec: boolean;
  readonly force: boolean;
  readonly noBlock: boolean;
  readonly scope: Scope;
}

/** What a task that is not planned may do to its unit. */
export function touchesUnit(params: Readonly<Record<string, unknown>>): Prediction[] {
  const { name, enabled, state } = params;
  if (typeof name !== "string") return [];
  return [
    {
      kind: "unit",
      name,
      ...(enabled === undefined ? {} : { enabled: new Unknown(`whether ${name} is enabled`) }),
      ...(state === undefined ? {} : { active: new Unknown(`whether ${name} runs`) }),
    },
  ];
}

export async function planUnit(host: Host, wish: UnitWish, context: PlanContext): Promise<Plan> {
  const env = await scopeEnvironment(host, wish.scope);
  const run = (words: readonly string[], what: string) => (target: Host) =>
    runTool(target, [...systemctl(wish.scope), ...words], what, { env }).then(() => undefined);
  const quiet: Change[] = [];
  if (wish.daemonReexec)
    quiet.push({ what: "re-execute systemd", apply: run(["daemon-reexec"], "failure 1 during daemon-reexec") });
  const reload: Change = {
    what: "reload systemd's units",
    apply: run(["daemon-reload"], "failure 1 during daemon-reload"),
  };
  if (wish.name === undefined) {
    if (wish.daemonReload) quiet.unshift(reload);
    return { changes: quiet, result: { changed: false, name: null, status: {} } };
  }
  const { name } = wish;
  const unit = unitName(name);
  const state = await unitState(host, name, wish.scope, env, context.predictions);
  const mustReload = wish.daemonReload && (state.needsReload || !state.exists || state.offline);
  if (mustReload && !state.offline) quiet.unshift(reload);
  const wants = wish.state !== undefined || wish.enabled !== undefined || wish.masked !== undefined;
  if (wants && !state.exists && !(wish.daemonReload && (await hasInitScript(host, name))))
    await refuseMissing(host, wish, name);
  const changes = [
    ...maskChanges(wish, unit, state, run),
    ...enableChanges(wish, unit, state, run),
    ...stateChanges(wish, unit, state, host, env),
  ];
  const result: Partial<Result> = {
    name,
    status: state.properties,
    ...(wish.enabled === undefined ? {} : { enabled: wish.enabled }),
    ...(wish.state === undefined ? {} : { state: wish.state === "stopped" ? "stopped" : "started" }),
  };
  return { changes: [...quiet, ...changes], result: changes.length > 0 ? result : { ...result, changed: false } };
}

type Runner = (words: readonly string[], what: string) => (host: Host) => Promise<undefined>;

function maskChanges(wish: UnitWish, unit: string, state: UnitState, run: Runner): Change[] {
  if (wish.masked === undefined || wish.masked === state.masked) return [];
  const verb = wish.masked ? "mask" : "unmask";
  const force = wish.force ? ["--force"] : [];
  return [
    {
      what: `${verb} ${unit}`,
      predict: [{ kind: "unit", name: unit, enabled: wish.masked ? "masked" : false }],
      apply: run([verb, ...force, "--", unit], `Unable to ${verb} service ${unit}`),
    },
  ];
}

function enableChanges(wish: UnitWish, unit: string, state: UnitState, run: Runner): Change[] {
  if (wish.enabled === undefined || wish.enabled === state.enabled) return [];
  // A static or generated unit cannot be disabled: it has nothing that enables it.
  const fixed = state.properties.UnitFileState;
  if (!wish.enabled && (fixed === "static" || fixed === "generated" || fixed === "transient")) return [];
  const verb = wish.enabled ? "enable" : "disable";
  const force = wish.force ? ["--force"] : [];
  return [
    {
      what: `${verb} ${unit}`,
      predict: [{ kind: "unit", name: unit, enabled: wish.enabled }],
      apply: run([verb, ...force, "--", unit], `Unable to ${verb} service ${unit}`),
    },
  ];
}

/** What is done to reach a state. */
function actionFor(wish: UnitWish, state: UnitState): "start" | "stop" | "restart" | "reload" | undefined {
  switch (wish.state) {
    case "started":
      return state.running ? undefined : "start";
    case "stopped":
      return state.running || state.stopping ? "stop" : undefined;
    case "restarted":
      return state.running ? "restart" : "start";
    case "reloaded":
      return state.running ? "reload" : "start";
    default:
      return undefined;
  }
}

function stateChanges(
  wish: UnitWish,
  unit: string,
  state: UnitState,
  host: Host,
  env: Readonly<Record<string, string>>,
): Change[] {
  const action = actionFor(wish, state);
  if (action === undefined) return [];
  if (state.offline)
    failTask(
      "systemd-offline",
      `Service is in unknown state: systemd does not run on ${host.name}, so ${unit} cannot be ${wish.state}`,
    );
  return [
    {
      what: `${action} ${unit}`,
      predict: [{ kind: "unit", name: unit, active: action !== "stop" }],
      apply: (target) => act(target, action, unit, wish, env),
    },
  ];
}

async function act(
  host: Host,
  action: string,
  unit: string,
  wish: UnitWish,
  env: Readonly<Record<string, string>>,
): Promise<undefined> {
  const options = wish.noBlock ? ["--no-block"] : [];
  const argv = [...systemctl(wish.scope), ...options, action, "--", unit];
  const answer = await host.run({ argv, env: { LC_ALL: "C", ...env } });
  if (answer.code === 0) return undefined;
  const words = answer.stderr.toString().trim();
  const status = await askTool(host, [...systemctl(wish.scope), "status", "--no-pager", "--lines=5", "--", unit], [], {
    env,
  });
  failTask("systemd-failed", `Unable to ${action} service ${wish.name}: ${words}`, {
    rc: answer.code,
    stderr: words,
    stdout: status.stdout,
  });
}

async function hasInitScript(host: Host, name: string): Promise<boolean> {
  return (await host.stat(`/etc/init.d/${name.replace(/\.service$/, "")}`)) !== undefined;
}

/** A unit that cannot be found: stopping or disabling it is no work that Ansible would accept either. */
async function refuseMissing(host: Host, wish: UnitWish, name: string): Promise<void> {
  if (await hasInitScript(host, name)) return;
  if (wish.masked === true && wish.state === undefined && wish.enabled === undefined) return;
  failTask("systemd-no-unit", `Could not find the requested service ${name}: host`);
}
