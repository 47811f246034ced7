// The mounts as facts, with where they were found.

import { shellPattern } from "../core/shell-pattern.ts";
import type { Plain } from "../core/value.ts";
import type { Host } from "../host/host.ts";
import { parseEntry, unescapeField } from "./fstab.ts";
import { builtin, defineModule, type PlanContext } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { readText } from "./text-file.ts";
import { askTool } from "./tool-run.ts";

const STATIC = ["/etc/fstab"];
const DYNAMIC = ["/etc/mtab", "/proc/mounts"];

export const mountFacts = defineModule({
  name: "mount_facts",
  aliases: builtin("mount_facts"),
  summary: "Gather the mounts",
  params: {
    properties: {
      devices: {
        type: "array",
        items: { type: "string" },
        default: null,
        description: "Patterns of the devices to tell of.",
      },
      fstypes: {
        type: "array",
        items: { type: "string" },
        default: null,
        description: "Patterns of the types to tell of.",
      },
      sources: {
        type: "array",
        items: { type: "string" },
        default: ["all"],
        description: "Where to look: all, static, dynamic, or files.",
      },
      mount_binary: {
        type: "raw",
        default: null,
        description: "The mount program.",
        ignored: "the kernel's table is read instead",
      },
      timeout: { type: "number", default: null, description: "Seconds for the sizes of all mounts." },
      on_timeout: {
        type: "string",
        enum: ["error", "warn", "ignore"],
        default: "error",
        description: "What to do then.",
      },
      include_aggregate_mounts: { type: "boolean", default: null, description: "Return every mount of a path too." },
    },
  },
  returns: { ansible_facts: "mount_points: path → mount; aggregate_mounts: all of them." },
  async plan(host, params, context) {
    const names = params.sources.flatMap((source) =>
      source === "all"
        ? [...DYNAMIC, ...STATIC]
        : source === "static"
          ? STATIC
          : source === "dynamic"
            ? DYNAMIC
            : [source],
    );
    const texts = await Promise.all(names.map((name) => readText(host, name)));
    const found: Record<string, Plain>[] = [];
    const fits = (patterns: readonly string[] | undefined, text: string): boolean =>
      patterns === undefined || patterns.some((pattern) => shellPattern(pattern).test(text));
    names.forEach((source, index) => {
      for (const line of (texts[index]?.text ?? "").split("\n")) {
        const entry = parseEntry(line);
        if (!entry || !fits(params.devices, entry.src) || !fits(params.fstypes, entry.fstype)) continue;
        found.push({
          mount: entry.path,
          device: entry.src,
          fstype: entry.fstype,
          options: unescapeField(entry.opts),
          dump: Number(entry.dump),
          passno: Number(entry.passno),
          ansible_context: { source, source_data: line },
        });
      }
    });
    const sizes = await sizesOf(
      host,
      [...new Set(found.map((one) => String(one.mount)))],
      params.timeout,
      params.on_timeout,
      context,
    );
    const points: Record<string, Plain> = {};
    const all = found.map((one) => ({ ...one, ...sizes.get(String(one.mount)) }));
    for (const one of all) points[String(one.mount)] ??= one;
    return {
      changes: [],
      result: {
        ansible_facts: {
          mount_points: points,
          aggregate_mounts: params.include_aggregate_mounts === true ? all : [],
        },
      },
    };
  },
});

async function sizesOf(
  host: Host,
  paths: readonly string[],
  timeout: number | undefined,
  onTimeout: "error" | "warn" | "ignore",
  context: PlanContext,
): Promise<Map<string, Record<string, number>>> {
  const found = new Map<string, Record<string, number>>();
  const real = paths.filter((path) => path.startsWith("/"));
  if (real.length === 0) return found;
  const limit = timeout === undefined ? {} : { timeout };
  const answer = await askTool(host, ["stat", "-f", "-c", "%S %s %b %a %c %d %n", "--", ...real], [], limit);
  if (answer.run.timedOut) {
    if (onTimeout === "error")
      failTask("mounts-timeout", `the sizes of the mounts were not told within ${timeout} seconds`);
    if (onTimeout === "warn") context.warn("the sizes of the mounts were not told in time");
  }
  for (const line of answer.stdout.split("\n")) {
    const match = line.match(/^(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (.*)$/);
    if (!match) continue;
    const [fragment = 0, block = 0, blocks = 0, free = 0, inodes = 0, inodesFree = 0] = match.slice(1, 7).map(Number);
    found.set(match[7] ?? "", {
      size_total: fragment * blocks,
      size_available: fragment * free,
      block_size: block,
      block_total: blocks,
      block_available: free,
      block_used: blocks - free,
      inode_total: inodes,
      inode_available: inodesFree,
      inode_used: inodes - inodesFree,
    });
  }
  return found;
}
