// Kernel parameters: a line in a file of sysctl, and if asked the running kernel.

import type { Prediction } from "../host/prediction.ts";
import { type Change, defineModule } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { readText, textChange } from "./text-file.ts";
import { requireTool, runTool } from "./tool-run.ts";

export const sysctl = defineModule({
  name: "sysctl",
  aliases: ["ansible.posix.sysctl"],
  summary: "Manage kernel parameters",
  params: {
    properties: {
      name: { type: "string", aliases: ["key"], description: "Name of the parameter: net.ipv4.ip_forward." },
      value: { type: "string", default: null, aliases: ["val"], description: "Its value." },
      state: {
        type: "string",
        enum: ["present", "absent"],
        default: "present",
        description: "Whether it stands in the file.",
      },
      ignoreerrors: {
        type: "boolean",
        default: false,
        description: "Parameters that the kernel does not know are no failure.",
      },
      reload: { type: "boolean", default: true, description: "Load the file after it changed." },
      sysctl_file: { type: "path", default: "/etc/sysctl.conf", description: "The file." },
      sysctl_set: { type: "boolean", default: false, description: "Compare with the running kernel and set it there." },
    },
    required: ["name"],
    requiredIf: [["state", "present", ["value"]]],
  },
  returns: {},
  async plan(host, params, context) {
    const name = params.name.trim();
    if (name === "") failTask("sysctl-name", "name cannot be blank");
    const value = params.state === "present" ? normalValue(params.value ?? "") : undefined;
    const [file, running] = await Promise.all([
      readText(host, params.sysctl_file),
      params.sysctl_set && value !== undefined ? readText(host, procPath(name)) : undefined,
    ]);
    const predicted = context.predictions
      .of("sysctl")
      .filter((one) => one.name === name)
      .at(-1)?.value;
    const changes: Change[] = [];
    const before = file?.text ?? "";
    const after = edited(before, name, value);
    const predict: Prediction[] = value === undefined ? [] : [{ kind: "sysctl", name, value }];
    const ignore = params.ignoreerrors ? ["-e"] : [];
    const isRunning = squeezed(predicted ?? running?.text ?? "") === value;
    if (params.sysctl_set && value !== undefined && !isRunning) {
      if (!running && predicted === undefined && !params.ignoreerrors)
        failTask("sysctl-unknown", `the kernel has no parameter ${name} (${procPath(name)})`);
      changes.push({
        what: `set ${name} to ${value}`,
        difference: { before: `${name} = ${squeezed(running?.text ?? "")}\n`, after: `${name} = ${value}\n` },
        predict,
        async apply(target) {
          await runTool(target, ["sysctl", ...ignore, "-w", `${name}=${value}`], `setting ${name} failed`);
          return undefined;
        },
      });
    }
    if (after !== before || (!file && value !== undefined)) {
      const write = textChange({ path: params.sysctl_file, before: file?.text, after, present: file?.stat });
      changes.push({
        ...write,
        predict: [...(write.predict ?? []), ...(params.reload ? predict : [])],
        async apply(target, progress) {
          await write.apply(target, progress);
          if (params.reload)
            await runTool(target, ["sysctl", ...ignore, "-p", params.sysctl_file], "Failed to reload sysctl");
          return undefined;
        },
      });
    }
    if (changes.length > 0 && (params.reload || params.sysctl_set)) await requireTool(host, "sysctl");
    return { changes };
  },
});

/** Booleans as the kernel writes them, white space as one space. */
function normalValue(value: string): string {
  const text = squeezed(value);
  if (/^(?:yes|on|true)$/i.test(text)) return "1";
  return /^(?:no|off|false)$/i.test(text) ? "0" : text;
}

function squeezed(text: string): string {
  return text.trim().split(/\s+/).join(" ");
}

/** Dots separate, unless the name is written with slashes; then a dot is part of a name (eth0.100). */
function procPath(name: string): string {
  const parts =
    name.includes("/") && name.indexOf("/") < (name.indexOf(".") + 1 || Number.POSITIVE_INFINITY)
      ? name
      : name.replace(/[./]/g, (mark) => (mark === "." ? "/" : "."));
  return `/proc/sys/${parts}`;
}

/** The file with the parameter's line replaced, added or (value undefined) taken out. Pure. */
function edited(text: string, name: string, value: string | undefined): string {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  let seen = false;
  const kept = lines.flatMap((line) => {
    const match = line.match(/^\s*-?([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/);
    if (!match || match[1] !== name) return [line];
    if (value === undefined || seen) return [];
    seen = true;
    return squeezed(match[2] ?? "") === value ? [line] : [`${name}=${value}`];
  });
  if (!seen && value !== undefined) kept.push(`${name}=${value}`);
  return kept.length === 0 ? "" : `${kept.join("\n")}\n`;
}
