// Runs a command line as it is. With Ansible this is for hosts without Python; here it is `shell` with fewer features.

import { textOf } from "../core/bytes.ts";
import { STREAM_RETURNS, splitLines } from "./command-result.ts";
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
  returns: STREAM_RETURNS,
  async plan(_host, params) {
    return {
      outcome: {
        reason: "the output of a raw command",
        keys: Object.keys(STREAM_RETURNS),
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
