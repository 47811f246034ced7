// Rules of sudo, each in a file of its own.

import { fail } from "../core/problem.ts";
import { Unknown } from "../core/unknown.ts";
import { planAttributes } from "./file-attributes.ts";
import { defineModule } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { differenceOf, putFile } from "./put-file.ts";
import { joinPath } from "./target-path.ts";
import { readText, textChange } from "./text-file.ts";

const VISUDO = "/usr/sbin/visudo";
const FOLDER = "/etc/sudoers.d";
const MODE = 0o440;

const PARAMS = {
  properties: {
    name: { type: "string", description: "Name of the rule and of its file." },
    user: { type: "string", description: "Who may." },
    group: { type: "string", description: "Whose members may." },
    commands: { type: "array", items: { type: "string" }, description: "What they may run; ALL for everything." },
    host: { type: "string", default: "ALL", description: "On which host." },
    runas: { type: "string", description: "As whom." },
    nopassword: { type: "boolean", default: true, description: "Without a password." },
    setenv: { type: "boolean", default: false, description: "With their environment." },
    noexec: { type: "boolean", default: false, description: "What they run may not run other programs." },
    state: {
      type: "string",
      enum: ["present", "absent"],
      default: "present",
      description: "Whether the rule is there.",
    },
    sudoers_path: { type: "string", default: FOLDER, description: "Folder of the rules." },
    validation: {
      type: "string",
      enum: ["absent", "detect", "required"],
      default: "detect",
      description: "Whether visudo must accept the rule: never, where the host has it, always.",
    },
  },
  required: ["name"],
  exclusive: [["user", "group"]],
  requiredIf: [["state", "present", ["commands"]]],
} as const;

export const sudoers = defineModule({
  name: "sudoers",
  aliases: ["community.general.sudoers"],
  summary: "Manage rules of sudo",
  params: PARAMS,
  returns: {},
  check: (given) => {
    if (given.state !== "absent" && given.user === undefined && given.group === undefined)
      return "one of user, group is required with state=present";
    if (typeof given.name === "string" && /[/\0]|^\.\.?$|^$/.test(given.name)) return "name must be the name of a file";
    const parts = [given.user, given.group, given.host, given.runas, given.commands].flat();
    return parts.some((part) => typeof part === "string" && /[\r\n]/.test(part))
      ? "a rule must not hold line breaks"
      : undefined;
  },
  async plan(host, params, context) {
    const path = joinPath(params.sudoers_path, params.name);
    const [file, visudo] = await Promise.all([
      readText(host, path),
      params.state === "present" && params.validation !== "absent" ? host.stat(VISUDO, { follow: true }) : undefined,
    ]);
    if (params.state === "absent")
      return { changes: file ? [textChange({ path, before: file.text, after: undefined })] : [] };
    if (params.validation === "required" && !visudo)
      fail("visudo-missing", `the host has no ${VISUDO}, which validation=required asks for`, {
        hint: "install the package sudo",
      });
    if (/[.]|~$/.test(params.name))
      context.warn(`sudo ignores files whose names hold a dot or end in ~, such as ${params.name}`);
    const text = ruleOf(params);
    const mode = `0${MODE.toString(8)}`;
    if (file?.text === text && file.stat) {
      const attributes = await planAttributes(host, path, file.stat, { mode }, { follow: true });
      return { changes: attributes ? [attributes] : [] };
    }
    const put = putFile(
      {
        path,
        content: { bytes: text },
        present: file?.stat,
        attributes: { mode: MODE },
        params: visudo ? { validate: `${VISUDO} -c -f %s` } : {},
        difference: differenceOf(path, file?.text, text),
      },
      context,
    );
    return { changes: [put] };
  },
  touches: (params) =>
    typeof params.name === "string"
      ? [
          {
            kind: "path",
            path: joinPath(typeof params.sudoers_path === "string" ? params.sudoers_path : FOLDER, params.name),
            type: new Unknown(`the rule ${params.name} of sudo`),
          },
        ]
      : [],
});

/** The rule's line, in the order in which Ansible writes its tags. */
function ruleOf(params: ParamsOf<typeof PARAMS>): string {
  const who = params.user ?? `%${params.group}`;
  const runas = params.runas === undefined ? "" : `(${params.runas})`;
  const tags = [params.noexec && "NOEXEC:", params.nopassword && "NOPASSWD:", params.setenv && "SETENV:"]
    .filter((tag) => tag !== false)
    .join("");
  const commands = (params.commands ?? []).join(", ");
  return `${who} ${params.host}=${runas}${tags} ${commands}\n`;
}
