// One host of a lab: its overlay of the base image, its container, and how both are ended.

import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../core/problem.ts";
import { enteringCgroups, makeCgroups, removeCgroups } from "./cgroups.ts";
import { command, searchPath, tryCommand } from "./command.ts";
import { type LabArch, machineArch, prepareEmulatedHost } from "./foreign-arch.ts";
import { hostInit, hostProcesses, supervised } from "./host-processes.ts";
import { NETWORK_FILE } from "./image-recipe.ts";
import { authorize, makeHostKeys } from "./keys.ts";
import { gatewayOf, type LabNetwork } from "./network.ts";
import { gone, identify, isAlive, signal } from "./process-identity.ts";
import { type ContainerGround, kubernetesContainer, type LabProfile, prepareKubernetesHost } from "./profile.ts";
import type { LabHost } from "./state.ts";

/** What of a lab its containers are started with. */
export interface ContainerSetting {
  readonly network: LabNetwork;
  readonly profile: LabProfile;
  readonly arch: LabArch;
}

/** Files of a host that depend on the lab and the machine. */
export interface HostSetting extends ContainerSetting {
  readonly hostsFile: string;
  readonly resolvConf: string;
  readonly publicKey: string;
}

const STOP_MS = 5000;
const KILL_ROUNDS = 5;
const BOOT_MS = 15_000;

export function containerGround(): ContainerGround {
  return {
    systemd: existsSync("/run/systemd/system"),
    unifiedCgroups: existsSync("/sys/fs/cgroup/cgroup.controllers"),
  };
}

/**
 * How the container is started. Without systemd as the machine's init there is nobody to register with or to ask
 * for a scope; with it, the container gets a scope of its own, so that it outlives the user's session.
 * On mixed cgroup trees guests must be told to use the second version, which trixie's systemd insists on.
 */
export function nspawnInvocation(
  host: LabHost,
  { network, profile }: Pick<ContainerSetting, "network" | "profile">,
  ground: ContainerGround,
): { argv: string[]; environment: Record<string, string> } {
  const more = profile === "kubernetes" ? kubernetesContainer(host.dir, ground) : { argv: [], environment: {} };
  // Where this lab made the cgroups, a scope of the machine's systemd would take the container out of them.
  const keepUnit = !ground.systemd || host.cgroups.length > 0;
  return {
    argv: [
      "systemd-nspawn",
      "--quiet",
      `--directory=${rootOf(host)}`,
      `--machine=${host.name}`,
      `--uuid=${host.machineId}`,
      "--resolv-conf=off",
      "--timezone=off", // A zone that was set on the host outlives its reboots.
      `--network-bridge=${network.bridge}`,
      "--register=no",
      ...(keepUnit ? ["--keep-unit"] : []),
      ...more.argv,
      "--boot",
    ],
    environment: { ...(ground.unifiedCgroups ? {} : { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" }), ...more.environment },
  };
}

/** Mounts the overlay and writes what makes it this host; gives its lines for known_hosts. */
export async function prepareHost(host: LabHost, imageRoot: string, setting: HostSetting): Promise<string[]> {
  const [upper, work, root] = [join(host.dir, "upper"), join(host.dir, "work"), rootOf(host)];
  for (const folder of [upper, work, root]) mkdirSync(folder, { recursive: true });
  await command([
    "mount",
    "-t",
    "overlay",
    "-o",
    `lowerdir=${imageRoot},upperdir=${upper},workdir=${work}`,
    "tsplay",
    root,
  ]);
  const write = (path: string, text: string): void => {
    rmSync(join(root, path), { force: true }); // It may be a link that leads out of the root.
    writeFileSync(join(root, path), text);
  };
  mkdirSync(join(root, "etc/lab"), { recursive: true });
  write(NETWORK_FILE, `ADDRESS=${host.address}\nGATEWAY=${gatewayOf(setting.network)}\n`);
  write("/etc/hostname", `${host.name}\n`);
  write("/etc/hosts", setting.hostsFile);
  write("/etc/resolv.conf", setting.resolvConf);
  write("/etc/machine-id", `${host.machineId}\n`);
  for (const line of readFileSync(join(root, "etc/passwd"), "utf8").split("\n")) {
    const [user = "", , uid, gid, , home = ""] = line.split(":");
    if (["root", "tsplay", "ops"].includes(user)) authorize(root, home, Number(uid), Number(gid), setting.publicKey);
  }
  if (setting.arch !== machineArch()) prepareEmulatedHost(root);
  if (setting.profile === "kubernetes") prepareKubernetesHost(host.dir, root, containerGround());
  return makeHostKeys(root, host.name, host.address);
}

/** Starts the container in the background; gives the host with its processes. */
export async function bootHost(host: LabHost, setting: ContainerSetting, ground: ContainerGround): Promise<LabHost> {
  const { argv, environment } = nspawnInvocation(host, setting, ground);
  makeCgroups(host.cgroups);
  const [program = "", ...args] = supervised(enteringCgroups(host.cgroups, argv));
  const log = openSync(consoleLog(host), "a");
  const child = spawn(program, args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: { PATH: searchPath(), LC_ALL: "C", ...environment },
  });
  child.on("error", () => undefined); // Told below: it has no number, or is gone.
  closeSync(log);
  child.unref();
  const supervisor = child.pid === undefined ? undefined : identify(child.pid);
  const booting = { ...host, ...(supervisor ? { supervisor } : {}) };
  const deadline = performance.now() + BOOT_MS;
  while (supervisor && isAlive(supervisor) && performance.now() < deadline) {
    if (hostInit(booting)) return booting;
    await sleep(10);
  }
  return fail("lab-boot-failed", `the container of ${host.name} did not start: ${consoleTail(host)}`, {
    hint: `all of its console is in ${host.name}.log in the folder \`consoles\` of the lab's cache; mounts, cgroups or a security policy of this machine may forbid containers`,
  });
}

/** Cuts the power of these hosts: all their processes end at once, their disks stay as they are. */
export async function killHosts(hosts: readonly LabHost[]): Promise<void> {
  for (let round = 0; round < KILL_ROUNDS; round += 1) {
    const { shells, nspawns, inits } = hostProcesses(hosts);
    if (shells.length + nspawns.length + inits.length === 0) return;
    // Killing nspawn would leave the guest running; killing the guest's first process ends all of the guest, and then
    // nspawn by itself. One that has no guest, as it is just starting one, is killed.
    for (const process of [...shells, ...inits]) signal(process, "SIGKILL");
    for (const init of inits) await gone(init, STOP_MS);
    for (const process of nspawns) {
      if (inits.length > 0 && (await gone(process, STOP_MS))) continue;
      signal(process, "SIGKILL");
      await gone(process, STOP_MS);
    }
  }
  fail("lab-not-stopped", `processes of ${hosts.map(({ name }) => name).join(", ")} do not end`, {
    hint: "they may be waiting for a disk or a network file system: `ps -eo pid,stat,wchan:30,args` shows it; try again",
  });
}

/** Ends the containers of these hosts and removes their cgroups. */
export async function stopHosts(hosts: readonly LabHost[]): Promise<void> {
  await killHosts(hosts);
  await removeCgroups(hosts.flatMap(({ cgroups }) => cgroups));
}

/** Unmounts and deletes a host's folder, for good. */
export async function removeHostFiles(host: LabHost): Promise<void> {
  for (const mount of mountsBelow(host.dir, readFileSync("/proc/self/mountinfo", "utf8")))
    await command(["umount", "--lazy", mount]);
  try {
    rmSync(host.dir, { recursive: true, force: true });
  } catch {
    // Files that a test made immutable.
    await tryCommand(["chattr", "-R", "-f", "-i", "-a", host.dir]);
    rmSync(host.dir, { recursive: true, force: true });
  }
}

/** Mount points at or below a folder, innermost first, from the text of mountinfo. */
export function mountsBelow(folder: string, mountinfo: string): string[] {
  return mountinfo
    .split("\n")
    .flatMap((line) => line.split(" ")[4] ?? [])
    .map((path) => path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((path) => path === folder || path.startsWith(`${folder}/`))
    .reverse();
}

export function rootOf(host: LabHost): string {
  return join(host.dir, "root");
}

export function consoleLog(host: LabHost): string {
  return join(host.dir, "console.log");
}

/** The last lines of a host's console, on one line. */
export function consoleTail(host: LabHost): string {
  const text = existsSync(consoleLog(host)) ? readFileSync(consoleLog(host), "utf8") : "";
  const plain = text.replace(/\u001b\[[0-9;]*m/g, "");
  return plain.trim().split(/\r?\n/).slice(-4).join(" | ") || "it said nothing";
}
