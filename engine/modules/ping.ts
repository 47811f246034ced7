// Says pong: the host can be reached and answers.

import { fail } from "../core/problem.ts";
import { builtin, defineModule } from "./module.ts";

export const ping = defineModule({
  name: "ping",
  aliases: builtin("ping"),
  summary: "See whether the host can be reached",
  params: { properties: { data: { type: "string", default: "pong", description: "What to answer; `crash` fails." } } },
  returns: { ping: "The answer." },
  async plan(host, params) {
    if (params.data === "crash") fail("ping-crash", "boom");
    await host.stat("/");
    return { changes: [], result: { ping: params.data } };
  },
});
