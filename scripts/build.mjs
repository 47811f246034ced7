// Builds dist/: TypeScript to JavaScript with declarations, and the files that are no TypeScript beside it.

import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const tsc = join(root, "node_modules", ".bin", "tsc");
const { status } = spawnSync(tsc, ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);
const engine = join(root, "engine");
for (const name of readdirSync(engine, { recursive: true, encoding: "utf8" }))
  if (/\.(pl|sh|json|txt|html)$/.test(name)) cpSync(join(engine, name), join(dist, name));
// bin/tsplay compares this file's time with the sources'.
writeFileSync(join(dist, ".built"), "");
