// `tsplay vault`: files and texts encrypted as Ansible Vault does.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { type Config, loadConfig } from "../../config/config.ts";
import { textOf } from "../../core/bytes.ts";
import { fail } from "../../core/problem.ts";
import { Mask } from "../../core/secret.ts";
import { decryptVault, encryptVault, isVaulted, type VaultPassword, vaultIdOf } from "../../text/vault.ts";
import { EXIT } from "../exit-codes.ts";
import { type VaultOptions, vaultPasswords } from "../passwords.ts";
import { askPassword } from "../prompt.ts";
import { addVaultOptions, collect } from "../shared-options.ts";
import type { World } from "../surroundings.ts";
import type { MakeCommand } from "../table.ts";

interface VaultFlags extends VaultOptions {
  readonly encryptVaultId?: string;
  readonly output?: string;
  readonly name?: string;
  readonly newVaultPasswordFile?: string;
  readonly newVaultId?: readonly string[];
}

export const makeCommand: MakeCommand = (world, finish) => {
  const command = new Command("tsplay vault").description("Files and texts encrypted as Ansible Vault does.");
  const sub = (
    usage: string,
    summary: string,
    act: (args: string[], vault: Vault, flags: VaultFlags) => void | Promise<void>,
  ) => {
    const made = command.command(usage).description(summary);
    addVaultOptions(made).option("--encrypt-vault-id <id>", "encrypt with the password of this vault id");
    made.action(async (...all: unknown[]) => {
      const flags = all.at(-2) as VaultFlags;
      const args = all
        .slice(0, -2)
        .flat()
        .filter((word): word is string => typeof word === "string");
      const config = loadConfig({ cwd: world.cwd, env: world.env });
      const given = await vaultPasswords(flags, config, world, new Mask());
      const passwords =
        given.length > 0 ? given : [{ id: "default", password: await askPassword(world, "Vault password: ", "vault") }];
      await act(
        args,
        new Vault(world, passwords, flags.encryptVaultId ?? config.get("vault_encrypt_identity"), config),
        flags,
      );
      finish(EXIT.fine);
    });
    return made;
  };
  sub("encrypt <files...>", "encrypt files in place", (files, vault) =>
    vault.each(files, (content) => vault.encrypt(content)),
  );
  sub("decrypt <files...>", "decrypt files in place", (files, vault) =>
    vault.each(files, (content) => vault.decrypt(content)),
  );
  sub("view <files...>", "show the plain text", (files, vault) => {
    for (const file of files) world.out(textOf(vault.decrypt(vault.read(file))));
  });
  sub("edit <file>", "edit the plain text with $EDITOR", ([file = ""], vault) => vault.edit(file));
  sub("create <file>", "write a new encrypted file with $EDITOR", ([file = ""], vault) => vault.create(file));
  sub("rekey <files...>", "encrypt with another password", async (files, vault, flags) => {
    const config = loadConfig({ cwd: world.cwd, env: {} });
    const wanted = {
      vaultPasswordFile: flags.newVaultPasswordFile ? [flags.newVaultPasswordFile] : undefined,
      vaultId: flags.newVaultId,
    };
    const asked =
      flags.newVaultPasswordFile || flags.newVaultId ? await vaultPasswords(wanted, config, world, new Mask()) : [];
    const next = asked[0] ?? { id: "default", password: await askTwice(world) };
    vault.each(files, (content) => encryptVault(vault.decrypt(content), next));
  })
    .option("--new-vault-password-file <file>", "file or program with the new password")
    .option("--new-vault-id <id@source>", "vault id and source of the new password", collect);
  sub(
    "encrypt-string [text]",
    "a text for a variables file (from standard input without TEXT)",
    ([text], vault, flags) => {
      const plain = text ?? readFileSync("/dev/stdin", "utf8");
      const body = vault
        .encrypt(Buffer.from(plain))
        .trimEnd()
        .split("\n")
        .map((line) => `          ${line}`)
        .join("\n");
      world.out(`${flags.name === undefined ? "" : `${flags.name}: `}!vault |\n${body}\n`);
    },
  )
    .option("-n, --name <name>", "the variable's name")
    .alias("encrypt_string");
  return command;
};

class Vault {
  readonly #world: World;
  readonly #passwords: readonly VaultPassword[];
  readonly #encryptId: string | undefined;
  readonly #config: Config;

  constructor(world: World, passwords: readonly VaultPassword[], encryptId: string | undefined, config: Config) {
    this.#config = config;
    this.#world = world;
    this.#passwords = passwords;
    this.#encryptId = encryptId;
  }

  read(file: string): Buffer {
    try {
      return readFileSync(resolve(this.#world.cwd, file));
    } catch (error) {
      return fail(
        "file-not-found",
        `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
      );
    }
  }

  decrypt(content: Uint8Array): Buffer {
    if (!isVaulted(content)) fail("vault-format", "the input is not vault encrypted data");
    return decryptVault(content, this.#passwords, undefined, { onlyId: this.#config.get("vault_id_match") });
  }

  encrypt(content: Uint8Array, id = this.#encryptId): string {
    if (isVaulted(content)) fail("vault-format", "the input is already encrypted");
    const wanted = id === undefined ? this.#passwords[0] : this.#passwords.find((one) => one.id === id);
    if (!wanted) return fail("option-vault-id", `no password was given for the vault id '${id}'`);
    return encryptVault(content, wanted);
  }

  /** Replaces each file atomically, keeping its mode. All are converted before the first is written. */
  each(files: readonly string[], convert: (content: Buffer) => Uint8Array | string): void {
    const converted = files.map((file) => ({ file, content: convert(this.read(file)) }));
    for (const { file, content } of converted) this.#replace(file, content);
  }

  edit(file: string): void {
    const content = this.read(file);
    const plain = this.decrypt(content);
    const edited = this.#editor(plain);
    if (!edited.equals(plain)) this.#replace(file, this.encrypt(edited, this.#encryptId ?? vaultIdOf(content)));
  }

  create(file: string): void {
    const path = resolve(this.#world.cwd, file);
    if (statSync(path, { throwIfNoEntry: false }))
      fail("vault-exists", `${file} exists already`, { hint: "use vault edit" });
    writeFileSync(path, this.encrypt(this.#editor(Buffer.alloc(0))), { mode: 0o600, flag: "wx" });
  }

  #replace(file: string, content: Uint8Array | string): void {
    const path = resolve(this.#world.cwd, file);
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, content, { mode: statSync(path).mode & 0o777, flag: "wx" });
    renameSync(temporary, path);
  }

  /** What the person made of the text; the plain text lies in a private folder meanwhile. */
  #editor(plain: Buffer): Buffer {
    const { env } = this.#world;
    const folder = mkdtempSync(join(env.XDG_RUNTIME_DIR || "/tmp", "tsplay-vault-"));
    const path = join(folder, "edit.yml");
    try {
      writeFileSync(path, plain, { mode: 0o600 });
      const { status } = spawnSync("/bin/sh", ["-c", `${this.#config.get("editor") || "vi"} "$1"`, "sh", path], {
        stdio: "inherit",
      });
      if (status !== 0) fail("vault-editor", `the editor ended with ${status}; nothing was written`);
      return readFileSync(path);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

async function askTwice(world: World): Promise<string> {
  const first = await askPassword(world, "New vault password: ", "vault rekey");
  const second = await askPassword(world, "Confirm new vault password: ", "vault rekey");
  return first === second ? first : fail("option-password", "the two passwords differ");
}
