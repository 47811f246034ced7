// Facts that the host's owner wrote: /etc/ansible/facts.d/*.fact, JSON or INI, or programs that print one of them.

import type { Plain } from "../core/value.ts";
import type { Collector } from "./collector.ts";

export const local: Collector = {
  group: "local",
  minimal: true,
  facts: ["local"],
  // Each file: NUL, path, NUL, "run" or "read", NUL, exit status, NUL, error text, NUL, content.
  script: `
for fact in "$fact_path"/*.fact; do
  [ -f "$fact" ] || continue
  if [ -x "$fact" ]; then
    errors=; text=$("$fact" 2>/dev/null); rc=$?
    if [ $rc -ne 0 ]; then errors=$("$fact" 2>&1 >/dev/null); fi
    printf '\\0%s\\0run\\0%s\\0%s\\0%s' "$fact" $rc "$errors" "$text"
  elif [ -r "$fact" ]; then
    printf '\\0%s\\0read\\0%s\\0\\0' "$fact" 0; cat "$fact"
  fi
done`,
  collect: (evidence) => {
    const found: Record<string, Plain> = {};
    const parts = evidence.section("local").split("\0");
    for (let index = 1; index + 4 < parts.length; index += 5) {
      const path = parts[index] ?? "";
      const code = Number(parts[index + 2] ?? "0");
      const name = path.replace(/^.*\//, "").replace(/\.fact$/, "");
      if (code !== 0) {
        const message = `Failure executing fact script (${path}), rc: ${code}, err: ${parts[index + 3] ?? ""}`;
        evidence.warn(message);
        found[name] = message;
        continue;
      }
      const value = parseFact(parts[index + 4] ?? "");
      if (value === undefined) {
        const message = `error loading facts as JSON or ini - please check content: ${path}`;
        evidence.warn(message);
        found[name] = message;
      } else found[name] = value;
    }
    return { local: found };
  },
};

function parseFact(text: string): Plain | undefined {
  try {
    return JSON.parse(text) as Plain;
  } catch {
    return parseIni(text);
  }
}

/** Sections of keys in lower case, as Python's configparser gives them; undefined if it is no INI file. */
function parseIni(text: string): Plain | undefined {
  const sections: Record<string, Record<string, Plain>> = {};
  let current: Record<string, Plain> | undefined;
  let last: string | undefined;
  for (const line of text.split("\n")) {
    if (line.trim() === "" || /^\s*[#;]/.test(line)) continue;
    const header = line.match(/^\[([^\]]+)\]/);
    const pair = line.match(/^([^=:\s][^=:]*?)\s*[=:]\s*(.*)$/);
    if (header?.[1] !== undefined) {
      current = sections[header[1]] ?? {};
      sections[header[1]] = current;
      last = undefined;
    } else if (current === undefined) return undefined;
    else if (pair?.[1] !== undefined) {
      last = pair[1].toLowerCase();
      current[last] = (pair[2] ?? "").trim();
    } else if (/^\s/.test(line) && last !== undefined) current[last] = `${String(current[last])}\n${line.trim()}`;
    else return undefined;
  }
  return current === undefined ? undefined : sections;
}
