// Paths as users write them made into paths of the host: ~, ~user and $VAR expanded there, relative ones put
// below the user's home folder (where a login shell would be). Used by defineModule for every `path` parameter.

import type { Host } from "../host/host.ts";
import type { ObjectSchema, ParamSchema } from "./params.ts";

type Params = Readonly<Record<string, unknown>>;

/** The parameters with their paths expanded; at once, without a promise, where no path needs the host. */
export function expandPaths(schema: ObjectSchema, params: Params, host: Host): Params | Promise<Params> {
  const due = Object.entries(schema.properties).filter(([name, param]) =>
    pathsOf(param, params[name]).some((path) => needsHost(path, param)),
  );
  if (due.length === 0) return params;
  return expandAll(due, params, host);
}

async function expandAll(
  due: readonly (readonly [string, ParamSchema])[],
  params: Params,
  host: Host,
): Promise<Params> {
  const entries = await Promise.all(
    due.map(async ([name, param]) => {
      const value = params[name];
      const one = (path: unknown) => (typeof path === "string" ? expandPath(host, path, param) : path);
      return [name, Array.isArray(value) ? await Promise.all(value.map(one)) : await one(value)] as const;
    }),
  );
  return { ...params, ...Object.fromEntries(entries) };
}

/** One path expanded on the host. `relative` paths stay relative. Unknown variables and users stay as written. */
export async function expandPath(
  host: Host,
  path: string,
  options: { readonly relative?: boolean } = {},
): Promise<string> {
  let result = path;
  if (result.startsWith("~")) {
    const slash = result.indexOf("/");
    const user = result.slice(1, slash < 0 ? undefined : slash);
    const home = await homeOf(host, user === "" ? host.user : user);
    if (home !== undefined) result = home + (slash < 0 ? "" : result.slice(slash));
  }
  if (/\$[A-Za-z_{]/.test(result)) result = await expandVariables(host, result);
  if (result === "" || result.startsWith("/") || options.relative === true) return result;
  const home = (await homeOf(host, host.user)) ?? "/";
  return `${home === "/" ? "" : home}/${result.replace(/^(\.\/)+/, "")}`;
}

async function homeOf(host: Host, user: string): Promise<string | undefined> {
  const entries = await host.getent("passwd", user);
  return entries?.[0]?.[5];
}

async function expandVariables(host: Host, path: string): Promise<string> {
  const names = [
    ...new Set([...path.matchAll(/\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g)].map((match) => match[1] ?? match[2] ?? "")),
  ];
  const values = new Map<string, string>();
  await Promise.all(
    names.map(async (name) => {
      const { code, stdout } = await host.run({ argv: ["printenv", name], reads: true });
      if (code === 0) values.set(name, stdout.toString().replace(/\n$/, ""));
    }),
  );
  return path.replace(
    /\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g,
    (whole, a: string | undefined, b: string | undefined) => values.get(a ?? b ?? "") ?? whole,
  );
}

function pathsOf(param: ParamSchema, value: unknown): string[] {
  if (param.type === "path") return typeof value === "string" ? [value] : [];
  if (param.type === "array" && param.items?.type === "path" && Array.isArray(value))
    return value.filter((item) => typeof item === "string");
  return [];
}

function needsHost(path: string, param: ParamSchema): boolean {
  if (path.startsWith("~") || /\$[A-Za-z_{]/.test(path)) return true;
  return path !== "" && !path.startsWith("/") && param.relative !== true;
}

/** The folder part of an absolute path, `/` for the root's own entries. */
export function folderOf(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  const slash = trimmed.lastIndexOf("/");
  return slash <= 0 ? "/" : trimmed.slice(0, slash);
}

/** The last name of a path. */
export function nameOf(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

/** `folder` and `name` joined by exactly one slash. */
export function joinPath(folder: string, name: string): string {
  return `${folder.replace(/\/+$/, "")}/${name.replace(/^\/+/, "")}`;
}
