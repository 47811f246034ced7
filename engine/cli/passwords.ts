// Passwords of a command: asked for at the terminal, read from files, or printed by a program.

import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { fail } from "../core/problem.ts";
import type { Mask } from "../core/secret.ts";
import type { VaultPassword } from "../text/vault.ts";
import { askPassword } from "./prompt.ts";
import type { World } from "./surroundings.ts";

export interface PasswordOptions {
  readonly askPass?: boolean;
  readonly connectionPasswordFile?: string;
  readonly askBecomePass?: boolean;
  readonly becomePasswordFile?: string;
}

export interface VaultOptions {
  readonly askVaultPass?: boolean;
  readonly vaultPasswordFile?: readonly string[];
  readonly vaultId?: readonly string[];
}

/** Connection and become passwords, as options and configuration want them; an empty become answer is the connection's. */
export async function loginPasswords(
  options: PasswordOptions,
  config: Config,
  world: World,
  mask: Mask,
): Promise<{ readonly connection?: string; readonly become?: string }> {
  const connectionFile = options.connectionPasswordFile ?? config.get("connection_password_file");
  const becomeFile = options.becomePasswordFile ?? config.get("become_password_file");
  const asks = options.askPass ?? (connectionFile === undefined && config.get("ask_pass"));
  const asksBecome = options.askBecomePass ?? (becomeFile === undefined && config.get("become_ask_pass"));
  const connection = asks
    ? await askPassword(world, "SSH password: ", "-k")
    : connectionFile === undefined
      ? undefined
      : secretFrom(connectionFile, world);
  const text = connection === undefined ? "BECOME password: " : "BECOME password[defaults to SSH password]: ";
  const asked = asksBecome
    ? await askPassword(world, text, "-K")
    : becomeFile === undefined
      ? undefined
      : secretFrom(becomeFile, world);
  const become = asked === "" ? connection : asked;
  for (const secret of [connection, become]) if (secret !== undefined) mask.add(secret);
  return { ...(connection === undefined ? {} : { connection }), ...(become === undefined ? {} : { become }) };
}

/** Vault passwords in Ansible's order: --vault-id and the configured list, password files, then the one asked for. */
export async function vaultPasswords(
  options: VaultOptions,
  config: Config,
  world: World,
  mask: Mask,
): Promise<VaultPassword[]> {
  const configured = config.get("vault_password_file");
  const files = options.vaultPasswordFile ?? (configured === undefined ? [] : [configured]);
  const ids = [...config.get("vault_identity_list"), ...(options.vaultId ?? []), ...files];
  const fallback = config.get("vault_identity");
  const found: VaultPassword[] = [];
  for (const text of ids) {
    const at = text.lastIndexOf("@");
    const id = at > 0 ? text.slice(0, at) : fallback;
    const source = at < 0 ? text : text.slice(at + 1);
    found.push({ id, password: await vaultPassword(id, source, world) });
  }
  if (options.askVaultPass ?? (found.length === 0 && config.get("ask_vault_pass")))
    found.push({ id: fallback, password: await askPassword(world, "Vault password: ", "-J") });
  for (const { password } of found) if (typeof password === "string") mask.add(password);
  return found;
}

async function vaultPassword(id: string, source: string, world: World): Promise<string> {
  if (source === "prompt" || source === "prompt_ask_vault_pass")
    return askPassword(world, `Vault password (${id}): `, `--vault-id ${id}@prompt`);
  return secretFrom(source, world, /-client(\.\w+)?$/.test(source) ? ["--vault-id", id] : []);
}

/** What a file holds or, if it can be executed, prints; without line end. `-` is standard input. */
function secretFrom(name: string, world: World, args: readonly string[] = []): string {
  const path = name === "-" ? "/dev/stdin" : resolve(world.cwd, name.replace(/^~(?=\/)/, world.env.HOME ?? "~"));
  const text = name !== "-" && isProgram(path) ? outputOf(path, args) : contentOf(path);
  const secret = text.replace(/[\r\n]+$/, "");
  if (secret === "") fail("password-empty", `the password from ${name} is empty`);
  return secret;
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return fail("password-file", `the password file ${path} cannot be read (${code ?? String(error)})`);
  }
}

function outputOf(path: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(path, args, {
    encoding: "utf8",
    stdio: ["inherit", "pipe", "pipe"],
  });
  if (status === 0) return stdout;
  const why = error?.message ?? (stderr.trim() || `it ended with ${status}`);
  return fail("password-program", `the program ${path} gave no password: ${why}`);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
