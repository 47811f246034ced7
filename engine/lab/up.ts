// `lab up`: requirements, image, network, hosts, inventory. Everything is written to the state before it is made.

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../core/problem.ts";
import { ensureImage, type Image } from "./base-image.ts";
import { removeLab } from "./down.ts";
import { checkArch, type LabArch, machineArch, startEmulation, stopEmulation } from "./foreign-arch.ts";
import { writeInventory } from "./inventory.ts";
import { raiseKernelSettings } from "./kernel-settings.ts";
import { makeClientKey } from "./keys.ts";
import { withLabLock, withLock } from "./lock.ts";
import { containerGround } from "./machine.ts";
import { rememberMachineSettings } from "./machine-settings.ts";
import { forwardPolicy, MOST_HOSTS, makeNetwork, planNetwork, takenRanges } from "./network.ts";
import { keepConsoles, labResolver, planHosts, startNewHosts } from "./new-hosts.ts";
import { checkName, defaultCacheDir, inventoryDir, labDir, labsDir, type Places } from "./places.ts";
import { bootId } from "./process-identity.ts";
import { checkProfile, type LabProfile, PROFILES } from "./profile.ts";
import { ensureRequirements, machineFacts } from "./requirements.ts";
import { type LabState, labNames, readState, writeState } from "./state.ts";
import { healthOf, labKind } from "./status.ts";

/** What lab to make. */
export interface LabOptions {
  /** `lab` when absent; labs with different names live side by side. */
  readonly name?: string;
  /** Number of hosts, 3 when absent. */
  readonly count?: number;
  /** `bookworm` (when absent) or `trixie`. */
  readonly suite?: string;
  /** What the hosts are for: `plain` servers when absent. */
  readonly profile?: LabProfile;
  /** `amd64` or `arm64`; the machine's own when absent. Another one is emulated, slowly. */
  readonly arch?: LabArch;
  /** Python in the hosts, for comparisons with Ansible. */
  readonly python?: boolean;
  /** Further Debian packages in the image. */
  readonly extraPackages?: readonly string[];
  /** Where images and labs are kept; the user's cache folder when absent. */
  readonly cacheDir?: string;
  /** The project in whose `inventories/` the lab's inventory is written. */
  readonly projectDir: string;
  /** Variables of groups that the inventory links to; the project's `inventories/lab/group_vars` when absent. */
  readonly groupVars?: string;
  /** Told what is being done, one sentence at a time. */
  readonly onProgress?: (text: string) => void;
}

type Request = Required<Omit<LabOptions, "cacheDir" | "onProgress">>;

/**
 * Makes a lab and waits until every host answers. One that is up already and fits is given back as it is; one that
 * is half-made, broken or from before a reboot is removed first. A failure leaves nothing behind.
 */
export async function labUp(options: LabOptions): Promise<LabState> {
  const tell = options.onProgress ?? (() => undefined);
  const places: Places = { cacheDir: options.cacheDir ?? defaultCacheDir() };
  const request: Request = {
    name: options.name ?? "lab",
    count: options.count ?? 3,
    suite: options.suite ?? "bookworm",
    profile: options.profile ?? "plain",
    arch: options.arch ?? machineArch() ?? "amd64",
    python: options.python ?? false,
    extraPackages: options.extraPackages ?? [],
    projectDir: options.projectDir,
    groupVars: options.groupVars ?? join(inventoryDir(options.projectDir, "lab"), "group_vars"),
  };
  checkRequest(request);
  await ensureRequirements(machineFacts(), tell);
  const unified = ["/sys/fs/cgroup/cgroup.controllers", "/sys/fs/cgroup/cgroup.subtree_control"];
  const ground = containerGround();
  checkProfile(request, ground, readIfAny("/proc/self/mountinfo"), readIfAny(unified[ground.systemd ? 0 : 1] ?? ""));
  mkdirSync(labsDir(places), { recursive: true, mode: 0o700 });
  return withLabLock(labsDir(places), request.name, tell, async () => {
    const present = await settlePresent(places, request, tell);
    return present ?? (await make(places, request, tell));
  });
}

function checkRequest({ name, count, profile, arch }: Request): void {
  checkName(name);
  if (!Number.isInteger(count) || count < 1 || count > MOST_HOSTS)
    fail("lab-bad-count", `a lab has 1 to ${MOST_HOSTS} hosts, not ${count}`);
  if (!PROFILES.includes(profile))
    fail("lab-unknown-profile", `hosts of a lab are ${PROFILES.join(" or ")}, not \`${profile}\``);
  checkArch(arch, machineArch(), profile);
}

/** A lab of that name that is up, when it fits; what is left of a broken one is removed. */
async function settlePresent(
  places: Places,
  request: Request,
  tell: (text: string) => void,
): Promise<LabState | undefined> {
  const { name } = request;
  if (!existsSync(labDir(places, name))) return undefined;
  const state = readState(places, name);
  const health = state ? await healthOf(state) : "unfinished";
  if (!state || health !== "up") {
    tell(`removing what is left of the lab \`${name}\` (${health})`);
    await removeLab(places, name, state);
    return undefined;
  }
  const differs =
    state.suite !== request.suite ||
    state.profile !== request.profile ||
    state.arch !== request.arch ||
    state.python !== request.python ||
    state.hosts.length !== request.count ||
    state.extraPackages.join() !== [...request.extraPackages].join();
  if (differs)
    fail("lab-exists", `the lab \`${name}\` is up already, with ${state.hosts.length} × ${labKind(state)}`, {
      hint: `take it down first (\`tsplay lab down${name === "lab" ? "" : ` --name ${name}`}\`), or give the new one another name`,
    });
  tell(`the lab \`${name}\` is up already, with ${state.hosts.length} × ${labKind(state)}`);
  writeInventory({ ...state, groupVars: state.groupVars ?? request.groupVars }); // Somebody may have deleted it.
  return state;
}

async function make(places: Places, request: Request, tell: (text: string) => void): Promise<LabState> {
  const image = await ensureImageOf(places, request, tell);
  const planned = await withLock(join(labsDir(places), ".network.lock"), () => planAndConnect(places, request, image));
  try {
    return await populate(places, planned, image, tell);
  } catch (error) {
    keepConsoles(places, planned.hosts);
    await removeLab(places, request.name, readState(places, request.name));
    throw error;
  }
}

/** The image, for which another architecture must be emulated already. */
async function ensureImageOf(places: Places, request: Request, tell: (text: string) => void): Promise<Image> {
  if (request.arch === machineArch()) return ensureImage(places, request, tell);
  const lock = join(labsDir(places), ".network.lock");
  try {
    await withLock(lock, () => startEmulation(places, request.name, tell));
    return await ensureImage(places, request, tell);
  } catch (error) {
    await withLock(lock, () => stopEmulation(places, request.name));
    throw error;
  }
}

/** Decides on the network and makes it, while no other lab does: both would find the same range free. */
async function planAndConnect(places: Places, request: Request, image: Image): Promise<LabState> {
  const { name, suite, profile, arch, python, extraPackages, count } = request;
  const others = labNames(places).flatMap((other) => readState(places, other)?.network.prefix ?? []);
  const taken = [...(await takenRanges(labResolver())), ...others.map((prefix) => `${prefix}.0/24`)];
  const network = planNetwork(name, taken, await forwardPolicy());
  const dir = labDir(places, name);
  const state = writeState(places, {
    name,
    suite,
    profile,
    arch,
    python,
    extraPackages,
    image: image.name,
    phase: "making",
    boot: bootId(),
    network,
    hosts: planHosts(places, { name, network, profile }, 1, count),
    privateKeyFile: join(dir, "id_ed25519"),
    knownHostsFile: join(dir, "known_hosts"),
    inventory: inventoryDir(request.projectDir, name),
    groupVars: request.groupVars,
  });
  if (profile === "kubernetes") rememberMachineSettings(places);
  raiseKernelSettings(places);
  try {
    await makeNetwork(network);
  } catch (error) {
    await removeLab(places, name, state, { locked: true });
    throw error;
  }
  return state;
}

/** Boots all hosts and tells of them in the inventory. */
async function populate(
  places: Places,
  planned: LabState,
  image: Image,
  tell: (text: string) => void,
): Promise<LabState> {
  tell(`starting ${planned.hosts.length === 1 ? "1 host" : `${planned.hosts.length} hosts`} with ${planned.suite}`);
  await makeClientKey(planned.privateKeyFile, `tsplay lab ${planned.name}`);
  const booted = await startNewHosts(places, planned, planned.hosts, image);
  writeInventory(booted);
  return writeState(places, { ...booted, phase: "up" });
}

function readIfAny(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
