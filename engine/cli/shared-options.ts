// Options that several commands have, with Ansible's names and short forms.

import { type Command, InvalidArgumentError } from "commander";
import type { PasswordOptions, VaultOptions } from "./passwords.ts";

/** What `-i`, `-l`, `-e`, `-v` and the vault options leave. */
export interface SourceFlags extends VaultOptions {
  readonly inventory?: readonly string[];
  readonly limit?: string;
  readonly extraVars?: readonly string[];
  readonly verbose: number;
  readonly playbookDir?: string;
}

/** What the options for connecting and becoming leave. */
export interface ConnectFlags extends PasswordOptions {
  readonly user?: string;
  readonly connection?: string;
  readonly timeout?: number;
  readonly privateKey?: string;
  readonly sshCommonArgs?: string;
  readonly sshExtraArgs?: string;
  readonly become?: boolean;
  readonly becomeUser?: string;
  readonly becomeMethod?: string;
}

/** Gathers an option that may be given several times. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** A whole number, not negative. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

/** A whole number above zero. */
export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError("It must be above zero.");
  return value;
}

export function addSourceOptions(command: Command): Command {
  return command
    .option("-i, --inventory <source>", "file, folder, script or `a,b,` (repeatable)", collect)
    .option("-l, --limit <pattern>", "only hosts of this pattern too", (value, before: string | undefined) =>
      before === undefined ? value : `${before},${value}`,
    )
    .option("-e, --extra-vars <vars>", "k=v, JSON, YAML or @file (repeatable)", collect)
    .option("-v, --verbose", "say more, up to -vvvv", (_, before: number) => before + 1, 0);
}

export function addVaultOptions(command: Command): Command {
  return command
    .option("-J, --ask-vault-pass", "ask for the vault password")
    .option("--vault-password-file <file>", "file or program with the vault password", collect)
    .option("--vault-id <id@source>", "vault id and its file, or `prompt`", collect);
}

export function addConnectOptions(command: Command): Command {
  return command
    .option("-u, --user <name>", "log in as")
    .option("-k, --ask-pass", "ask for the ssh password")
    .option("--private-key <file>", "ssh key to log in with")
    .option("-c, --connection <kind>", "ssh, openssh, local, docker, chroot …")
    .option("-T, --timeout <seconds>", "wait so long for a connection", positiveNumber)
    .option("--ssh-common-args <args>", "options for ssh")
    .option("--connection-password-file <file>", "file or program with that password")
    .option("-b, --become", "become another user")
    .option("--become-user <name>", "that user (root)")
    .option("--become-method <how>", "sudo or su")
    .option("-K, --ask-become-pass", "ask for the become password")
    .option("--become-password-file <file>", "file or program with that password");
}
