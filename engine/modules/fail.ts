// Fails with a message.

import type { Result } from "../core/result.ts";
import { builtin, defineAction } from "./module.ts";

export const failModule = defineAction({
  name: "fail",
  aliases: builtin("fail"),
  summary: "Fail with a message",
  params: { properties: { msg: { type: "raw", default: "Failed as requested from task", description: "Why." } } },
  returns: { msg: "The message." },
  runsInCheck: true,
  async run(_context, params): Promise<Result> {
    return { changed: false, failed: true, msg: params.msg } as Result;
  },
});
