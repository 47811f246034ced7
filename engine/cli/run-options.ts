// From a command's flags to what a run is asked: configuration read, passwords asked for, secrets masked.

import { type Config, loadConfig } from "../config/config.ts";
import { Mask } from "../core/secret.ts";
import type { RunOptions, SourceOptions } from "../run/options.ts";
import { loginPasswords, vaultPasswords } from "./passwords.ts";
import type { ConnectFlags, SourceFlags } from "./shared-options.ts";
import type { World } from "./surroundings.ts";

export interface Sources {
  readonly config: Config;
  readonly mask: Mask;
  readonly options: SourceOptions;
}

/** What every command that reads an inventory needs. */
export async function sourcesOf(flags: SourceFlags, world: World): Promise<Sources> {
  const config = loadConfig({ cwd: world.cwd, env: world.env });
  const mask = new Mask();
  for (const { setting, value } of config.all()) if (setting.secret && typeof value === "string") mask.add(value);
  const playbookFolder = flags.playbookDir ?? config.get("playbook_dir");
  return {
    config,
    mask,
    options: {
      inventory: flags.inventory ?? [],
      ...(flags.limit === undefined ? {} : { limit: flags.limit }),
      extraVars: flags.extraVars ?? [],
      vaultPasswords: await vaultPasswords(flags, config, world, mask),
      ...(playbookFolder === undefined ? {} : { playbookFolder }),
      config,
      mask,
    },
  };
}

type Connecting = Pick<
  RunOptions,
  "user" | "connection" | "timeout" | "privateKeyFile" | "sshCommonArgs" | "sshExtraArgs" | "become" | "passwords"
>;

/** How to reach hosts and as whom. Asks for passwords. */
export async function connectingOf(flags: ConnectFlags, sources: Sources, world: World): Promise<Connecting> {
  return {
    user: flags.user,
    connection: flags.connection,
    timeout: flags.timeout,
    privateKeyFile: flags.privateKey,
    sshCommonArgs: flags.sshCommonArgs,
    sshExtraArgs: flags.sshExtraArgs,
    become: {
      ...(flags.become === undefined ? {} : { become: flags.become }),
      ...(flags.becomeMethod === undefined ? {} : { method: flags.becomeMethod }),
      ...(flags.becomeUser === undefined ? {} : { user: flags.becomeUser }),
    },
    passwords: await loginPasswords(flags, sources.config, world, sources.mask),
  };
}

/** `-v`s, or the configured verbosity where that is more. */
export function verbosityOf(flags: { readonly verbose: number }, config: Config): number {
  return Math.min(5, Math.max(flags.verbose, config.get("verbosity")));
}
