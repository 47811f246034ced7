// `lab status` and what `lab ssh` needs: which labs there are, and whether what their state says still holds.

import { chosenHost, chosenLab, type HostChoice, placesOf, startedLab } from "./chosen-host.ts";
import { machineArch } from "./foreign-arch.ts";
import { isRunning } from "./host-processes.ts";
import { hasBridge } from "./network.ts";
import { bootId } from "./process-identity.ts";
import { sshArgv } from "./readiness.ts";
import { type LabHost, type LabState, labNames, readState } from "./state.ts";

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
  const places = placesOf(options);
  return Promise.all(
    labNames(places).map(async (name) => {
      const state = readState(places, name);
      if (!state) return { name, health: "unfinished" as const, hosts: [] };
      const hosts = state.hosts.map((host) => ({
        name: host.name,
        address: host.address,
        running: runs(state, host),
      }));
      return { name, health: await healthOf(state), state, hosts };
    }),
  );
}

/** Whether a lab can be used. */
export async function healthOf(state: LabState): Promise<LabHealth> {
  if (state.boot !== bootId()) return "rebooted";
  if (state.phase !== "up") return "unfinished";
  const whole = state.hosts.every((host) => runs(state, host)) && (await hasBridge(state.network));
  return whole ? "up" : "broken";
}

/** What a lab's hosts are: `bookworm, kubernetes`. */
export function labKind({ suite, profile, arch, python, extraPackages }: LabState): string {
  return [
    suite,
    ...(profile === "plain" ? [] : [profile]),
    ...(arch === machineArch() ? [] : [arch]),
    ...(python ? ["Python"] : []),
    ...extraPackages,
  ].join(", ");
}

/** Which host to reach, and what to run there. */
export interface LabSshOptions extends HostChoice {
  readonly user?: string;
  readonly command?: readonly string[];
}

/** Words of the ssh command line to execute. */
export async function labSsh(options: LabSshOptions = {}): Promise<string[]> {
  const places = placesOf(options);
  const state = startedLab(places, chosenLab(places, options));
  return sshArgv(state, chosenHost(state, options.host), options.command, options.user);
}

function runs(state: LabState, host: LabHost): boolean {
  return state.boot === bootId() && isRunning(host);
}
