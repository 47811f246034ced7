// What labs did to this machine, noted in the cache until it is taken back. A reboot takes it back as well: notes of an
// earlier boot tell nothing.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Places } from "./places.ts";
import { bootId } from "./process-identity.ts";

/** One note, in a file of its own. */
export class MachineNote<Content extends object> {
  readonly #folder: string;
  readonly #file: string;

  constructor(places: Places, name: string) {
    this.#folder = places.cacheDir;
    this.#file = join(places.cacheDir, `${name}.json`);
  }

  /** What was noted since this machine started. */
  read(): Content | undefined {
    if (!existsSync(this.#file)) return undefined;
    const found = JSON.parse(readFileSync(this.#file, "utf8")) as Content & { readonly boot: string };
    return found.boot === bootId() ? found : undefined;
  }

  write(content: Content): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeFileSync(this.#file, `${JSON.stringify({ ...content, boot: bootId() })}\n`);
  }

  remove(): void {
    rmSync(this.#file, { force: true });
  }
}
