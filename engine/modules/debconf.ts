// Answers to the questions of Debian packages, given before they are asked.

import { builtin, defineModule } from "./module.ts";
import { askTool, runTool } from "./tool-run.ts";

const YES = new Set(["true", "yes", "on", "1"]);

export const debconf = defineModule({
  name: "debconf",
  aliases: builtin("debconf"),
  summary: "Answer the questions of packages",
  params: {
    properties: {
      name: { type: "string", aliases: ["pkg"], description: "The package." },
      question: { type: "string", default: null, aliases: ["selection", "setting"], description: "The question." },
      vtype: {
        type: "string",
        enum: ["boolean", "error", "multiselect", "note", "password", "select", "seen", "string", "text", "title"],
        default: null,
        description: "Type of the answer.",
      },
      value: { type: "raw", default: null, aliases: ["answer"], description: "The answer." },
      unseen: { type: "boolean", default: false, description: "Ask the question again all the same." },
    },
    required: ["name"],
    together: [["question", "vtype", "value"]],
  },
  returns: { current: "The answers that are.", previous: "The answers that were." },
  async plan(host, params) {
    const { name, question, vtype } = params;
    const answer = await askTool(host, ["debconf-show", "--", name], [{ kind: "package", name }]);
    const previous = answersOf(answer.stdout);
    if (question === undefined || vtype === undefined) return { changes: [], result: { msg: "", current: previous } };
    const value = textOf(params.value, vtype);
    const before = previous[question];
    const secret = vtype === "password";
    const same = secret
      ? await hasPassword(host, question, value)
      : vtype === "boolean"
        ? before?.toLowerCase() === value
        : before === value;
    const shown = (text: string | undefined): string => (secret ? "********" : (text ?? ""));
    const result = {
      msg: "",
      current: { [question]: shown(value) },
      previous: before === undefined ? {} : { [question]: shown(before) },
    };
    if (same) return { changes: [], result };
    const line = `${name} ${question} ${vtype} ${value}\n`;
    return {
      changes: [
        {
          what: `answer ${question} of ${name}`,
          difference: { before: `${question}: ${shown(before)}\n`, after: `${question}: ${shown(value)}\n` },
          async apply(target) {
            // On standard input: an answer may be a password.
            const argv = ["debconf-set-selections", ...(params.unseen ? ["--unseen"] : [])];
            await runTool(target, argv, `answer ${question} of ${name}`, { stdin: line });
            return undefined;
          },
        },
      ],
      result,
    };
  },
});

/** `* question: answer` lines; the mark says that it was seen. */
function answersOf(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const match = line.match(/^[* ]\s*([^\s:]+):\s?(.*)$/);
    if (match?.[1] !== undefined) found[match[1]] = (match[2] ?? "").trim();
  }
  return found;
}

function textOf(value: unknown, type: string): string {
  if (type === "boolean") return YES.has(String(value).toLowerCase()) ? "true" : "false";
  if (Array.isArray(value)) return value.join(", ");
  return value === null || value === undefined ? "" : String(value);
}

/** debconf-show hides passwords; the database itself is asked without showing it in an argument. */
async function hasPassword(host: Parameters<typeof askTool>[0], question: string, value: string): Promise<boolean> {
  const stdin = `GET ${question}\n`;
  const answer = await askTool(host, ["debconf-communicate"], [], { stdin });
  return answer.code === 0 && answer.stdout.replace(/^0 ?/, "").replace(/\n$/, "") === value;
}
