// What the modules share that tell what a key, a request or a certificate says: how it is given, and its text.

import { fail } from "../core/problem.ts";
import { Undecided, Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import type { ParamSchema } from "./params.ts";
import { readGiven } from "./x509-file.ts";

/** Parameters of such an input: in a file, or in the task itself. */
export const toldParams = (what: "key" | "request" | "certificate") =>
  ({
    path: { type: "path", description: `File of the ${what}.` },
    content: { type: "string", description: `The ${what} itself.` },
  }) as const satisfies Record<string, ParamSchema>;

/** Just one of them is given. */
export const ONE_TOLD = { exclusive: [["path", "content"]], oneOf: [["path", "content"]] } as const;

export const NAME_ENCODING = {
  type: "string",
  enum: ["ignore"],
  default: "ignore",
  description: "Names are told as they stand there.",
} as const satisfies ParamSchema;

/** The text of the input, named `what` in messages, and where it is from; undecided where a dry run cannot tell it. */
export async function readTold(
  host: Host,
  { path, content }: { readonly path: string | undefined; readonly content: string | undefined },
  what: string,
): Promise<{ readonly text: string; readonly where: string }> {
  const given = await readGiven(host, { path, content, what });
  if (!given) return fail("input-missing", "one of path and content is needed");
  const { text, where } = given;
  if (text instanceof Unknown) throw new Undecided(text);
  return { text, where };
}
