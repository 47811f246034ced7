// Makes hosts of a lab that is planned or up: their disks, keys and first boot. For `up`, `grow` and `rebuild`.

import { randomBytes } from "node:crypto";
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { archiveHosts } from "./archive.ts";
import type { Image } from "./base-image.ts";
import { cgroupsOf, ownCgroupMounts } from "./cgroups.ts";
import { tryCommand } from "./command.ts";
import { readClientKey, writeKnownHosts } from "./keys.ts";
import { bootHost, consoleLog, containerGround, prepareHost, rootOf } from "./machine.ts";
import { hostsFile, resolvConf } from "./names.ts";
import { addressOf } from "./network.ts";
import { consolesDir, labDir, type Places } from "./places.ts";
import { waitUntilReady } from "./readiness.ts";
import { type LabHost, type LabState, writeState } from "./state.ts";

/** Hosts number `first` to `last`, counted from 1, as they will be. */
export function planHosts(
  places: Places,
  { name, network, profile }: Pick<LabState, "name" | "network" | "profile">,
  first: number,
  last: number,
): LabHost[] {
  const mounts = ownCgroupMounts(profile, containerGround(), readIfAny("/proc/self/mountinfo"));
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const host = `${name}-${first + index}`;
    return {
      name: host,
      address: addressOf(network, first + index - 1),
      dir: join(labDir(places, name), "hosts", host),
      machineId: newMachineId(),
      cgroups: cgroupsOf(mounts, host),
    };
  });
}

export function newMachineId(): string {
  return randomBytes(16).toString("hex");
}

/** Name servers for hosts. */
export function labResolver(): string {
  return resolvConf([readIfAny("/etc/resolv.conf"), readIfAny("/run/systemd/resolve/resolv.conf")]);
}

/**
 * Makes and boots these hosts of the lab, all at once, and waits for them; gives the lab with their processes. Their ids
 * and folders stand in the state already, so that `down` finds whatever was made when this fails.
 */
export async function startNewHosts(
  places: Places,
  lab: LabState,
  fresh: readonly LabHost[],
  image: Image,
): Promise<LabState> {
  const archive = archiveHosts(image.archive);
  const setting = {
    network: lab.network,
    profile: lab.profile,
    arch: lab.arch,
    hostsFile: hostsFile(lab.hosts, readIfAny("/etc/hosts"), archive),
    resolvConf: labResolver(),
    publicKey: readClientKey(lab.privateKeyFile),
  };
  const ground = containerGround();
  const started = await settled(
    fresh.map(async (host) => {
      const knownHosts = await prepareHost(host, image.root, setting);
      return { knownHosts, host: await bootHost(host, lab, ground) };
    }),
  );
  writeKnownHosts(
    lab.knownHostsFile,
    started.flatMap(({ knownHosts }) => knownHosts),
  );
  const running = started.map(({ host }) => host);
  const booted = writeState(places, {
    ...lab,
    hosts: lab.hosts.map((host) => running.find(({ name }) => name === host.name) ?? host),
  });
  await settled(running.map((host) => makeReady(booted, host, archive)));
  return booted;
}

/** What hosts said before they failed, kept when they are removed. */
export function keepConsoles(places: Places, hosts: readonly LabHost[]): void {
  mkdirSync(consolesDir(places), { recursive: true, mode: 0o700 });
  for (const host of hosts)
    if (existsSync(consoleLog(host))) copyFileSync(consoleLog(host), join(consolesDir(places), `${host.name}.log`));
}

/** Waits for a host and tells it the addresses of archives that it cannot find by itself, as found from here. */
async function makeReady(lab: LabState, host: LabHost, archive: readonly string[]): Promise<void> {
  const { unresolved } = await waitUntilReady(lab, host, archive);
  for (const name of unresolved) {
    const { stdout } = await tryCommand(["getent", "ahostsv4", name]);
    const address = /^(\S+)\s+STREAM/m.exec(stdout)?.[1];
    if (address && !address.startsWith("127.")) appendFileSync(join(rootOf(host), "etc/hosts"), `${address} ${name}\n`);
  }
}

/** All results, or the first failure once all have ended: what is still starting could not be removed. */
async function settled<T>(work: ReadonlyArray<Promise<T>>): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

function readIfAny(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
