// `vars_prompt:` of a play.

import { didYouMean } from "../core/nearest.ts";
import { fail } from "../core/problem.ts";
import { given } from "./given.ts";
import { checkType } from "./keyword-values.ts";
import type { KeywordType } from "./keywords.ts";
import type { VarsPrompt } from "./model.ts";
import { type Entry, entriesOf, isNull, listOf, mappingOf, trusted } from "./nodes.ts";
import type { ProblemList } from "./problem-list.ts";

const KEYS: Readonly<Record<string, KeywordType>> = {
  name: "text",
  prompt: "text",
  default: "any",
  private: "boolean",
  confirm: "boolean",
  encrypt: "text",
  salt: "text",
  salt_size: "integer",
  unsafe: "boolean",
};

/** The prompts, with Ansible's defaults (input is private unless said otherwise). */
export function readVarsPrompt(entry: Entry | undefined, problems: ProblemList): VarsPrompt[] {
  if (!entry || isNull(entry.value)) return [];
  return listOf(entry.value, "'vars_prompt'").items.flatMap((item) => {
    const prompt = problems.attempt(() => readPrompt(entriesOf(mappingOf(item, "a prompt")), item.origin));
    return prompt ? [prompt] : [];
  });
}

function readPrompt(entries: readonly Entry[], origin: VarsPrompt["origin"]): VarsPrompt {
  for (const { name, value, origin: place } of entries) {
    const type = KEYS[name];
    if (type === undefined) {
      const hint = didYouMean(name, Object.keys(KEYS));
      fail("keyword-unknown", `'${name}' is no key of a prompt`, { origin: place, ...(hint ? { hint } : {}) });
    }
    checkType(value, type, `'${name}'`);
  }
  const text = (key: string): string | undefined => {
    const value = entries.find(({ name }) => name === key)?.value;
    return value?.kind === "scalar" && value.value !== null ? value.source : undefined;
  };
  const value = (key: string) => {
    const found = entries.find(({ name }) => name === key)?.value;
    return found && !isNull(found) ? trusted(found) : undefined;
  };
  const flag = (key: string, otherwise: boolean): boolean => {
    const given = text(key);
    return given === undefined ? otherwise : /^(true|yes|on|1|y|t)$/i.test(given);
  };
  const name = text("name");
  if (name === undefined) return fail("vars-prompt", "a prompt needs the 'name' of a variable", { origin });
  const saltSize = text("salt_size");
  return {
    name,
    private: flag("private", true),
    confirm: flag("confirm", false),
    unsafe: flag("unsafe", false),
    origin,
    ...given({
      prompt: value("prompt"),
      default: value("default"),
      encrypt: text("encrypt"),
      salt: text("salt"),
      saltSize: saltSize === undefined ? undefined : Number(saltSize),
    }),
  };
}
