// `lab down`: removes exactly what `up` made, in reverse, whatever part of it is still there.

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { stopEmulation } from "./foreign-arch.ts";
import { removeInventory } from "./inventory.ts";
import { restoreKernelSettings } from "./kernel-settings.ts";
import { withLabLock, withLock } from "./lock.ts";
import { removeHostFiles, stopHosts } from "./machine.ts";
import { restoreMachineSettings } from "./machine-settings.ts";
import { removeNetwork } from "./network.ts";
import type { Places } from "./places.ts";
import { checkName, defaultCacheDir, labDir, labsDir } from "./places.ts";
import { type LabState, labNames, readState } from "./state.ts";

/** Which lab to take down. */
export interface LabDownOptions {
  readonly name?: string;
  readonly cacheDir?: string;
  readonly onProgress?: (text: string) => void;
}

/** Takes a lab down; false when there was none. */
export async function labDown(options: LabDownOptions = {}): Promise<boolean> {
  const places: Places = { cacheDir: options.cacheDir ?? defaultCacheDir() };
  const name = options.name ?? "lab";
  checkName(name);
  if (!existsSync(labDir(places, name))) {
    // `up` may have died while it built an image for another architecture.
    if (existsSync(labsDir(places)))
      await withLock(join(labsDir(places), ".network.lock"), () => stopEmulation(places, name));
    return false;
  }
  return withLabLock(labsDir(places), name, options.onProgress, async () => {
    if (!existsSync(labDir(places, name))) return false;
    await removeLab(places, name, readState(places, name));
    return true;
  });
}

/**
 * Removes a lab while its lock is held. `state` is undefined when `up` died before deciding anything.
 * `locked`: the caller holds the lock of all labs' networks too.
 */
export async function removeLab(
  places: Places,
  name: string,
  state: LabState | undefined,
  { locked = false }: { readonly locked?: boolean } = {},
): Promise<void> {
  if (state) {
    await stopHosts(state.hosts);
    await Promise.all(state.hosts.map(removeHostFiles));
    removeInventory(state);
  }
  const finish = async (): Promise<void> => {
    if (state) await removeNetwork(state.network);
    rmSync(labDir(places, name), { recursive: true, force: true });
    const left = labNames(places);
    if (!left.some((other) => readState(places, other)?.profile === "kubernetes")) restoreMachineSettings(places);
    await stopEmulation(places, name);
    if (left.length === 0) restoreKernelSettings(places);
  };
  if (locked) await finish();
  else await withLock(join(labsDir(places), ".network.lock"), finish);
}
