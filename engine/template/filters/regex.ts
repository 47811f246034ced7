// Filters with regular expressions.

import type { Value } from "../../core/value.ts";
import { type Filter, filter } from "../evaluate/plugin.ts";
import { double, numeric } from "../python/numbers.ts";
import { expand, matches, type RegexFlags, regex } from "../python/regex.ts";
import { tuple } from "../python/sequences.ts";
import { str } from "../python/text.ts";
import { truth, typeError } from "../python/types.ts";

function flags(ignoreCase: Value | undefined, multiline: Value | undefined): RegexFlags {
  return {
    ignoreCase: ignoreCase !== undefined && truth(ignoreCase),
    multiline: multiline !== undefined && truth(multiline),
  };
}

const search: Filter = filter(
  "regex *groups multiline ignorecase",
  (value, { at: [pattern = "", multiline, ignoreCase], rest }) => {
    const found = regex(str(pattern), flags(ignoreCase, multiline)).exec(str(value));
    const wanted = rest.map((group) => {
      const [, name, digits] = /^\\(?:g<(\S+)>|(\d+))/.exec(str(group)) ?? [];
      const key = name ?? digits;
      if (key === undefined) typeError("Unknown argument");
      return key;
    });
    if (!found) return null;
    if (wanted.length === 0) return found[0];
    return wanted.map((key) => {
      if (!/^\d+$/.test(key)) {
        if (!Object.hasOwn(found.groups ?? {}, key)) typeError("no such group");
        return found.groups?.[key] ?? null;
      }
      if (Number(key) >= found.length) typeError("no such group");
      return found[Number(key)] ?? null;
    });
  },
);

export const REGEX_FILTERS: Readonly<Record<string, Filter>> = {
  regex_search: search,
  regex_findall: filter("regex multiline ignorecase", (value, { at: [pattern = "", multiline, ignoreCase] }) =>
    [...matches(regex(str(pattern), flags(ignoreCase, multiline), "g"), str(value))].map((found): Value => {
      if (found.length === 1) return found[0];
      if (found.length === 2) return found[1] ?? "";
      return tuple(...found.slice(1).map((group) => group ?? ""));
    }),
  ),
  regex_replace: filter(
    "pattern replacement ignorecase multiline count mandatory_count",
    (value, { at: [pattern = "", replacement = "", ignoreCase, multiline, count, mandatory] }) => {
      const text = str(value);
      const template = str(replacement);
      const most = count === undefined ? 0 : double(numeric(count) ?? 0);
      let made = "";
      let last = 0;
      let done = 0;
      for (const found of matches(regex(str(pattern), flags(ignoreCase, multiline), "g"), text)) {
        if (most > 0 && done >= most) break;
        made += text.slice(last, found.index) + expand(template, found);
        last = found.index + found[0].length;
        done += 1;
      }
      const least = mandatory === undefined ? 0 : double(numeric(mandatory) ?? 0);
      if (least > 0 && done < least)
        typeError(`'${str(pattern)}' should match ${least} times, but matches ${done} times in '${text}'`);
      return made + text.slice(last);
    },
  ),
  regex_escape: filter("re_type", (value, { at: [kind = "python"] }) => {
    const text = str(value);
    if (kind === "posix_basic") return text.replace(/[[\].^$*\\]/g, "\\$&");
    return text.replace(/[\t\n\v\f\r !"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g, (character) =>
      /[!"%',/:;<=>@`_]/.test(character) ? character : `\\${character}`,
    );
  }),
};
