// Runs a program with exact arguments, without a shell.

import { fail } from "../core/problem.ts";
import type { Host } from "../host/host.ts";
import { OUTPUT_KEYS, OUTPUT_RETURNS, predictedPaths, runCommand, unneeded, unneededPlan } from "./command-result.ts";
import { builtin, defineModule } from "./module.ts";
import type { ParamSchema } from "./params.ts";
import { shellWords } from "./shell-words.ts";
import { expandPath } from "./target-path.ts";

/** Parameters that `command` and `shell` share. */
export const COMMAND_PARAMS = {
  cmd: { type: "string", description: "The command." },
  chdir: { type: "path", description: "Folder to run it in." },
  creates: { type: "path", relative: true, description: "Path or pattern; if it exists, the command is not run." },
  removes: {
    type: "path",
    relative: true,
    description: "Path or pattern; if it does not exist, the command is not run.",
  },
  stdin: { type: "string", description: "Given to the command's input." },
  stdin_add_newline: { type: "boolean", default: true, description: "Add a line break to the end of stdin." },
  strip_empty_ends: { type: "boolean", default: true, description: "Remove line breaks from the end of the output." },
} as const satisfies Record<string, ParamSchema>;

export const command = defineModule({
  name: "command",
  aliases: builtin("command"),
  summary: "Run a program without a shell",
  freeForm: "cmd",
  params: {
    properties: {
      ...COMMAND_PARAMS,
      argv: { type: "array", items: { type: "string" }, description: "The command as a list of words." },
      expand_argument_vars: { type: "boolean", default: true, description: "Expand $VAR and ~ in the words." },
    },
    exclusive: [["cmd", "argv"]],
    oneOf: [["cmd", "argv"]],
  },
  returns: OUTPUT_RETURNS,
  async plan(host, params) {
    const written = params.argv ?? shellWords(params.cmd ?? "");
    if (written.length === 0 || written[0] === "") fail("command-empty", "no command given");
    const [needless, argv] = await Promise.all([
      unneeded(host, params),
      params.expand_argument_vars ? Promise.all(written.map((word) => expandWord(host, word))) : written,
    ]);
    if (needless) return unneededPlan(needless, written);
    return {
      result: { cmd: written },
      outcome: { reason: `the output of '${argv[0]}'`, keys: OUTPUT_KEYS },
      changes: [
        {
          what: `run ${argv[0]}`,
          predict: predictedPaths(params),
          apply: (target) =>
            runCommand(target, { argv, cwd: params.chdir, stdin: stdinOf(params) }, written, params.strip_empty_ends),
        },
      ],
    };
  },
});

/** The command's input, undefined if none is given. */
export function stdinOf(params: {
  readonly stdin: string | undefined;
  readonly stdin_add_newline: boolean;
}): string | undefined {
  if (params.stdin === undefined) return undefined;
  return params.stdin_add_newline && !params.stdin.endsWith("\n") ? `${params.stdin}\n` : params.stdin;
}

function expandWord(host: Host, word: string): Promise<string> | string {
  return /^~|\$[A-Za-z_{]/.test(word) ? expandPath(host, word, { relative: true }) : word;
}
