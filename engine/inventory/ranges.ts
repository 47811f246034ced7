// Host names as inventories write them: `name:port`, `[v6]:port`, and ranges `node[01:12:2]`, `[a:c].example`.

import ipaddr from "ipaddr.js";
import { fail, type Origin } from "../core/problem.ts";

/** Most hosts that one line may stand for. */
const MOST_HOSTS = 100_000;

const RANGE = /\[(?:[0-9a-f]+:[0-9a-f]+|[a-z]:[a-z])(?::[0-9]+)?\]/gi;
const LABEL = String.raw`[\p{L}\p{N}_X](?:[\p{L}\p{N}_-]*[\p{L}\p{N}X])?`;
const HOSTNAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, "u");

export interface Address {
  /** May still hold ranges. */
  readonly host: string;
  readonly port?: number;
}

/** `host`, `host:port` or `[v6]:port`; undefined if it is none of them (a list of patterns, say). */
export function parseAddress(text: string): Address | undefined {
  const match =
    /^\[(?<inner>.+)\]:(?<port>\d+)$/.exec(text) ?? /^(?<inner>(?:[^:[\]]|\[[^\]]*\])*):(?<port>\d+)$/.exec(text);
  const host = match?.groups?.inner ?? text;
  const port = match?.groups?.port;
  if (!isHost(host)) return undefined;
  return port === undefined ? { host } : { host, port: Number(port) };
}

/** The names that a host entry stands for, ranges expanded, and its port. */
export function expandHosts(entry: string, origin?: Origin): { names: string[]; port?: number } {
  const address = parseAddress(entry) ?? { host: entry };
  if (entry.endsWith(":") && address.port === undefined)
    fail("inventory-host", `the host '${entry}' ends in ':', which is for a port`, {
      origin,
      hint: "in a YAML inventory hosts belong under 'hosts:'; a file in YAML should end in .yml",
    });
  const names = address.host.includes("[") ? expandRange(address.host, origin) : [address.host];
  if (names.includes("---"))
    fail("inventory-host", "'---' is no host name; this looks like a YAML file", {
      origin,
      hint: "name the file *.yml",
    });
  return address.port === undefined ? { names } : { names, port: address.port };
}

function isHost(text: string): boolean {
  if (text === "") return false;
  const numeric = text.replace(RANGE, "1");
  if (ipaddr.IPv4.isValidFourPartDecimal(numeric) || ipaddr.IPv6.isValid(numeric)) return true;
  return HOSTNAME.test(text.replace(RANGE, "X"));
}

function expandRange(text: string, origin: Origin | undefined): string[] {
  const open = text.indexOf("[");
  if (open < 0) return [text];
  const close = text.indexOf("]", open);
  if (close < 0) wrong(text, "its '[' has no ']'", origin);
  const head = text.slice(0, open);
  const tails = expandRange(text.slice(close + 1), origin);
  const middle = sequence(text, text.slice(open + 1, close).split(":"), origin);
  if (middle.length * tails.length > MOST_HOSTS) wrong(text, `it stands for more than ${MOST_HOSTS} hosts`, origin);
  return middle.flatMap((part) => tails.map((tail) => `${head}${part}${tail}`));
}

function sequence(text: string, bounds: readonly string[], origin: Origin | undefined): string[] {
  const [begin = "", end = "", stepText = "1"] = bounds;
  if (bounds.length < 2 || bounds.length > 3) wrong(text, "a range is [begin:end] or [begin:end:step]", origin);
  if (end === "") wrong(text, "a range needs its end", origin);
  const step = Number(stepText);
  if (!Number.isInteger(step) || step < 1) wrong(text, `the step '${stepText}' is not a number above 0`, origin);
  const first = begin === "" ? "0" : begin;
  if (first.length > 1 && first.startsWith("0") && first.length !== end.length)
    wrong(
      text,
      `with leading zeros, begin and end must have the same length ('${first}' and '${end}' have not)`,
      origin,
    );
  const letters = /^[a-zA-Z]$/.test(first) && /^[a-zA-Z]$/.test(end);
  if (letters)
    return count(text, LETTERS.indexOf(first), LETTERS.indexOf(end), step, origin).map((n) => LETTERS.charAt(n));
  if (!/^\d+$/.test(first) || !/^\d+$/.test(end))
    wrong(text, `'${bounds.join(":")}' is no range of numbers or letters`, origin);
  const width = first.length > 1 && first.startsWith("0") ? first.length : 0;
  return count(text, Number(first), Number(end), step, origin).map((n) => String(n).padStart(width, "0"));
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

function count(text: string, begin: number, end: number, step: number, origin: Origin | undefined): number[] {
  if (begin > end) wrong(text, "its begin is after its end", origin);
  if ((end - begin) / step > MOST_HOSTS) wrong(text, `it stands for more than ${MOST_HOSTS} hosts`, origin);
  return Array.from({ length: Math.floor((end - begin) / step) + 1 }, (_, index) => begin + index * step);
}

function wrong(text: string, why: string, origin: Origin | undefined): never {
  fail("inventory-range", `the host range '${text}' is wrong: ${why}`, {
    origin,
    hint: "examples: web[1:9], node[01:12:2], db-[a:c].example.com",
  });
}
