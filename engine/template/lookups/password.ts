// The lookup `password`: reads a password from a file on the controller, or makes one and stores it there.

import { createHash, randomInt } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Value } from "../../core/value.ts";
import type { Frame } from "../evaluate/frame.ts";
import { passwordHash } from "../filters/passwords.ts";
import { PythonRandom } from "../python/random.ts";
import { str } from "../python/text.ts";
import { isMapping, typeError } from "../python/types.ts";
import { keyValues } from "./terms.ts";

const SETS: Readonly<Record<string, string>> = {
  ascii_lowercase: "abcdefghijklmnopqrstuvwxyz",
  ascii_uppercase: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  ascii_letters: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
  digits: "0123456789",
  hexdigits: "0123456789abcdefABCDEF",
  punctuation: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
};

function alphabet(chars: string): string {
  const parts = chars
    .replaceAll(",,", "\u0000")
    .split(",")
    .filter((part) => part !== "");
  const letters = parts.map((part) => SETS[part] ?? part.replace("\u0000", ",")).join("");
  return [...new Set(letters)].join("");
}

function read(path: string): string | undefined {
  if (path === "/dev/null") return undefined;
  try {
    return readFileSync(path, "utf8").replace(/\n$/, "");
  } catch {
    return undefined;
  }
}

export function password(terms: readonly Value[], given: ReadonlyMap<string, Value>, frame: Frame): Value[] {
  return terms.map((term) => {
    const { words, options } = keyValues(str(term));
    const option = (name: string) => {
      const value = given.get(name);
      return (
        options.get(name) ??
        (value === undefined || value === null
          ? undefined
          : Array.isArray(value)
            ? value.map(str).join(",")
            : str(value))
      );
    };
    const path = words.join(" ");
    if (path === "" || isMapping(term)) typeError("the lookup password needs a path");
    const [stored = "", kept] = (read(path) ?? "").split(" salt=");
    const length = Number(option("length") ?? 20);
    const letters = alphabet(option("chars") ?? "ascii_letters,digits,.,,:,-,_");
    const seed = option("seed");
    const draw = seed === undefined ? (bound: number) => randomInt(bound) : seeded(seed);
    const plain = stored !== "" ? stored : Array.from({ length }, () => letters[draw(letters.length)] ?? "").join("");
    const encrypt = option("encrypt");
    const salt = encrypt === undefined ? undefined : (kept ?? saltText(plain, frame));
    if (path !== "/dev/null" && (stored === "" || (salt !== undefined && kept === undefined))) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, `${plain}${salt === undefined ? "" : ` salt=${salt}`}\n`, { mode: 0o600 });
    }
    return encrypt === undefined ? plain : passwordHash(plain, encrypt, salt, undefined);
  });
}

function seeded(seed: string): (bound: number) => number {
  const random = new PythonRandom(seed);
  return (bound) => random.below(bound);
}

function saltText(plain: string, frame: Frame): string {
  const noise = `${frame.machine.environment.random()}${randomInt(2 ** 40)}${plain.length}`;
  return createHash("sha256")
    .update(noise)
    .digest("base64")
    .replace(/[^A-Za-z0-9]/g, "a")
    .slice(0, 16);
}
