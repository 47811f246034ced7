// Runs a command line as it is. With Ansible this is for hosts without Python; here it is `shell` with fewer features.

import { textOf } from "../core/bytes.ts";
import { OUTPUT_RETURNS, splitLines } from "./command-result.ts";
import { builtin, defineModule } from "./module.ts";
import { firstLine } from "./shell.ts";

export const raw = defineModule({
  name: "raw",
  aliases: builtin("raw"),
  summary: "Run a command line as it is",
  freeForm: "cmd",
  params: {
    properties: {
      cmd: { type: "string", description: "The command line." },
      executable: { type: "path", relative: true, description: "Shell to use instead of /bin/sh." },
    },
    required: ["cmd"],
  },
  returns: {
    rc: OUTPUT_RETURNS.rc,
    stdout: OUTPUT_RETURNS.stdout,
    stderr: OUTPUT_RETURNS.stderr,
    stdout_lines: OUTPUT_RETURNS.stdout_lines,
    stderr_lines: OUTPUT_RETURNS.stderr_lines,
  },
  async plan(_host, params) {
    return {
      outcome: {
        reason: "the output of a raw command",
        keys: ["rc", "stdout", "stderr", "stdout_lines", "stderr_lines"],
      },
      changes: [
        {
          what: `run ${firstLine(params.cmd)}`,
          async apply(host) {
            const run = await host.run({ script: params.cmd, shell: params.executable });
            const stdout = textOf(run.stdout);
            const stderr = textOf(run.stderr);
            const result = {
              changed: true,
              rc: run.code,
              stdout,
              stderr,
              stdout_lines: splitLines(stdout),
              stderr_lines: splitLines(stderr),
            };
            return run.code === 0 ? result : { ...result, failed: true, msg: "non-zero return code" };
          },
        },
      ],
    };
  },
});
