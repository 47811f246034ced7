// Runs a program of this machine and hands back what it said. The lab's only way to start short-lived programs.

import { spawn } from "node:child_process";
import { fail } from "../core/problem.ts";

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Written to standard input, which is closed afterwards. */
  readonly input?: string;
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Told each line of output as it comes (both streams). */
  readonly onLine?: (line: string) => void;
}

/** Runs a program to its end, whatever its exit status; 127 when it does not exist. */
export function tryCommand(argv: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, PATH: searchPath(), LC_ALL: "C", ...options.environment },
    });
    let stdout = "";
    let stderr = "";
    const follow = lineFollower(options.onLine);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      follow(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      follow(text);
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve({ code: 127, stdout, stderr: `${program}: not found` });
      else reject(error);
    });
    child.on("close", (code) => resolve({ code: code ?? 128, stdout, stderr }));
    // A program that ends without reading its input is no fault of ours.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}

/** Runs a program that must succeed and gives its output; Failure `lab-command-failed` with what it said. */
export async function command(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(argv, options);
  if (code === 0) return stdout;
  const said = (stderr.trim() || stdout.trim()).split("\n").slice(-6).join("\n");
  return fail("lab-command-failed", `\`${argv.join(" ")}\` ended with exit status ${code}: ${said || "(no output)"}`);
}

/** The search path with the folders of the system's own programs, which `su` without `-` leaves out. */
export function searchPath(): string {
  return [process.env.PATH ?? "/usr/bin:/bin", "/usr/sbin", "/sbin"].join(":");
}

function lineFollower(onLine: ((line: string) => void) | undefined): (text: string) => void {
  if (!onLine) return () => undefined;
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
}
