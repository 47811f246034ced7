// Where a lab keeps its things: everything under the user's cache folder, and one generated inventory in the project.

import { homedir } from "node:os";
import { join } from "node:path";
import { fail } from "../core/problem.ts";

/** The folders of all labs of a user. */
export interface Places {
  readonly cacheDir: string;
}

/** `$XDG_CACHE_HOME/tsplay/lab` or `~/.cache/tsplay/lab`. */
export function defaultCacheDir(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const cache = environment.XDG_CACHE_HOME;
  return join(cache?.startsWith("/") ? cache : join(homedir(), ".cache"), "tsplay", "lab");
}

/** Finished base images, one folder each. */
export function imagesDir(places: Places): string {
  return join(places.cacheDir, "images");
}

/** One folder for each lab that is up, or was left behind. */
export function labsDir(places: Places): string {
  return join(places.cacheDir, "labs");
}

/** Consoles of hosts that did not come up. */
export function consolesDir(places: Places): string {
  return join(places.cacheDir, "consoles");
}

export function labDir(places: Places, name: string): string {
  return join(labsDir(places), name);
}

/** The folder of the inventory that `up` writes: `inventories/lab`, `inventories/lab-NAME` for other names. */
export function inventoryDir(projectDir: string, name: string): string {
  return join(projectDir, "inventories", name === "lab" ? "lab" : `lab-${name}`);
}

/** A lab's name becomes part of host names, file names and a rule's comment. */
export function checkName(name: string): void {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name))
    fail("lab-bad-name", `\`${name}\` cannot be a lab's name`, {
      hint: "use up to 31 lower-case letters, digits and dashes, starting with a letter: it becomes part of host names",
    });
}
