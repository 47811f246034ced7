// The commands: name, one line for the help, and where each lives. Nothing is loaded before it is used.

import type { Command } from "commander";
import type { World } from "./surroundings.ts";

/** Makes the command's options and action; `finish` takes the exit code. `commands` is this table, for completion. */
export type MakeCommand = (world: World, finish: (exitCode: number) => void, commands: CommandTable) => Command;
export type CommandTable = Readonly<Record<string, CommandEntry>>;

export interface CommandEntry {
  readonly usage: string;
  readonly summary: string;
  readonly hidden?: boolean;
  readonly load: () => Promise<{ readonly makeCommand: MakeCommand }>;
}

export const COMMANDS: CommandTable = {
  run: {
    usage: "run PLAYBOOK…",
    summary: "run playbooks (-C only shows what would change)",
    load: () => import("./commands/run.ts"),
  },
  do: {
    usage: "do PATTERN -m MODULE -a ARGS",
    summary: "run one module on many hosts",
    load: () => import("./commands/do.ts"),
  },
  inventory: {
    usage: "inventory --list|--graph|--host H",
    summary: "hosts, groups and their variables",
    load: () => import("./commands/inventory.ts"),
  },
  vars: {
    usage: "vars HOST [--explain NAME]",
    summary: "a host's variables and where each comes from",
    load: () => import("./commands/vars.ts"),
  },
  facts: {
    usage: "facts PATTERN",
    summary: "the facts of hosts as JSON",
    load: () => import("./commands/facts.ts"),
  },
  doc: {
    usage: "doc [NAME]",
    summary: "modules, filters, tests, lookups, keywords",
    load: () => import("./commands/doc.ts"),
  },
  config: {
    usage: "config [NAME]",
    summary: "every setting, its value and where it comes from",
    load: () => import("./commands/config.ts"),
  },
  vault: {
    usage: "vault encrypt|decrypt|view|… FILE…",
    summary: "files encrypted as Ansible Vault does",
    load: () => import("./commands/vault.ts"),
  },
  lab: {
    usage: "lab up [N]|status|ssh [H]|down",
    summary: "throwaway Debian hosts on this machine",
    load: () => import("./commands/lab.ts"),
  },
  completion: {
    usage: "completion bash|zsh|fish",
    summary: "a script for the shell's completion",
    load: () => import("./commands/completion.ts"),
  },
  complete: {
    usage: "complete",
    summary: "candidates for the shell's completion",
    hidden: true,
    load: () => import("./commands/complete.ts"),
  },
};

/** Names a person may type. */
export function commandNames(): string[] {
  return Object.keys(COMMANDS).filter((name) => COMMANDS[name]?.hidden !== true);
}

/** The help of tsplay itself: one screen. */
export function helpText(): string {
  const rows = commandNames().map((name) => {
    const { usage = "", summary = "" } = COMMANDS[name] ?? {};
    return `  ${usage.padEnd(36)} ${summary}`;
  });
  return [
    "tsplay runs Ansible playbooks without Python, here or on the hosts.",
    "",
    "usage: tsplay COMMAND [OPTIONS]",
    "",
    ...rows,
    "",
    "  tsplay COMMAND --help                the options of a command",
    "  tsplay --version",
    "",
    "examples:",
    "  tsplay run site.yml -i inventory --check --diff",
    "  tsplay do all -i inventory -b -m apt -a 'name=etcd-server state=present'",
    "  tsplay vars node-1 -i inventory --explain ntp_servers",
    "",
    "exit codes: 0 fine, 1 error, 2 a task failed, 4 a host was unreachable or a playbook cannot be",
    "read, 5 wrong options, 99 interrupted, 250 a bug of ours",
    "",
  ].join("\n");
}
