// Inventories that a program prints: `PROGRAM --list` gives groups and `_meta.hostvars` as JSON, or else
// `PROGRAM --host NAME` is asked for each host. It has a time limit, and what it says on stderr is shown when it fails.

import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { fail, type Problem } from "../core/problem.ts";
import { type Data, Template, type Value, VaultText } from "../core/value.ts";
import { loadJson } from "../text/json.ts";
import { hasMarks } from "../text/templates.ts";
import type { InventoryGraph, SourcePlace } from "./graph.ts";

export interface ScriptOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly warn: (problem: Problem) => void;
  /** Milliseconds that one call may take. */
  readonly timeout: number;
}

/** Most bytes that a program may print. */
const MOST_OUTPUT = 256 * 1024 * 1024;

/** Runs the program and adds what it prints. Throws Failure `inventory-script…`. */
export async function readScript(
  path: string,
  graph: InventoryGraph,
  place: SourcePlace,
  options: ScriptOptions,
): Promise<void> {
  const data = await ask(path, ["--list"], options);
  if (!(data instanceof Map)) wrongShape(path, "prints a JSON value that is no object");
  const hosts = new Set<string>();
  let hostvars: Map<Data, Data> | undefined;
  for (const [key, value] of data) {
    const name = String(key);
    if (name === "_meta") hostvars = hostvarsOf(path, value);
    else for (const host of readGroup(path, name, value, graph, place)) hosts.add(host);
  }
  for (const host of hosts) {
    const vars = hostvars ? hostvars.get(host) : await ask(path, ["--host", host], options);
    if (vars === undefined || vars === null) continue;
    if (!(vars instanceof Map)) wrongShape(path, `gives variables of the host '${host}' that are no object`);
    for (const [key, value] of vars) graph.setHostVar(host, String(key), trusted(value));
  }
}

function hostvarsOf(path: string, meta: Data): Map<Data, Data> | undefined {
  const vars = meta instanceof Map ? meta.get("hostvars") : undefined;
  if (vars instanceof Map) return vars;
  return wrongShape(path, "prints a '_meta' without an object 'hostvars'");
}

/** Adds one group; gives the names of the hosts it lists. */
function readGroup(path: string, name: string, value: Data, graph: InventoryGraph, place: SourcePlace): string[] {
  graph.ensureGroup(name);
  const shorthand = value instanceof Map && !["hosts", "vars", "children"].some((key) => value.has(key));
  // Older forms: a list of hosts, and variables of a host that has the group's name.
  const group = !(value instanceof Map)
    ? new Map<Data, Data>([["hosts", value]])
    : shorthand
      ? new Map<Data, Data>([
          ["hosts", [name]],
          ["vars", value],
        ])
      : value;
  const hosts = namesOf(path, name, "hosts", group.get("hosts"));
  for (const host of hosts) graph.ensureHost(host, name, undefined, place);
  const vars = group.get("vars");
  if (vars !== undefined && vars !== null) {
    if (!(vars instanceof Map)) wrongShape(path, `gives 'vars' of the group '${name}' that are no object`);
    for (const [key, item] of vars) graph.setGroupVar(name, String(key), trusted(item));
  }
  for (const child of namesOf(path, name, "children", group.get("children"))) graph.addChild(name, child);
  return hosts;
}

function namesOf(path: string, group: string, key: string, value: Data | undefined): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.map(String);
  return wrongShape(path, `gives '${key}' of the group '${group}' that are no list of names`);
}

/** An inventory program's text counts as the user's own; `{"__ansible_unsafe": …}` says otherwise. */
function trusted(value: Data): Value {
  if (typeof value === "string") return hasMarks(value) ? new Template(value) : value;
  if (Array.isArray(value)) return value.map(trusted);
  if (value instanceof Map) {
    const unsafe = value.get("__ansible_unsafe");
    if (value.size === 1 && typeof unsafe === "string") return unsafe;
    const vault = value.get("__ansible_vault");
    if (value.size === 1 && typeof vault === "string") return new VaultText(vault);
    return new Map([...value].map(([key, item]) => [key, trusted(item)] as const));
  }
  return value;
}

function wrongShape(path: string, what: string): never {
  fail("inventory-script-output", `the inventory program ${path} ${what}`, {
    hint: 'it must print {"group": {"hosts": [...], "vars": {...}, "children": [...]}, "_meta": {"hostvars": {...}}}',
  });
}

async function ask(path: string, args: readonly string[], options: ScriptOptions): Promise<Data> {
  const { stdout, stderr } = await run(path, args, options);
  if (args[0] === "--host" && stdout.trim() === "") return new Map();
  try {
    return loadJson(stdout, `the output of ${path} ${args.join(" ")}`);
  } catch (error) {
    const shown = stdout.trim() === "" ? "nothing" : `'${short(stdout)}'`;
    return fail(
      "inventory-script-output",
      `the inventory program ${path} ${args.join(" ")} printed ${shown}, which is not JSON`,
      {
        ...(stderr.trim() === "" ? {} : { hint: `it says: ${short(stderr)}` }),
        ...(error instanceof Error ? { cause: { code: "json-syntax", message: error.message } } : {}),
      },
    );
  }
}

function run(
  path: string,
  args: readonly string[],
  options: ScriptOptions,
): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, {
      cwd: dirname(path),
      env: options.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let size = 0;
    let ended: "timeout" | "output" | undefined;
    const stop = (why: "timeout" | "output"): void => {
      ended = why;
      killGroup(child.pid);
    };
    const timer = setTimeout(() => stop("timeout"), options.timeout);
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_OUTPUT) stop("output");
      else out.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (err.length < 1000) err.push(chunk);
    });
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      try {
        act();
      } catch (error) {
        reject(error);
      }
    };
    child.on("error", (error: NodeJS.ErrnoException) => finish(() => cannotStart(path, error)));
    child.on("close", (code, signal) =>
      finish(() => {
        const stderr = Buffer.concat(err).toString("utf8");
        const command = [path, ...args].join(" ");
        if (ended === "timeout")
          fail(
            "inventory-script-timeout",
            `the inventory program ${command} did not end within ${options.timeout / 1000} s`,
            hintOf(stderr),
          );
        if (ended === "output") fail("inventory-script-output", `the inventory program ${command} prints without end`);
        if (code !== 0)
          fail(
            "inventory-script",
            `the inventory program ${command} ended with ${signal ?? `status ${code}`}`,
            hintOf(stderr),
          );
        resolve({ stdout: Buffer.concat(out).toString("utf8"), stderr });
      }),
    );
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself in the meantime.
  }
}

function cannotStart(path: string, error: NodeJS.ErrnoException): never {
  fail("inventory-script", `the inventory program ${path} cannot be started: ${error.message}`, {
    hint: error.code === "ENOENT" ? "does its first line name an interpreter that is installed?" : undefined,
  });
}

function hintOf(stderr: string): { hint?: string } {
  return stderr.trim() === "" ? {} : { hint: `it says: ${short(stderr)}` };
}

function short(text: string): string {
  const line = text.trim();
  return line.length > 400 ? `${line.slice(0, 200)} … ${line.slice(-200)}` : line;
}
