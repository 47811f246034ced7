// The kernel's command line.

import type { Plain, PlainObject } from "../core/value.ts";
import type { Collector } from "./collector.ts";

export const cmdline: Collector = {
  group: "cmdline",
  minimal: true,
  facts: ["cmdline", "proc_cmdline"],
  files: ["/proc/cmdline"],
  collect: (evidence) => {
    const text = evidence.file("/proc/cmdline");
    if (!text) return {};
    const words = wordsOf(text);
    return { cmdline: once(words), proc_cmdline: repeated(words) };
  },
};

function once(words: readonly string[]): PlainObject {
  const found: Record<string, Plain> = {};
  for (const word of words) {
    const cut = word.indexOf("=");
    if (cut < 0) found[word] = true;
    else found[word.slice(0, cut)] = word.slice(cut + 1);
  }
  return found;
}

/** As `once`, but a key that comes several times has a list. */
function repeated(words: readonly string[]): PlainObject {
  const found: Record<string, Plain> = {};
  for (const word of words) {
    const cut = word.indexOf("=");
    if (cut < 0) {
      found[word] = true;
      continue;
    }
    const key = word.slice(0, cut);
    const value = word.slice(cut + 1);
    const before = found[key];
    found[key] =
      before === undefined ? value : Array.isArray(before) ? [...(before as Plain[]), value] : [before, value];
  }
  return found;
}

/** Words with quotes as the kernel takes them. */
function wordsOf(text: string): string[] {
  return (text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []).map((word) => word.replace(/["']/g, ""));
}
