// A world for tests of commands: a folder of its own, no terminal, output remembered.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { World } from "../../../engine/cli/surroundings.ts";

export interface TestWorld extends World {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Runs a command line; the exit code. */
  readonly tsplay: (...words: string[]) => Promise<number>;
  readonly remove: () => void;
}

export function testWorld(
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): TestWorld {
  const cwd = mkdtempSync(join(tmpdir(), "tsplay-cli-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  let out = "";
  let err = "";
  const world: World = {
    cwd,
    env: { HOME: cwd, PATH: process.env.PATH, ...env },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    terminal: false,
    interactive: false,
    size: () => ({ columns: 80, rows: 24 }),
    now: () => 0,
  };
  return {
    ...world,
    stdout: () => out,
    stderr: () => err,
    tsplay: async (...words) => {
      out = "";
      err = "";
      // Imported here, as the commands are: mocha's own way of loading would give them a second copy of every class.
      const { runCommand } = await import("../../../engine/cli/main.ts");
      return runCommand(words, world);
    },
    remove: () => rmSync(cwd, { recursive: true, force: true }),
  };
}
