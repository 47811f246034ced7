// Tests of text: match, search, regex, upper, lower, url, uri, urn, vault_encrypted.

import type { Value } from "../../core/value.ts";
import { isVaulted } from "../../text/vault.ts";
import { type Bound, type Test, test } from "../evaluate/plugin.ts";
import { regex } from "../python/regex.ts";
import { str } from "../python/text.ts";
import { truth } from "../python/types.ts";

function flag(value: Value | undefined): boolean {
  return value !== undefined && truth(value);
}

function tried(
  value: Value,
  pattern: Value,
  ignoreCase: Value | undefined,
  multiline: Value | undefined,
  how: string,
): boolean {
  const flags = { ignoreCase: flag(ignoreCase), multiline: flag(multiline) };
  const text = str(value);
  if (how === "fullmatch") return regex(`(?:${str(pattern)})\\Z`, flags, "y").test(text);
  return regex(str(pattern), flags, how === "match" ? "y" : "").test(text);
}

function fixed(how: string): Test["run"] {
  return (value, { at: [pattern = "", ignoreCase, multiline] }: Bound) =>
    tried(value, pattern, ignoreCase, multiline, how);
}

/** A URL with a scheme (of those given) and something after it. */
function url(value: Value, schemes: Value | undefined, needsHost: boolean): boolean {
  const [, scheme, host = "", path = ""] = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?(.*)$/s.exec(str(value)) ?? [];
  if (scheme === undefined) return false;
  if (Array.isArray(schemes) && !schemes.includes(scheme.toLowerCase())) return false;
  return needsHost ? host !== "" : host !== "" || path !== "";
}

export const TEXT_TESTS: Readonly<Record<string, Test>> = {
  match: test("pattern ignorecase multiline", fixed("match")),
  search: test("pattern ignorecase multiline", fixed("search")),
  regex: test("pattern ignorecase multiline match_type", (value, {
    at: [pattern = "", ignoreCase, multiline, how = "search"],
  }) => tried(value, pattern, ignoreCase, multiline, str(how))),
  upper: test("", (value) => isUpper(str(value))),
  lower: test("", (value) => str(value) !== str(value).toUpperCase() && str(value) === str(value).toLowerCase()),
  url: test("schemes", (value, { at: [schemes] }) => url(value, schemes, true)),
  uri: test("schemes", (value, { at: [schemes] }) => url(value, schemes, false)),
  urn: test("", (value) => /^urn:[^:]+:.+/i.test(str(value))),
  vault_encrypted: test("", (value) => typeof value === "string" && isVaulted(value)),
  escaped: test("", () => false),
};

function isUpper(text: string): boolean {
  return text !== text.toLowerCase() && text === text.toUpperCase();
}
