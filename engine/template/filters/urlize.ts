// urlize: addresses in text as HTML links.

import type { Value } from "../../core/value.ts";
import { type Filter, filter } from "../evaluate/plugin.ts";
import { str } from "../python/text.ts";
import { truth } from "../python/types.ts";
import { escapeHtml } from "./text.ts";

const ADDRESS = /^(?:https?:\/\/|www\.)[^\s<>"]+\.[^\s<>"]+$/i;
const MAIL = /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/;

function link(word: string, attributes: string): string | undefined {
  if (ADDRESS.test(word)) {
    const target = /^www\./i.test(word) ? `https://${word}` : word;
    return `<a href="${target}"${attributes}>${word}</a>`;
  }
  return MAIL.test(word) ? `<a href="mailto:${word}">${word}</a>` : undefined;
}

export const URLIZE_FILTERS: Readonly<Record<string, Filter>> = {
  urlize: filter("trim_url_limit nofollow target rel", (value, { at: [, nofollow, target, rel] }): Value => {
    const relations = [...(rel === undefined || rel === null ? [] : str(rel).split(" ")), "noopener"];
    if (nofollow !== undefined && truth(nofollow)) relations.push("nofollow");
    const where = target === undefined || target === null ? "" : ` target="${escapeHtml(str(target))}"`;
    const attributes = ` rel="${[...new Set(relations)].sort().join(" ")}"${where}`;
    return escapeHtml(str(value))
      .split(/(\s+)/)
      .map((word) => {
        const [, body = "", tail = ""] = /^(.*?)([.,:;!?)]*)$/s.exec(word) ?? [];
        const made = link(body, attributes);
        return made === undefined ? word : made + tail;
      })
      .join("");
  }),
};
