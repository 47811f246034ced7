// `tsplay lab`: throwaway Debian hosts on this machine.

import { spawn } from "node:child_process";
import { Command, Option } from "commander";
import {
  ARCHITECTURES,
  type LabArch,
  type LabProfile,
  type LabState,
  labDown,
  labGrow,
  labKill,
  labKind,
  labRebuild,
  labSsh,
  labStart,
  labStatus,
  labUp,
  PROFILES,
  SUITES,
} from "../../lab/lab.ts";
import { EXIT } from "../exit-codes.ts";
import { positiveNumber } from "../shared-options.ts";
import { paintFor, type World } from "../surroundings.ts";
import type { MakeCommand } from "../table.ts";

interface LabFlags {
  readonly name?: string;
  readonly suite?: string;
  readonly profile?: LabProfile;
  readonly arch?: LabArch;
  readonly python?: boolean;
  readonly user?: string;
}

export const makeCommand: MakeCommand = (world, finish) => {
  const command = new Command("tsplay lab").description(
    "Throwaway Debian hosts on this machine (systemd-nspawn; needs root).",
  );
  const progress = (text: string): void => world.err(`${text}\n`);
  const name = (): Option => new Option("--name <name>", "which lab (lab)");
  command
    .command("up")
    .description("boot hosts and write inventories/NAME")
    .argument("[count]", "number of hosts (3)", positiveNumber)
    .addOption(name())
    .addOption(new Option("--suite <suite>", "Debian release (bookworm)").choices([...SUITES]))
    .addOption(
      new Option("--profile <profile>", "plain servers, or hosts that run a kubelet (plain)").choices([...PROFILES]),
    )
    .addOption(new Option("--arch <arch>", "the machine's own, or arm64 emulated").choices([...ARCHITECTURES]))
    .option("--python", "with Python in the hosts, to compare with Ansible")
    .action(async (count: number | undefined, flags: LabFlags) => finish(await up(count, flags, world)));
  command
    .command("status")
    .description("labs and whether their hosts run")
    .action(async () => finish(await status(world)));
  command
    .command("ssh")
    .description("a shell on a host, or a command there")
    .argument("[host]", "name or number (the first)")
    .argument("[command...]", "what to run there, behind --")
    .addOption(name())
    .option("-u, --user <user>", "log in as (root)")
    .action(async (host: string | undefined, words: string[], flags: LabFlags) =>
      finish(await ssh(host, words, flags)),
    );
  const power = (verb: string, description: string, work: (host: string, flags: LabFlags) => Promise<string>): void => {
    command
      .command(verb)
      .description(description)
      .argument("<host...>", "names, or numbers with --name")
      .addOption(name())
      .action(async (hosts: string[], flags: LabFlags) => {
        for (const host of hosts) world.out(`${await work(host, flags)}\n`);
        finish(EXIT.fine);
      });
  };
  const chosen = (host: string, { name }: LabFlags) => ({ host, name, onProgress: progress });
  power("kill", "cut the power of hosts: nothing is written any more", async (host, flags) =>
    (await labKill(chosen(host, flags))) ? `${host} is down` : `${host} was down already`,
  );
  power("start", "boot hosts that are down, with their disks as they were", async (host, flags) =>
    (await labStart(chosen(host, flags))) ? `${host} is up` : `${host} runs already`,
  );
  power("rebuild", "make hosts anew: same name and address, fresh disk, new keys", async (host, flags) => {
    await labRebuild(chosen(host, flags));
    return `${host} is a new host`;
  });
  command
    .command("grow")
    .description("add hosts to a lab that is up")
    .argument("<count>", "number of hosts afterwards", positiveNumber)
    .addOption(name())
    .action(async (count: number, flags: LabFlags) =>
      finish(told(await labGrow({ name: flags.name, count, onProgress: progress }), world)),
    );
  command
    .command("down")
    .description("remove the hosts and everything that up made")
    .addOption(name())
    .action(async (flags: LabFlags) => {
      const there = await labDown({ name: flags.name, onProgress: progress });
      world.out(there ? `the lab ${flags.name ?? "lab"} is gone\n` : `there is no lab ${flags.name ?? "lab"}\n`);
      finish(EXIT.fine);
    });
  return command;
};

async function up(count: number | undefined, flags: LabFlags, world: World): Promise<number> {
  const lab = await labUp({
    name: flags.name,
    count,
    suite: flags.suite,
    profile: flags.profile,
    arch: flags.arch,
    python: flags.python,
    projectDir: world.cwd,
    onProgress: (text) => world.err(`${text}\n`),
  });
  return told(lab, world);
}

function told(lab: LabState, world: World): number {
  for (const host of lab.hosts) world.out(`${host.name}  ${host.address}\n`);
  world.out(`inventory: ${lab.inventory}\n`);
  return EXIT.fine;
}

async function status(world: World): Promise<number> {
  const labs = await labStatus();
  const paint = paintFor(world);
  if (labs.length === 0) world.out("no lab; `tsplay lab up` makes one\n");
  for (const { name, health, state, hosts } of labs) {
    world.out(`${name}: ${paint(health === "up" ? "ok" : "failed", health)}${state ? `, ${labKind(state)}` : ""}\n`);
    for (const host of hosts)
      world.out(
        `  ${host.name}  ${host.address}  ${host.running ? paint("ok", "runs") : paint("failed", "does not run")}\n`,
      );
  }
  return EXIT.fine;
}

async function ssh(host: string | undefined, words: readonly string[], flags: LabFlags): Promise<number> {
  const [program = "ssh", ...args] = await labSsh({
    name: flags.name,
    host,
    user: flags.user,
    command: words.length > 0 ? words : undefined,
  });
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? EXIT.error));
  });
}
