// Reads a system database (passwd, group, hosts, services …) into facts.

import { fail } from "../core/problem.ts";
import type { Plain } from "../core/value.ts";
import type { Host } from "../host/host.ts";
import { builtin, defineModule } from "./module.ts";

const COLON = new Set(["passwd", "shadow", "group", "gshadow"]);
const ERRORS: Readonly<Record<number, string>> = {
  1: "Missing arguments, or database unknown.",
  2: "One or more supplied key could not be found in the database.",
  3: "Enumeration not supported on this database.",
};

export const getent = defineModule({
  name: "getent",
  aliases: builtin("getent"),
  summary: "Read a system database into facts",
  params: {
    properties: {
      database: { type: "string", description: "passwd, group, hosts, services, networks …" },
      key: { type: "string", description: "One entry; all if absent." },
      service: { type: "string", description: "Ask only this source (files, ldap …)." },
      split: { type: "string", description: "What separates fields." },
      fail_key: { type: "boolean", default: true, description: "Fail if there is no such entry." },
    },
    required: ["database"],
  },
  returns: { ansible_facts: "getent_DATABASE: entries by their first field." },
  async plan(host, params) {
    const name = `getent_${params.database}`;
    const lines = await entries(host, params.database, params.key, params.service);
    if (typeof lines === "number") {
      const msg = ERRORS[lines] ?? "Unexpected failure!";
      if (lines === 2 && !params.fail_key)
        return { changes: [], result: { msg, ansible_facts: { [name]: { [params.key ?? ""]: null } } } };
      return fail("getent", msg);
    }
    const separator = params.split ?? (COLON.has(params.database) ? ":" : undefined);
    const table: Record<string, Plain> = {};
    for (const line of lines) {
      const [key = "", ...fields] = separator === undefined ? line.trim().split(/\s+/) : line.split(separator);
      const present = table[key];
      if (present === undefined) table[key] = fields;
      else if (Array.isArray(present) && Array.isArray(present[0]))
        table[key] = [...(present as readonly Plain[]), fields];
      else table[key] = [present, fields];
    }
    return { changes: [], result: { ansible_facts: { [name]: table } } };
  },
});

/** Lines of the database, or getent's exit status. Users and groups come without starting a program. */
async function entries(
  host: Host,
  database: string,
  key: string | undefined,
  service: string | undefined,
): Promise<readonly string[] | number> {
  if (service === undefined && (database === "passwd" || database === "group")) {
    const found = await host.getent(database, key);
    return found ? found.map((fields) => fields.join(":")) : 2;
  }
  const argv = [
    "getent",
    ...(service === undefined ? [] : ["-s", service]),
    database,
    ...(key === undefined ? [] : [key]),
  ];
  const { code, stdout } = await host.run({ argv, env: { LC_ALL: "C" }, reads: true });
  return code === 0
    ? stdout
        .toString()
        .split("\n")
        .filter((line) => line !== "")
    : code;
}
