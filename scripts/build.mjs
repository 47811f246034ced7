// Builds dist/: the program in few files (loading four hundred takes longer than most runs), the declarations of its
// interface, and the agent programs beside the code that sends them.

import { spawnSync } from "node:child_process";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const engine = join(root, "engine");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
await build({
  entryPoints: [join(engine, "cli", "main.ts"), join(engine, "index.ts")],
  outbase: engine,
  outdir: dist,
  bundle: true,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  format: "esm",
  platform: "node",
  target: "node20",
  // ssh2 has parts that are compiled where it is installed; the others are loaded rarely.
  external: ["ssh2", "listr2", "tar"],
  // Packages of the older kind that are bundled ask for Node's own modules by require.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  logLevel: "warning",
});
const tsc = join(root, "node_modules", ".bin", "tsc");
const { status } = spawnSync(tsc, ["-p", "tsconfig.build.json", "--emitDeclarationOnly"], {
  cwd: root,
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);
cpSync(join(engine, "host", "agent"), join(dist, "chunks", "agent"), { recursive: true });
// bin/tsplay compares this file's time with the sources'.
writeFileSync(join(dist, ".built"), "");
