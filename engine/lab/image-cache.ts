// Folders of the cache that hold an image: complete or not there, each made by one process while others wait.

import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { withLock } from "./lock.ts";

/** Has `build` fill a new folder where the image is not there yet; whether that was done. */
export async function ensureBuilt(
  folder: string,
  build: (building: string) => Promise<void>,
  onProgress: (text: string) => void,
): Promise<boolean> {
  if (existsSync(folder)) return false;
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  return withLock(
    `${folder}.lock`,
    async () => {
      if (existsSync(folder)) return false;
      const building = `${folder}.building`;
      rmSync(building, { recursive: true, force: true });
      mkdirSync(building, { mode: 0o755 });
      await build(building);
      renameSync(building, folder);
      return true;
    },
    (pid) => onProgress(`waiting for process ${pid}, which builds this image`),
  );
}
