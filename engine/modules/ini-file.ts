// Options of INI files.

import type { PlainObject } from "../core/value.ts";
import { fileAttributes, statResult, unsafeWrites } from "./file-attributes.ts";
import { lookingAgain } from "./file-plan.ts";
import { removeIni, type SectionCondition, setIni } from "./ini-edit.ts";
import { defineModule } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { planText, readTextFile } from "./text-edit.ts";

export const iniFile = defineModule({
  name: "ini_file",
  aliases: ["community.general.ini_file"],
  summary: "Manage options of INI files",
  params: {
    properties: {
      path: { type: "path", aliases: ["dest"], description: "The file." },
      section: { type: "string", description: "The section; without one the lines in front of all sections." },
      section_has_values: {
        type: "array",
        items: {
          type: "object",
          properties: {
            option: { type: "string", description: "An option that the section must have." },
            value: { type: "string", description: "Its value." },
            values: { type: "array", items: { type: "string" }, description: "Its values." },
          },
          requiredProperties: ["option"],
        },
        description: "Which of several sections of the name is meant.",
      },
      option: { type: "string", description: "The option; the whole section when absent." },
      value: { type: "string", description: "Its value." },
      values: { type: "array", items: { type: "string" }, description: "Its values, a line each." },
      state: { type: "string", enum: ["present", "absent"], default: "present", description: "Whether it is there." },
      exclusive: { type: "boolean", default: true, description: "Other lines of the option go." },
      allow_no_value: { type: "boolean", default: false, description: "The option may stand without `=` and value." },
      no_extra_spaces: { type: "boolean", default: false, description: "No spaces around `=`." },
      ignore_spaces: { type: "boolean", default: false, description: "Spaces around `=` are no difference." },
      modify_inactive_option: { type: "boolean", default: true, description: "Use a commented line of the option." },
      create: { type: "boolean", default: true, description: "Make the file if it does not exist." },
      backup: { type: "boolean", default: false, description: "Keep the old file under a name with the time." },
      follow: { type: "boolean", default: false, description: "Write through a symbolic link." },
      ...fileAttributes,
      unsafe_writes: unsafeWrites,
    },
    required: ["path"],
    exclusive: [["value", "values"]],
  },
  returns: { path: "The file.", msg: "What was done.", backup_file: "The old file's new name." },
  check: (given: PlainObject) =>
    given.state !== "absent" && given.allow_no_value !== true && given.value === undefined && given.values === undefined
      ? "Parameter 'value(s)' must be defined if state=present and allow_no_value=False."
      : undefined,
  async plan(host, given, context) {
    const { path } = given;
    const found = await readTextFile(host, path);
    const file = given.follow ? found : { ...found, path };
    if (file.text === undefined && given.state === "absent") return { changes: [], result: { path, msg: "OK" } };
    if (file.text === undefined && !given.create)
      failTask("path-missing", `Destination ${path} does not exist!`, { rc: 257 });
    const edit = {
      section: given.section === "" ? undefined : given.section,
      conditions: (given.section_has_values ?? []).map(conditionOf),
      option: given.option === "" ? undefined : given.option,
      values: [...new Set(given.value === undefined ? (given.values ?? []) : [given.value])],
      exclusive: given.exclusive,
      noExtraSpaces: given.no_extra_spaces,
      ignoreSpaces: given.ignore_spaces,
      allowNoValue: given.allow_no_value,
      modifyInactive: given.modify_inactive_option,
    };
    const before = file.text ?? "";
    const { text, msg } = given.state === "present" ? setIni(before, edit) : removeIni(before, edit);
    const plan = await planText(host, file, { text, msg, backupKey: "backup_file" }, given, context);
    return { changes: lookingAgain(path, plan.changes), result: { path, ...statOf(file.present), msg } };
  },
});

function statOf(present: Parameters<typeof statResult>[0]): ReturnType<typeof statResult> {
  return present ? statResult(present) : {};
}

function conditionOf(given: unknown): SectionCondition {
  const { option, value, values } = given as { readonly [key: string]: unknown };
  const listed = Array.isArray(values) ? values.map(String) : [];
  return { option: String(option), values: value === undefined || value === null ? listed : [String(value)] };
}
