// Locales of the GNU C library: which of /etc/locale.gen are made.

import { fail } from "../core/problem.ts";
import { Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import { type Change, defineModule } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { readText, textChange } from "./text-file.ts";
import { askTool, runTool } from "./tool-run.ts";

const LIST = "/etc/locale.gen";
const SUPPORTED = "/usr/share/i18n/SUPPORTED";

export const localeGen = defineModule({
  name: "locale_gen",
  aliases: ["community.general.locale_gen"],
  summary: "Make locales, or remove them",
  params: {
    properties: {
      name: { type: "array", items: { type: "string" }, description: "Names with encoding: en_GB.UTF-8." },
      state: {
        type: "string",
        enum: ["present", "absent"],
        default: "present",
        description: "Whether they are there.",
      },
    },
    required: ["name"],
  },
  returns: { name: "The locales, as asked.", mechanism: "glibc: by /etc/locale.gen." },
  async plan(host, { name: names, state }, context) {
    const isPresent = state === "present";
    const [list, supported, made] = await Promise.all([readText(host, LIST), readText(host, SUPPORTED), askMade(host)]);
    if (!list)
      return fail("locales-missing", `the host has no ${LIST}, the list of the locales that are made`, {
        hint: "install the package locales",
      });
    const known = new Map([...entriesOf(supported?.text ?? ""), ...entriesOf(list.text)]);
    const unknown = names.filter((name) => !known.has(name));
    if (unknown.length > 0)
      failTask("locale-unknown", `The following locales are not available on your system: ${unknown.join(", ")}`);
    // What an earlier task of a dry run wrote into the list is as good as made.
    const isPlanned = context.predictions.of("path").some((one) => one.path === LIST);
    const isMade = (name: string): boolean => (isPlanned ? isListed(list.text, name) : made.has(normalLocale(name)));
    const due = names.filter((name) => isMade(name) !== isPresent);
    const result = { name: names, mechanism: "glibc" };
    if (due.length === 0) return { changes: [], result };
    const after = due.reduce((text, name) => withLocale(text, name, known.get(name) ?? "", isPresent), list.text);
    const write = textChange({ path: LIST, before: list.text, after, present: list.stat });
    const change: Change = {
      ...write,
      what: `${isPresent ? "make" : "remove"} the locale${due.length > 1 ? "s" : ""} ${due.join(", ")}`,
      async apply(target, progress) {
        if (after !== list.text) await write.apply(target, progress);
        await runTool(target, ["locale-gen"], "locale-gen failed");
        return undefined;
      },
    };
    return { changes: [change], result };
  },
  touches: () => [{ kind: "path", path: LIST, type: "file", content: new Unknown("the list of locales") }],
});

/** Names of `locale -a`. */
async function askMade(host: Host): Promise<Set<string>> {
  const { stdout } = await askTool(host, ["locale", "-a"]);
  return new Set(stdout.split("\n").map((line) => normalLocale(line.trim())));
}

/** A name as the library itself writes it: encodings in small letters and digits only. */
export function normalLocale(name: string): string {
  const [, language = "", encoding, modifier = ""] = /^([^.@]*)(?:\.([^@]*))?(@.*)?$/.exec(name) ?? [];
  if (encoding === undefined) return name;
  return `${language}.${encoding.toLowerCase().replace(/[^a-z0-9]/g, "")}${modifier}`;
}

/** Name → encoding, of lines in use and of commented ones. */
function entriesOf(text: string): [string, string][] {
  return [...text.matchAll(/^[ \t]*#?[ \t]*([A-Za-z][\w.@-]*)[ \t]+([A-Za-z0-9][\w-]*)[ \t]*$/gm)].map((match) => [
    match[1] ?? "",
    match[2] ?? "",
  ]);
}

function isListed(text: string, name: string): boolean {
  return text.split("\n").some((line) => line.trim().split(/\s+/)[0] === name);
}

/** The list with the locale's line in use, or commented out. */
export function withLocale(text: string, name: string, encoding: string, inUse: boolean): string {
  let found = false;
  const lines = text.split("\n").map((line) => {
    const words = line
      .replace(/^\s*#?\s*/, "")
      .trim()
      .split(/\s+/);
    if (words.length !== 2 || words[0] !== name) return line;
    found = true;
    return `${inUse ? "" : "# "}${words.join(" ")}`;
  });
  if (found || !inUse) return lines.join("\n");
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${name} ${encoding}\n`;
}
