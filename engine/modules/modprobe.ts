// Kernel modules: loaded now, and at boot.

import type { Host } from "../host/host.ts";
import { type Change, defineModule } from "./module.ts";
import { readOwnText, readText, textChange } from "./text-file.ts";
import { requireTool, runTool } from "./tool-run.ts";

export const modprobe = defineModule({
  name: "modprobe",
  aliases: ["community.general.modprobe"],
  summary: "Load and unload kernel modules",
  params: {
    properties: {
      name: { type: "string", description: "Name of the module." },
      state: { type: "string", enum: ["absent", "present"], default: "present", description: "Whether it is loaded." },
      params: { type: "string", default: "", description: "Its parameters." },
      persistent: {
        type: "string",
        enum: ["disabled", "present", "absent"],
        default: "disabled",
        description: "Whether it is loaded at boot.",
      },
    },
    required: ["name"],
  },
  returns: { name: "The module.", params: "Its parameters.", state: "As asked." },
  async plan(host, { name, state, params, persistent }, context) {
    const [isLoaded, lasting] = await Promise.all([
      loaded(host, name),
      persistent === "disabled" ? [] : lastingChanges(host, name, params, persistent === "present"),
    ]);
    const predicted = context.predictions
      .of("module")
      .filter((one) => same(one.name, name))
      .at(-1);
    const changes: Change[] = [];
    const there = predicted?.loaded ?? isLoaded;
    if (there !== (state === "present")) {
      await requireTool(host, "modprobe");
      const words = params.split(/\s+/).filter((word) => word !== "");
      const argv = state === "present" ? ["modprobe", "--", name, ...words] : ["modprobe", "-r", "--", name];
      const what = `${state === "present" ? "load" : "unload"} the kernel module ${name}`;
      changes.push({
        what,
        predict: [{ kind: "module", name, loaded: state === "present" }],
        async apply(target) {
          await runTool(target, argv, what);
          return undefined;
        },
      });
    }
    return { changes: [...changes, ...lasting], result: { name, params, state } };
  },
  touches: (params) =>
    typeof params.name === "string" ? [{ kind: "module", name: params.name, loaded: params.state !== "absent" }] : [],
});

function same(a: string, b: string): boolean {
  return a.replaceAll("-", "_") === b.replaceAll("-", "_");
}

/** Loaded, or built into the kernel. */
async function loaded(host: Host, name: string): Promise<boolean> {
  const [modules, release] = await Promise.all([
    readText(host, "/proc/modules"),
    readText(host, "/proc/sys/kernel/osrelease"),
  ]);
  if ((modules?.text ?? "").split("\n").some((line) => same(line.split(" ")[0] ?? "", name))) return true;
  const builtIn = await readOwnText(host, `/lib/modules/${release?.text.trim() ?? ""}/modules.builtin`);
  return (builtIn?.text ?? "")
    .split("\n")
    .some((line) => same(line.replace(/^.*\//, "").replace(/\.ko(?:\.\w+)?$/, ""), name));
}

async function lastingChanges(host: Host, name: string, params: string, wanted: boolean): Promise<Change[]> {
  const [loads, options] = await Promise.all([
    host.glob("/etc/modules-load.d/*.conf"),
    host.glob("/etc/modprobe.d/*.conf"),
  ]);
  const [loadFiles, optionFiles] = await Promise.all([readAll(host, loads), readAll(host, options)]);
  const changes: Change[] = [];
  const isLoad = (line: string): boolean => same(line.trim(), name);
  const isOption = (line: string): boolean =>
    /^\s*options\s/.test(line) && same(line.trim().split(/\s+/)[1] ?? "", name);
  if (!wanted) {
    for (const [files, matches] of [
      [loadFiles, isLoad],
      [optionFiles, isOption],
    ] as const)
      for (const { path, text } of files) {
        const after = text
          .split("\n")
          .map((line) => (matches(line) ? `#${line}` : line))
          .join("\n");
        if (after !== text) changes.push(textChange({ path, before: text, after }));
      }
    return changes;
  }
  if (!loadFiles.some(({ text }) => text.split("\n").some(isLoad)))
    changes.push(put(`/etc/modules-load.d/${name}.conf`, loadFiles, `${name}\n`));
  if (params !== "") {
    const lines = optionFiles.flatMap(({ text }) => text.split("\n")).filter(isOption);
    const wantedLine = `options ${name} ${params}`;
    if (!lines.some((line) => line.trim().split(/\s+/).slice(2).join(" ") === params.trim().split(/\s+/).join(" ")))
      changes.push(put(`/etc/modprobe.d/${name}.conf`, optionFiles, `${wantedLine}\n`));
  }
  return changes;
}

function put(path: string, files: readonly { readonly path: string; readonly text: string }[], after: string): Change {
  return textChange({ path, before: files.find((file) => file.path === path)?.text, after });
}

async function readAll(host: Host, paths: readonly string[]): Promise<{ path: string; text: string }[]> {
  const texts = await Promise.all(paths.map((path) => readText(host, path)));
  return paths.map((path, index) => ({ path, text: texts[index]?.text ?? "" }));
}
