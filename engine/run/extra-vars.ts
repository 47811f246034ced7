// `-e`: `key=value …`, a YAML or JSON mapping, or `@file`; later ones win.

import { resolve } from "node:path";
import { fail, type Origin } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { type Decrypt, loadVarsFile } from "../inventory/vars-files.ts";
import { parseKeyValue } from "../modules/free-form.ts";
import { nodeValue, trust } from "../text/templates.ts";
import { loadYaml } from "../text/yaml.ts";

/** Failure `extra-vars` for what is none of the three. Texts are templates where they have marks. */
export function parseExtraVars(texts: readonly string[], cwd: string, decrypt: Decrypt): Map<string, Value> {
  const merged = new Map<string, Value>();
  for (const text of texts) for (const [name, value] of parseOne(text, cwd, decrypt)) merged.set(name, value);
  return merged;
}

function parseOne(text: string, cwd: string, decrypt: Decrypt): Iterable<readonly [string, Value]> {
  const trimmed = text.trim();
  if (trimmed.startsWith("@")) return loadVarsFile(resolve(cwd, trimmed.slice(1)), decrypt).values;
  const origin: Origin = { file: "<extra vars>", line: 1, column: 1 };
  if (/^[{[]/.test(trimmed)) {
    const { root } = loadYaml(trimmed, origin.file);
    if (root?.kind !== "mapping") fail("extra-vars", "extra vars must be a mapping of names to values", { origin });
    return (nodeValue(root, { trusted: true }) as Map<string, Value>).entries();
  }
  const { values, rest } = parseKeyValue(trimmed);
  if (rest !== undefined && rest.trim() !== "")
    fail("extra-vars", `extra vars must be key=value, a YAML or JSON mapping, or @file; got: ${rest}`, { origin });
  return Object.entries(values).map(([name, value]) => [name, trust(value, origin)] as const);
}
