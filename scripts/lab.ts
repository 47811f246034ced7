// The lab from the command line while the real command is being written: up N | status | ssh HOST [COMMAND] | down.

import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { problemOf } from "../engine/core/problem.ts";
import { labDown, labSsh, labStatus, labUp } from "../engine/lab/lab.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { name: { type: "string" }, suite: { type: "string" }, python: { type: "boolean" } },
});
const [verb, first, ...rest] = positionals;
const begin = Date.now();
const say = (text: string): void => console.log(`${((Date.now() - begin) / 1000).toFixed(1).padStart(5)} s  ${text}`);

try {
  if (verb === "up") {
    const lab = await labUp({ ...values, count: Number(first ?? 3), projectDir: process.cwd(), onProgress: say });
    say(`up: ${lab.hosts.map(({ name, address }) => `${name} ${address}`).join(", ")}; -i ${lab.inventory}`);
  } else if (verb === "down") say((await labDown({ ...values, onProgress: say })) ? "down" : "there was none");
  else if (verb === "ssh") {
    const [program = "", ...args] = await labSsh({ ...values, ...(first ? { host: first } : {}), command: rest });
    process.exitCode = spawnSync(program, args, { stdio: "inherit" }).status ?? 255;
  } else console.log(JSON.stringify(await labStatus(), null, 2));
} catch (error) {
  const { code, message, hint } = problemOf(error);
  console.error(`${code}: ${message}${hint ? `\n  ${hint}` : ""}`);
  process.exitCode = 1;
}
