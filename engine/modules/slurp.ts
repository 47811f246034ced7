// Returns a file's content, encoded in base64.

import { fail } from "../core/problem.ts";
import { HostError } from "../host/host.ts";
import { builtin, defineModule } from "./module.ts";

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: "File not found",
  ENOTDIR: "File not found",
  EISDIR: "Source is a directory and must be a file",
  EACCES: "File is not readable",
};

export const slurp = defineModule({
  name: "slurp",
  aliases: builtin("slurp"),
  summary: "Return a file's content in base64",
  params: {
    properties: { src: { type: "path", aliases: ["path"], description: "The file." } },
    required: ["src"],
  },
  returns: { content: "The content, encoded.", encoding: "How: base64.", source: "The file." },
  async plan(host, { src }) {
    try {
      const content = await host.read(src);
      return { changes: [], result: { content: content.toString("base64"), encoding: "base64", source: src } };
    } catch (error) {
      const sentence = error instanceof HostError ? SENTENCES[error.errno ?? ""] : undefined;
      if (sentence === undefined) throw error;
      return fail("slurp", `${sentence}: ${src}`);
    }
  },
});
