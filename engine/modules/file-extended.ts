// chattr flags and SELinux contexts of a path. Asked for rarely, so read with the system's own programs.

import { fail } from "../core/problem.ts";
import type { Host } from "../host/host.ts";

interface ExtendedParams {
  readonly attributes?: string | undefined;
  readonly seuser?: string | undefined;
  readonly serole?: string | undefined;
  readonly setype?: string | undefined;
  readonly selevel?: string | undefined;
}

/** What brings flags and context to what is asked; undefined if they are so already or nothing is asked. */
export async function planExtended(
  host: Host,
  path: string,
  params: ExtendedParams,
): Promise<((host: Host) => Promise<void>) | undefined> {
  const [flags, context] = await Promise.all([
    planFlags(host, path, params.attributes),
    planContext(host, path, params),
  ]);
  if (!flags && !context) return undefined;
  return async (target) => {
    for (const argv of [flags, context]) if (argv) await mustRun(target, argv);
  };
}

/** Flags and context of something that was just written. */
export async function applyExtended(host: Host, path: string, params: ExtendedParams): Promise<void> {
  const apply = await planExtended(host, path, params);
  await apply?.(host);
}

async function planFlags(host: Host, path: string, wanted: string | undefined): Promise<string[] | undefined> {
  if (wanted === undefined || wanted === "") return undefined;
  const operator = /^[-+=]/.test(wanted) ? wanted.charAt(0) : "=";
  const letters = [...wanted.replace(/^[-+=]/, "")];
  const present = await readFlags(host, path);
  if (present !== undefined) {
    const same =
      operator === "+"
        ? letters.every((letter) => present.includes(letter))
        : operator === "-"
          ? !letters.some((letter) => present.includes(letter))
          : [...present].sort().join("") === [...letters].sort().join("");
    if (same) return undefined;
  }
  return ["chattr", `${operator}${letters.join("")}`, path];
}

/** Letters of lsattr, without the dashes; undefined if the path does not exist yet or has none. */
export async function readFlags(host: Host, path: string): Promise<string | undefined> {
  const { code, stdout } = await host.run({
    argv: ["lsattr", "-d", path],
    env: { LC_ALL: "C" },
    reads: true,
    about: [{ kind: "path", path }],
  });
  return code === 0 ? (stdout.toString().split(" ")[0] ?? "").replaceAll("-", "") : undefined;
}

async function planContext(host: Host, path: string, params: ExtendedParams): Promise<string[] | undefined> {
  const parts = [
    ["--user", params.seuser],
    ["--role", params.serole],
    ["--type", params.setype],
    ["--range", params.selevel],
  ] as const;
  const given = parts.flatMap(([option, value]) =>
    value !== undefined && value !== "_default" ? [[option, value] as const] : [],
  );
  if (given.length === 0) return undefined;
  const enabled = await host.stat("/sys/fs/selinux/enforce");
  if (!enabled) return undefined;
  const { stdout } = await host.run({ argv: ["stat", "-c", "%C", path], reads: true, about: [{ kind: "path", path }] });
  const [user, role, type, ...range] = stdout.toString().trim().split(":");
  const present: Readonly<Record<string, string | undefined>> = {
    "--user": user,
    "--role": role,
    "--type": type,
    "--range": range.join(":"),
  };
  const due = given.filter(([option, value]) => present[option] !== value);
  return due.length === 0 ? undefined : ["chcon", "-h", ...due.flat(), path];
}

async function mustRun(host: Host, argv: readonly string[]): Promise<void> {
  const { code, stderr } = await host.run({ argv, env: { LC_ALL: "C" } });
  if (code !== 0) fail("attributes-failed", `${argv[0]} failed: ${stderr.toString().trim()}`);
}
