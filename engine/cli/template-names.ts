// The names of filters, tests and lookups, from an engine that has nothing but names to give.

import type { TemplateEngine } from "../template/engine.ts";
import { createTemplateEngine } from "../template/environment.ts";

export function templateNames(): TemplateEngine["names"] {
  return createTemplateEngine({
    warn: () => undefined,
    env: {},
    searchPath: () => [],
    readFile: () => Buffer.alloc(0),
    now: () => new Date(0),
    random: () => 0,
  }).names;
}
