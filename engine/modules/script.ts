// Runs a script of the controller on the host: written to a temporary file, run by its own interpreter, removed.

import { fail } from "../core/problem.ts";
import { predictedPaths, runCommand, STREAM_RETURNS, unneeded } from "./command-result.ts";
import { builtin, defineModule } from "./module.ts";
import { shellQuote, shellWords } from "./shell-words.ts";

export const script = defineModule({
  name: "script",
  aliases: builtin("script"),
  summary: "Run a script of the controller on the host",
  freeForm: "cmd",
  params: {
    properties: {
      cmd: { type: "string", description: "Path of the script on the controller, with its arguments." },
      chdir: { type: "path", description: "Folder to run it in." },
      creates: { type: "path", relative: true, description: "If it exists, the script is not run." },
      removes: { type: "path", relative: true, description: "If it does not exist, the script is not run." },
      executable: { type: "string", description: "Interpreter to run it with." },
      decrypt: { type: "boolean", default: true, description: "Decrypt a vaulted script." },
    },
    required: ["cmd"],
  },
  returns: STREAM_RETURNS,
  async plan(host, params, context) {
    const [name] = shellWords(params.cmd);
    if (name === undefined) fail("script-empty", "no script given");
    const rest = argumentsOf(params.cmd);
    const needless = await unneeded(host, params);
    if (needless)
      return {
        changes: [],
        skipped: `${needless.path} ${needless.reason}, ${needless.reason === "exists" ? "matching creates" : "matching removes"} option`,
      };
    const content = await context.readController(context.find(name, "files"), { decrypt: params.decrypt });
    return {
      outcome: {
        reason: `the output of the script ${name}`,
        keys: Object.keys(STREAM_RETURNS),
      },
      changes: [
        {
          what: `run the script ${name}`,
          predict: predictedPaths(params),
          async apply(target) {
            const path = await target.temporary({ prefix: "tsplay-", suffix: `-${name.replace(/^.*\//, "")}` });
            try {
              await target.write(path, content, { mode: 0o700 });
              const line = `${interpreter(content, params.executable)}${shellQuote(path)}${rest}`;
              const {
                cmd: _cmd,
                start: _start,
                end: _end,
                delta: _delta,
                msg,
                ...result
              } = await runCommand(target, { script: line, cwd: params.chdir }, line, false);
              return msg === "" ? result : { ...result, msg };
            } finally {
              await target.remove(path);
            }
          },
        },
      ],
    };
  },
});

/** The text behind the script's name, as written, for the shell. */
function argumentsOf(text: string): string {
  const trimmed = text.trim();
  let quote = "";
  for (let index = 0; index < trimmed.length; index++) {
    const char = trimmed.charAt(index);
    if (char === "\\" && quote !== "'") index += 1;
    else if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === "'" || char === '"') quote = char;
    else if (/\s/.test(char)) return ` ${trimmed.slice(index).trim()}`;
  }
  return "";
}

/** What to put before the path, so that the script runs even where /tmp may not hold programs. */
function interpreter(content: Buffer, executable: string | undefined): string {
  if (executable !== undefined) return `${executable} `;
  const first = content.subarray(0, 256).toString("latin1").split("\n")[0] ?? "";
  const match = /^#!\s*(\S+)(?:\s+(.*?))?\s*$/.exec(first);
  if (match) return `${[match[1] ?? "", ...(match[2] ? [match[2]] : [])].map(shellQuote).join(" ")} `;
  return content.subarray(0, 4).toString("latin1") === "\x7fELF" ? "" : "/bin/sh ";
}
