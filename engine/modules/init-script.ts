// Services with init scripts (/etc/init.d), as `sysvinit` and `service` without systemd manage them.

import type { Result } from "../core/result.ts";
import type { Host } from "../host/host.ts";
import { builtin, type Change, defineModule, type Plan } from "./module.ts";
import { shellWords } from "./shell-words.ts";
import { failTask } from "./task-failure.ts";
import { askTool, runTool } from "./tool-run.ts";

export interface InitWish {
  readonly name: string;
  readonly state: "started" | "stopped" | "restarted" | "reloaded" | undefined;
  readonly enabled: boolean | undefined;
  readonly sleep: number;
  readonly pattern: string | undefined;
  readonly arguments: string;
  readonly daemonize?: boolean;
}

export async function planInitScript(host: Host, wish: InitWish): Promise<Plan> {
  const script = `/etc/init.d/${wish.name}`;
  const [stat, links, status] = await Promise.all([
    host.stat(script),
    host.glob(`/etc/rc[2345].d/S[0-9][0-9]${wish.name}`),
    wish.state === undefined ? undefined : isRunning(host, wish),
  ]);
  if (!stat) failTask("service-missing", `Cannot find the service ${wish.name}: there is no ${script}`);
  const changes: Change[] = [];
  if (wish.enabled !== undefined && wish.enabled !== links.length > 0) {
    const verb = wish.enabled ? "enable" : "disable";
    changes.push({
      what: `${verb} ${wish.name}`,
      predict: [{ kind: "unit", name: wish.name, enabled: wish.enabled }],
      async apply(target) {
        if (wish.enabled) await runTool(target, ["update-rc.d", wish.name, "defaults"], `enable ${wish.name}`);
        await runTool(target, ["update-rc.d", wish.name, verb], `${verb} ${wish.name}`);
        return undefined;
      },
    });
  }
  const action = actionOf(wish, status ?? false);
  if (action !== undefined)
    changes.push({
      what: `${action} ${wish.name}`,
      predict: [{ kind: "unit", name: wish.name, active: action !== "stop" }],
      async apply(target) {
        const call = (verb: string) =>
          runTool(target, [script, verb, ...shellWords(wish.arguments)], `Failed to ${verb} ${wish.name}`);
        if (action === "restart") {
          await call("stop");
          await new Promise((resolve) => setTimeout(resolve, wish.sleep * 1000));
          await call("start");
        } else await call(action);
        return undefined;
      },
    });
  const result: Partial<Result> = {
    name: wish.name,
    ...(wish.state === undefined ? {} : { state: wish.state === "stopped" ? "stopped" : "started" }),
    ...(wish.enabled === undefined ? {} : { enabled: wish.enabled }),
  };
  return { changes, result };
}

async function isRunning(host: Host, wish: InitWish): Promise<boolean> {
  if (wish.pattern !== undefined) {
    const { code } = await askTool(host, ["pgrep", "-f", "--", wish.pattern]);
    return code === 0;
  }
  const { code, stdout } = await askTool(
    host,
    [`/etc/init.d/${wish.name}`, "status"],
    [{ kind: "unit", name: wish.name }],
  );
  return code === 0 && !/\b(?:not running|stopped|dead)\b/.test(stdout);
}

function actionOf(wish: InitWish, running: boolean): "start" | "stop" | "restart" | "reload" | undefined {
  if (wish.state === "started") return running ? undefined : "start";
  if (wish.state === "stopped") return running ? "stop" : undefined;
  if (wish.state === "restarted") return "restart";
  return wish.state === "reloaded" ? "reload" : undefined;
}

export const sysvinit = defineModule({
  name: "sysvinit",
  aliases: builtin("sysvinit"),
  summary: "Manage services with init scripts",
  params: {
    properties: {
      name: { type: "string", aliases: ["service"], description: "Name of the init script." },
      state: {
        type: "string",
        enum: ["started", "stopped", "restarted", "reloaded"],
        default: null,
        description: "Whether it runs.",
      },
      enabled: { type: "boolean", default: null, description: "Whether it starts at boot." },
      sleep: { type: "integer", default: 1, description: "Seconds between stop and start of a restart." },
      pattern: { type: "string", default: null, description: "Text in the process list that tells that it runs." },
      arguments: { type: "string", default: "", aliases: ["args"], description: "Arguments of the script." },
    },
    required: ["name"],
    oneOf: [["state", "enabled"]],
  },
  returns: { name: "The service.", state: "As asked.", enabled: "As asked." },
  plan: (host, params) => planInitScript(host, params),
});
