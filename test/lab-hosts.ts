// How tests reach the hosts of a lab: by ssh's own program, and by an inventory with groups of the test's choice.

import { sshOptions } from "../engine/lab/inventory.ts";
import type { LabHost, LabState } from "../engine/lab/lab.ts";
import { sshArgv } from "../engine/lab/readiness.ts";

/** Variables of a host in the inventory. */
export type HostVariables = Readonly<Record<string, unknown>>;

/** The lab's n-th host, from 1. */
export function labHost(lab: LabState, number: number): LabHost {
  const host = lab.hosts[number - 1];
  if (!host) throw new Error(`the lab has no host ${number}`);
  return host;
}

/** Words of an ssh command line for the lab's n-th host, as root. */
export function sshTo(lab: LabState, number: number, ...remote: string[]): string[] {
  return sshArgv(lab, labHost(lab, number), remote);
}

/** What ssh needs to know of the lab, as `ansible_ssh_common_args`. */
export function labSshArguments(lab: LabState): string {
  return ["-F", "/dev/null", ...sshOptions(lab)].join(" ");
}

/** Variables that reach any host of the lab, as root; its address is not among them. */
export function labVariables(lab: LabState): HostVariables {
  return {
    ansible_user: "root",
    ansible_ssh_private_key_file: lab.privateKeyFile,
    ansible_ssh_common_args: labSshArguments(lab),
  };
}

export interface InventoryParts {
  /** Variables of hosts, by name. */
  readonly hosts: Readonly<Record<string, HostVariables>>;
  /** Names of hosts, by group. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** Variables of all hosts, besides those that reach them. */
  readonly vars?: HostVariables;
}

/** Text of a hosts.yml. */
export function labInventory(lab: LabState, { hosts, groups = {}, vars }: InventoryParts): string {
  const children = Object.fromEntries(
    Object.entries(groups).map(([name, members]) => [
      name,
      { hosts: Object.fromEntries(members.map((member) => [member, null])) },
    ]),
  );
  return JSON.stringify({ all: { vars: { ...labVariables(lab), ...vars }, hosts, children } });
}
