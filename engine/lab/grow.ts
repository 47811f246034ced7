// `lab grow`: further hosts for a lab that is up; those that are there do not notice but for their /etc/hosts.

import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../core/problem.ts";
import { imageOf } from "./base-image.ts";
import { placesOf, startedLab } from "./chosen-host.ts";
import { writeInventory } from "./inventory.ts";
import { withLabLock } from "./lock.ts";
import { removeHostFiles, rootOf, stopHosts } from "./machine.ts";
import { MOST_HOSTS } from "./network.ts";
import { keepConsoles, planHosts, startNewHosts } from "./new-hosts.ts";
import { labsDir } from "./places.ts";
import { type LabState, writeState } from "./state.ts";

/** Which lab is to have how many hosts. */
export interface GrowOptions {
  readonly name?: string;
  readonly cacheDir?: string;
  /** Number of hosts afterwards. */
  readonly count: number;
  readonly onProgress?: (text: string) => void;
}

/** Adds hosts until there are `count`; gives the lab as it is then. A failure leaves the lab as it was. */
export async function labGrow(options: GrowOptions): Promise<LabState> {
  const places = placesOf(options);
  const name = options.name ?? "lab";
  startedLab(places, name);
  return withLabLock(labsDir(places), name, options.onProgress, async () => {
    const lab = startedLab(places, name);
    const present = lab.hosts.length;
    if (!Number.isInteger(options.count) || options.count > MOST_HOSTS)
      fail("lab-bad-count", `a lab has 1 to ${MOST_HOSTS} hosts, not ${options.count}`);
    if (options.count < present)
      fail("lab-bad-count", `the lab \`${name}\` has ${present} hosts already: it cannot grow to ${options.count}`, {
        hint: "`tsplay lab down` and `lab up` make a smaller one",
      });
    if (options.count === present) return lab;
    const image = await imageOf(places, lab);
    const fresh = planHosts(places, lab, present + 1, options.count);
    options.onProgress?.(`starting ${fresh.map((host) => host.name).join(", ")}`);
    const planned = writeState(places, { ...lab, hosts: [...lab.hosts, ...fresh] });
    try {
      const state = await startNewHosts(places, planned, fresh, image);
      const lines = fresh.map((host) => `${host.address} ${host.name}\n`).join("");
      for (const host of lab.hosts) appendFileSync(join(rootOf(host), "etc/hosts"), lines);
      writeInventory(state);
      return state;
    } catch (error) {
      keepConsoles(places, fresh);
      await stopHosts(fresh);
      await Promise.all(fresh.map(removeHostFiles));
      writeState(places, lab);
      throw error;
    }
  });
}
