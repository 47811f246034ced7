// Runs a text with a shell.

import { COMMAND_PARAMS, stdinOf } from "./command.ts";
import { OUTPUT_KEYS, OUTPUT_RETURNS, predictedPaths, runCommand, unneeded, unneededPlan } from "./command-result.ts";
import { builtin, defineModule } from "./module.ts";

export const shell = defineModule({
  name: "shell",
  aliases: builtin("shell"),
  summary: "Run a command line with a shell",
  freeForm: "cmd",
  params: {
    properties: {
      ...COMMAND_PARAMS,
      executable: { type: "path", relative: true, description: "Shell to use instead of /bin/sh." },
    },
    required: ["cmd"],
  },
  returns: OUTPUT_RETURNS,
  async plan(host, params) {
    const needless = await unneeded(host, params);
    if (needless) return unneededPlan(needless, params.cmd);
    const request = { script: params.cmd, shell: params.executable, cwd: params.chdir, stdin: stdinOf(params) };
    return {
      result: { cmd: params.cmd },
      outcome: { reason: "the output of a shell command", keys: OUTPUT_KEYS },
      changes: [
        {
          what: `run ${firstLine(params.cmd)}`,
          predict: predictedPaths(params),
          apply: (target) => runCommand(target, request, params.cmd, params.strip_empty_ends),
        },
      ],
    };
  },
});

/** For people: the command's first line, not too long. */
export function firstLine(text: string): string {
  const line = text.trim().split("\n")[0] ?? "";
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}
