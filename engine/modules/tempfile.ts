// Makes a temporary file or folder.

import { statResult } from "./file-attributes.ts";
import { builtin, defineModule } from "./module.ts";

export const tempfile = defineModule({
  name: "tempfile",
  aliases: builtin("tempfile"),
  summary: "Make a temporary file or folder",
  params: {
    properties: {
      state: { type: "string", enum: ["file", "directory"], default: "file", description: "Which of the two." },
      path: { type: "path", description: "Folder to make it in." },
      prefix: { type: "string", default: "ansible.", description: "How its name begins." },
      suffix: { type: "string", default: "", description: "How its name ends." },
    },
  },
  returns: { path: "The path that was made." },
  async plan(_host, params) {
    return {
      result: { state: params.state },
      outcome: { reason: "the name of a temporary path", keys: ["path"] },
      changes: [
        {
          what: `make a temporary ${params.state}`,
          async apply(host) {
            const { prefix, suffix } = params;
            const path = await host.temporary({
              type: params.state,
              prefix,
              suffix,
              ...(params.path === undefined ? {} : { folder: params.path }),
            });
            return { changed: true, path, ...statResult(await host.stat(path)) };
          },
        },
      ],
    };
  },
});
