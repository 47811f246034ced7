// The processes of a lab's hosts as they are now. A host that reboots gets other ones, so only the process that supervises
// it is written down, and even that one can be found again by the host's id.

import {
  childrenOf,
  findProcesses,
  identify,
  isAlive,
  isFirstOfContainer,
  type ProcessIdentity,
} from "./process-identity.ts";
import type { LabHost } from "./state.ts";

/** nspawn's exit status when its guest reboots and it cannot start it again itself, being in a cgroup that is not its own. */
const REBOOT_STATUS = 133;

/** Words that run a container and start it again whenever its guest reboots; power off ends them. */
export function supervised(argv: readonly string[]): string[] {
  return ["sh", "-c", `while :; do "$@"; s=$?; [ $s = ${REBOOT_STATUS} ] || exit $s; done`, "sh", ...argv];
}

/** Whether the host runs, or is just rebooting. */
export function isRunning(host: LabHost): boolean {
  return (host.supervisor !== undefined && isAlive(host.supervisor)) || hostProcesses([host]).inits.length > 0;
}

/** The first process of the host, seen from outside; undefined while it is down or between two boots. */
export function hostInit(host: LabHost): ProcessIdentity | undefined {
  const { supervisor } = host;
  if (!supervisor || !isAlive(supervisor)) return hostProcesses([host]).inits[0];
  let generation = [supervisor.pid];
  while (generation.length > 0) {
    generation = generation.flatMap(childrenOf);
    const init = generation.find(isFirstOfContainer);
    if (init !== undefined) return identify(init);
  }
  return undefined;
}

/** All processes on this machine that make these hosts run. */
export function hostProcesses(hosts: readonly LabHost[]): {
  /** Those that start nspawn, again and again. */
  readonly shells: readonly ProcessIdentity[];
  readonly nspawns: readonly ProcessIdentity[];
  /** First processes of guests. */
  readonly inits: readonly ProcessIdentity[];
} {
  const ids = new Set(hosts.map(({ machineId }) => machineId));
  const marked = (entries: readonly string[], prefix: string): boolean =>
    entries.some((entry) => entry.startsWith(prefix) && ids.has(entry.slice(prefix.length).replaceAll("-", "")));
  return {
    shells: findProcesses("cmdline", (words) => words[0] === "sh" && marked(words, "--uuid=")),
    nspawns: findProcesses("cmdline", (words) => words[0] !== "sh" && marked(words, "--uuid=")),
    inits: findProcesses("environ", (entries, pid) => marked(entries, "container_uuid=") && isFirstOfContainer(pid)),
  };
}
