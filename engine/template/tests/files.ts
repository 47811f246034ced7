// Tests of files on the controller: exists, file, directory, link, mount, abs, same_file, vaulted_file.

import { lstatSync, type Stats, statSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { isVaulted } from "../../text/vault.ts";
import { type Test, test } from "../evaluate/plugin.ts";
import { str } from "../python/text.ts";

function look(path: string, link = false): Stats | undefined {
  try {
    return link ? lstatSync(path) : statSync(path);
  } catch {
    return undefined;
  }
}

function mount(path: string): boolean {
  const [here, above] = [look(path, true), look(dirname(path))];
  if (!here || !above || here.isSymbolicLink()) return false;
  return here.dev !== above.dev || here.ino === above.ino;
}

const isFile = test("", (value) => look(str(value))?.isFile() === true);
const isDirectory = test("", (value) => look(str(value))?.isDirectory() === true);
const isLink = test("", (value) => look(str(value), true)?.isSymbolicLink() === true);
const exists = test("", (value) => look(str(value)) !== undefined);
const linkExists = test("", (value) => look(str(value), true) !== undefined);
const absolute = test("", (value) => isAbsolute(str(value)));
const same = test("path", (value, { at: [other = ""] }) => {
  const [a, b] = [look(str(value)), look(str(other))];
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
});
const isMount = test("", (value) => mount(str(value)));

export const FILE_TESTS: Readonly<Record<string, Test>> = {
  file: isFile,
  is_file: isFile,
  directory: isDirectory,
  is_dir: isDirectory,
  link: isLink,
  is_link: isLink,
  exists,
  link_exists: linkExists,
  abs: absolute,
  is_abs: absolute,
  mount: isMount,
  is_mount: isMount,
  same_file: same,
  is_same_file: same,
  vaulted_file: test("", (value, _, frame) => isVaulted(frame.machine.environment.readFile(str(value)))),
};
