// `lab status` and what `lab ssh` needs: which labs there are, and whether what their state says still holds.

import { nearest } from "../core/nearest.ts";
import { fail } from "../core/problem.ts";
import { hasBridge } from "./network.ts";
import { defaultCacheDir, type Places } from "./places.ts";
import { bootId, isAlive } from "./process-identity.ts";
import { sshArgv } from "./readiness.ts";
import { type LabState, labNames, readState } from "./state.ts";

/** `up`: all hosts run. `broken`: some do not. `rebooted`: from before the machine's last start. `unfinished`: `up` did not end. */
export type LabHealth = "up" | "broken" | "rebooted" | "unfinished";

/** One lab as it is now. */
export interface LabStatus {
  readonly name: string;
  readonly health: LabHealth;
  /** Absent when `up` died before it decided anything. */
  readonly state?: LabState;
  readonly hosts: ReadonlyArray<{ readonly name: string; readonly address: string; readonly running: boolean }>;
}

/** All labs of this user, by name. */
export async function labStatus(options: { readonly cacheDir?: string } = {}): Promise<LabStatus[]> {
  const places: Places = { cacheDir: options.cacheDir ?? defaultCacheDir() };
  return Promise.all(
    labNames(places).map(async (name) => {
      const state = readState(places, name);
      if (!state) return { name, health: "unfinished" as const, hosts: [] };
      const hosts = state.hosts.map((host) => ({
        name: host.name,
        address: host.address,
        running: runs(state, host.init),
      }));
      return { name, health: await healthOf(state), state, hosts };
    }),
  );
}

/** Whether a lab can be used. */
export async function healthOf(state: LabState): Promise<LabHealth> {
  if (state.boot !== bootId()) return "rebooted";
  if (state.phase !== "up") return "unfinished";
  const whole = state.hosts.every(({ init }) => runs(state, init)) && (await hasBridge(state.network));
  return whole ? "up" : "broken";
}

/** Which host to reach, and what to run there. */
export interface LabSshOptions {
  readonly name?: string;
  readonly cacheDir?: string;
  /** A host's name (`lab-2`) or its number (`2`); the first host when absent. */
  readonly host?: string;
  readonly user?: string;
  readonly command?: readonly string[];
}

/** Words of the ssh command line to execute. */
export async function labSsh(options: LabSshOptions = {}): Promise<string[]> {
  const places: Places = { cacheDir: options.cacheDir ?? defaultCacheDir() };
  const name = options.name ?? "lab";
  const state = readState(places, name);
  const health = state ? await healthOf(state) : undefined;
  if (!state || health === "rebooted" || health === "unfinished")
    return fail("lab-not-up", `the lab \`${name}\` is not up`, { hint: "start it with `tsplay lab up`" });
  const wanted = options.host ?? state.hosts[0]?.name ?? "";
  const host = state.hosts.find((one, index) => one.name === wanted || String(index + 1) === wanted);
  if (!host) {
    const names = state.hosts.map((one) => one.name);
    const near = nearest(wanted, names);
    return fail("lab-unknown-host", `the lab \`${name}\` has no host \`${wanted}\``, {
      hint: near ? `did you mean ${near}?` : `it has ${names.join(", ")}`,
    });
  }
  return sshArgv(state, host, options.command, options.user);
}

function runs(state: LabState, init: LabState["hosts"][number]["init"]): boolean {
  return state.boot === bootId() && init !== undefined && isAlive(init);
}
