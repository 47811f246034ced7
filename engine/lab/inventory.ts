// The inventory of a lab, which tsplay and Ansible both read: addresses, key, known_hosts, and the usual groups.

import { existsSync, lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LabState } from "./state.ts";

const FILE = "hosts.yml";
const GROUP_VARS = "group_vars";

/**
 * Masters are the first three hosts, or the first one where there are fewer; workers are the others. No host shares a
 * disk: their root is an overlay, which NFS cannot export, and their kernel need not have NFS.
 */
export function inventoryText(lab: Omit<LabState, "format">): string {
  const names = lab.hosts.map(({ name }) => name);
  const masters = names.slice(0, names.length >= 3 ? 3 : 1);
  const workers = names.slice(masters.length);
  return [
    "# Made by `tsplay lab up`, removed by `tsplay lab down`: changes here are lost.",
    "all:",
    "  vars:",
    "    ansible_user: root",
    `    ansible_ssh_private_key_file: ${JSON.stringify(lab.privateKeyFile)}`,
    `    ansible_ssh_common_args: ${JSON.stringify(sshOptions(lab).map(quoted).join(" "))}`,
    `    lab_name: ${lab.name}`,
    `    lab_profile: ${lab.profile}`,
    `    lab_arch: ${lab.arch}`,
    "  hosts:",
    ...lab.hosts.map(({ name, address }) => `    ${name}: {ansible_host: ${address}}`),
    "  children:",
    ...group("masters", masters),
    ...group("workers", workers),
    "    etcd:",
    "      children: {masters: {}}",
    ...group("nfs", []),
    "",
  ].join("\n");
}

/** ssh options that make a client trust the lab's own known_hosts and nothing else. */
export function sshOptions(lab: Pick<LabState, "knownHostsFile">): string[] {
  const file = /\s/.test(lab.knownHostsFile) ? `"${lab.knownHostsFile}"` : lab.knownHostsFile;
  return [
    "-o",
    `UserKnownHostsFile=${file}`,
    "-o",
    "GlobalKnownHostsFile=/dev/null",
    "-o",
    "StrictHostKeyChecking=yes",
    "-o",
    "IdentitiesOnly=yes",
  ];
}

/** Writes the hosts, and links the variables of groups that hold for every lab unless the folder has its own. */
export function writeInventory(lab: Omit<LabState, "format">): void {
  mkdirSync(lab.inventory, { recursive: true });
  writeFileSync(join(lab.inventory, FILE), inventoryText(lab));
  const link = join(lab.inventory, GROUP_VARS);
  if (isLink(link)) rmSync(link);
  if (lab.groupVars && existsSync(lab.groupVars) && !existsSync(link)) symlinkSync(lab.groupVars, link);
}

/** Removes what was written, and the folder when nothing else is in it. */
export function removeInventory(lab: LabState): void {
  rmSync(join(lab.inventory, FILE), { force: true });
  const link = join(lab.inventory, GROUP_VARS);
  if (isLink(link)) rmSync(link);
  if (existsSync(lab.inventory) && readdirSync(lab.inventory).length === 0) rmdirSync(lab.inventory);
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

function group(name: string, hosts: readonly string[]): string[] {
  if (hosts.length === 0) return [`    ${name}: {}`];
  return [`    ${name}:`, `      hosts: {${hosts.map((host) => `${host}: {}`).join(", ")}}`];
}

/** A word as a shell would need it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
