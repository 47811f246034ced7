// Waits until the host can be reached.

import { Failure } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import { builtin, defineAction } from "./module.ts";
import { sleep } from "./waiting.ts";

export const waitForConnection = defineAction({
  name: "wait_for_connection",
  aliases: builtin("wait_for_connection"),
  summary: "Wait until the host can be reached",
  params: {
    properties: {
      timeout: { type: "number", default: 600, description: "Seconds to wait at most." },
      delay: { type: "number", default: 0, description: "Seconds before the first attempt." },
      sleep: { type: "number", default: 1, description: "Seconds between attempts." },
      connect_timeout: {
        type: "number",
        default: 5,
        description: "Seconds for one attempt.",
        ignored: "the connection's own timeout applies",
      },
    },
  },
  returns: { elapsed: "Seconds waited." },
  runsInCheck: true,
  async run(context, params): Promise<Result> {
    const start = context.now();
    const elapsed = () => Math.floor(context.now() - start);
    if (context.check) return { changed: false, elapsed: 0 };
    if (params.delay > 0) await sleep(params.delay, context.signal);
    let reason = "";
    for (;;) {
      try {
        await context.resetConnection();
        await context.host.stat("/");
        return { changed: false, elapsed: elapsed() };
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        reason = error.message;
      }
      if (context.now() + params.sleep > start + params.timeout) break;
      context.progress(`not reachable yet: ${reason}`);
      await sleep(params.sleep, context.signal);
    }
    return {
      changed: false,
      failed: true,
      elapsed: elapsed(),
      msg: `timed out waiting for ping module test: ${reason}`,
    };
  },
});
