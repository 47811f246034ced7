// Power of single hosts: `lab kill` cuts it, `lab start` gives it back, `lab rebuild` puts a fresh disk in.

import { imageOf } from "./base-image.ts";
import { chosenHost, chosenLab, type HostChoice, placesOf, startedLab } from "./chosen-host.ts";
import { isRunning } from "./host-processes.ts";
import { writeInventory } from "./inventory.ts";
import { withLabLock } from "./lock.ts";
import { bootHost, containerGround, killHosts, removeHostFiles, stopHosts } from "./machine.ts";
import { keepConsoles, newMachineId, startNewHosts } from "./new-hosts.ts";
import { labsDir } from "./places.ts";
import { waitUntilReady } from "./readiness.ts";
import { type LabHost, type LabState, writeState } from "./state.ts";

/** Which host, and who is told of progress. */
export interface PowerOptions extends HostChoice {
  readonly host: string;
  readonly onProgress?: (text: string) => void;
}

/** Ends a host at once, as a power cut does: nothing is written any more, nobody is told. False when it was down. */
export function labKill(options: PowerOptions): Promise<boolean> {
  return onHost(options, async (_, host) => {
    const ran = isRunning(host);
    await killHosts([host]);
    return ran;
  });
}

/** Boots a host that is down, with its disk as it was left, and waits for it. False when it runs. */
export function labStart(options: PowerOptions): Promise<boolean> {
  return onHost(options, async (lab, host) => {
    if (isRunning(host)) return false;
    const booted = await bootHost(host, lab, containerGround());
    const state = writeState(placesOf(options), withHost(lab, booted));
    await waitUntilReady(state, booted, []);
    return true;
  });
}

/**
 * Makes a host anew under its old name and address: a fresh disk, another machine id, other ssh keys, which
 * known_hosts then has. Gives the lab as it is now.
 */
export function labRebuild(options: PowerOptions): Promise<LabState> {
  return onHost(options, async (lab, host) => {
    const places = placesOf(options);
    const image = await imageOf(places, lab);
    await stopHosts([host]);
    await removeHostFiles(host);
    const { supervisor, ...rest } = host;
    const fresh = { ...rest, machineId: newMachineId() };
    const planned = writeState(places, withHost(lab, fresh));
    try {
      const state = await startNewHosts(places, planned, [fresh], image);
      writeInventory(state);
      return state;
    } catch (error) {
      keepConsoles(places, [fresh]);
      throw error;
    }
  });
}

/** Works on a host while nobody else works on its lab. */
function onHost<T>(options: PowerOptions, work: (lab: LabState, host: LabHost) => Promise<T>): Promise<T> {
  const places = placesOf(options);
  const name = chosenLab(places, options);
  startedLab(places, name); // Before a lock file is made for a lab that is not there.
  return withLabLock(labsDir(places), name, options.onProgress, () => {
    const lab = startedLab(places, name);
    return work(lab, chosenHost(lab, options.host));
  });
}

function withHost(lab: LabState, host: LabHost): LabState {
  return { ...lab, hosts: lab.hosts.map((one) => (one.name === host.name ? host : one)) };
}
