// Entries of the system's databases (passwd, group, hosts, services …) as facts.

import { fail } from "../core/problem.ts";
import type { Plain } from "../core/value.ts";
import { builtin, defineModule } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { askTool } from "./tool-run.ts";

/** Databases that the host's own verb answers, without a process. */
const NATIVE = new Set(["passwd", "group"]);
const COLONS = new Set(["passwd", "shadow", "group", "gshadow"]);

export const getent = defineModule({
  name: "getent",
  aliases: builtin("getent"),
  summary: "Ask the system's databases",
  params: {
    properties: {
      database: { type: "string", description: "passwd, group, shadow, hosts, services …" },
      key: { type: "string", default: null, description: "The entry; all when absent." },
      service: { type: "string", default: null, description: "Ask only this service (files, dns …)." },
      split: { type: "string", default: null, description: "What separates fields." },
      fail_key: { type: "boolean", default: true, description: "An entry that is not there is a failure." },
    },
    required: ["database"],
  },
  returns: { ansible_facts: "getent_DATABASE: entries by key, each the list of its other fields." },
  async plan(host, params) {
    const { database, key } = params;
    const rows =
      NATIVE.has(database) && params.service === undefined && params.split === undefined
        ? await host.getent(database, key)
        : await asked(host, params);
    const found: Record<string, Plain> = {};
    for (const [name = "", ...fields] of rows ?? []) {
      const before = found[name];
      // Several lines of one key (hosts, services) are collected.
      if (before === undefined) found[name] = fields;
      else if (Array.isArray(before) && Array.isArray(before[0])) found[name] = [...(before as Plain[]), fields];
      else found[name] = [before, fields];
    }
    if (key !== undefined && (rows === undefined || rows.length === 0)) {
      if (params.fail_key) failTask("getent-no-key", "One or more supplied key could not be found in the database.");
      found[key] = null;
      return {
        changes: [],
        result: {
          ansible_facts: { [`getent_${database}`]: found },
          msg: "One or more supplied key could not be found in the database.",
        },
      };
    }
    return { changes: [], result: { ansible_facts: { [`getent_${database}`]: found } } };
  },
});

interface Question {
  readonly database: string;
  readonly key: string | undefined;
  readonly service: string | undefined;
  readonly split: string | undefined;
}

async function asked(
  host: Parameters<typeof askTool>[0],
  { database, key, service, split }: Question,
): Promise<readonly (readonly string[])[] | undefined> {
  const argv = [
    "getent",
    ...(service === undefined ? [] : ["-s", service]),
    database,
    ...(key === undefined ? [] : [key]),
  ];
  const answer = await askTool(host, argv);
  if (answer.code === 2) return undefined;
  if (answer.code === 1) fail("getent-database", `Missing arguments, or database unknown: ${database}`);
  if (answer.code === 3) fail("getent-enumerate", `Enumeration not supported on the database ${database}.`);
  const separator = split ?? (COLONS.has(database) ? ":" : undefined);
  return answer.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (separator === undefined ? line.trim().split(/\s+/) : line.split(separator)));
}
