// Ansible Vault, formats 1.1 and 1.2 (the same with a vault id in the header): AES-256 in counter mode with an
// HMAC-SHA256 over the ciphertext, both keys and the counter from PBKDF2. Byte-compatible with ansible-vault.

import { createCipheriv, createDecipheriv, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { textOf } from "../core/bytes.ts";
import { fail, type Origin } from "../core/problem.ts";

const MAGIC = "$ANSIBLE_VAULT";
const ROUNDS = 10_000;
const LINE = 80;

/** A password with the vault id it was given for; `default` where none was named. */
export interface VaultPassword {
  readonly id: string;
  readonly password: string | Uint8Array;
}

interface Envelope {
  readonly version: string;
  readonly id: string | undefined;
  readonly body: string;
}

/** Whether a file or text is vaulted: its first bytes say so. */
export function isVaulted(content: Uint8Array | string): boolean {
  const head = typeof content === "string" ? content.slice(0, 20) : textOf(content.subarray(0, 20));
  return head.startsWith(`${MAGIC};`);
}

/** The vault id in the header (format 1.2), or undefined. */
export function vaultIdOf(content: Uint8Array | string): string | undefined {
  return openEnvelope(content, undefined).id;
}

/**
 * The plain bytes of vaulted text. Passwords whose id is the one in the header are tried first, then the others, as
 * Ansible does; with `onlyId` only the former. Throws Failure: `vault-no-password`, `vault-wrong-password`, `vault-damaged`, `vault-format`.
 */
export function decryptVault(
  content: Uint8Array | string,
  passwords: readonly VaultPassword[],
  origin?: Origin,
  options: { readonly onlyId?: boolean } = {},
): Buffer {
  const envelope = openEnvelope(content, origin);
  const { salt, hmac, ciphertext } = openBody(envelope.body, origin);
  if (passwords.length === 0)
    fail("vault-no-password", "this is vaulted, and no vault password was given", {
      origin,
      hint: `use --ask-vault-pass, --vault-password-file or ${envelope.id ? `--vault-id ${envelope.id}@FILE` : "--vault-id"}`,
    });
  const wanted = envelope.id ?? "default";
  const candidates = options.onlyId ? passwords.filter(({ id }) => id === wanted) : inOrder(passwords, envelope.id);
  for (const { password } of candidates) {
    const keys = deriveKeys(password, salt);
    const expected = createHmac("sha256", keys.hmac).update(ciphertext).digest();
    if (expected.length !== hmac.length || !timingSafeEqual(expected, hmac)) continue;
    const decipher = createDecipheriv("aes-256-ctr", keys.cipher, keys.counter);
    return unpad(Buffer.concat([decipher.update(ciphertext), decipher.final()]), origin);
  }
  const tried = candidates.map(({ id }) => id).join(", ") || "none";
  return fail("vault-wrong-password", `no vault password fits${envelope.id ? ` (vault id '${envelope.id}')` : ""}`, {
    origin,
    hint: `passwords tried: ${tried}; if they are right, the vaulted text was changed or cut`,
  });
}

/** Vaulted text of some bytes, with a line end. The salt is 32 random bytes unless given. */
export function encryptVault(
  plain: Uint8Array | string,
  password: VaultPassword,
  options: { readonly salt?: Uint8Array } = {},
): string {
  const salt = Buffer.from(options.salt ?? randomBytes(32));
  const keys = deriveKeys(password.password, salt);
  const cipher = createCipheriv("aes-256-ctr", keys.cipher, keys.counter);
  const ciphertext = Buffer.concat([cipher.update(pad(Buffer.from(plain))), cipher.final()]);
  const hmac = createHmac("sha256", keys.hmac).update(ciphertext).digest();
  const inner = [salt, hmac, ciphertext].map((part) => part.toString("hex")).join("\n");
  const body = Buffer.from(inner, "latin1").toString("hex");
  const named = password.id !== "" && password.id !== "default";
  const header = named ? `${MAGIC};1.2;AES256;${password.id}` : `${MAGIC};1.1;AES256`;
  return `${[header, ...(body.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [])].join("\n")}\n`;
}

function openEnvelope(content: Uint8Array | string, origin: Origin | undefined): Envelope {
  const text = typeof content === "string" ? content : textOf(content);
  const [header = "", ...lines] = text.trim().split(/\r?\n/);
  const [magic, version = "", cipher = "", id] = header.trim().split(";");
  if (magic !== MAGIC) fail("vault-format", `vaulted text starts with '${MAGIC};', this does not`, { origin });
  if (version !== "1.1" && version !== "1.2")
    fail("vault-format", `vault format ${version} is not known; 1.1 and 1.2 are`, { origin });
  if (cipher !== "AES256") fail("vault-format", `vault cipher '${cipher}' is not known; AES256 is`, { origin });
  const label = version === "1.2" && id ? id : undefined;
  return { version, id: label, body: lines.map((line) => line.trim()).join("") };
}

function openBody(body: string, origin: Origin | undefined): { salt: Buffer; hmac: Buffer; ciphertext: Buffer } {
  const parts = isHex(body) ? Buffer.from(body, "hex").toString("latin1").split("\n") : [];
  const [salt = "", hmac = "", ciphertext = ""] = parts;
  if (parts.length !== 3 || ![salt, hmac, ciphertext].every(isHex))
    fail("vault-damaged", "the vaulted text is damaged: it is not the hexadecimal text that a vault holds", {
      origin,
      hint: "restore it from a copy; every line of it matters, and nothing may be added",
    });
  return {
    salt: Buffer.from(salt, "hex"),
    hmac: Buffer.from(hmac, "hex"),
    ciphertext: Buffer.from(ciphertext, "hex"),
  };
}

function isHex(text: string): boolean {
  return text.length > 0 && text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text);
}

function inOrder(passwords: readonly VaultPassword[], id: string | undefined): readonly VaultPassword[] {
  if (id === undefined) return passwords;
  return [...passwords.filter((one) => one.id === id), ...passwords.filter((one) => one.id !== id)];
}

function deriveKeys(
  password: string | Uint8Array,
  salt: Uint8Array,
): { cipher: Buffer; hmac: Buffer; counter: Buffer } {
  const bytes = pbkdf2Sync(password, salt, ROUNDS, 80, "sha256");
  return { cipher: bytes.subarray(0, 32), hmac: bytes.subarray(32, 64), counter: bytes.subarray(64, 80) };
}

function pad(bytes: Buffer): Buffer {
  const length = 16 - (bytes.length % 16);
  return Buffer.concat([bytes, Buffer.alloc(length, length)]);
}

function unpad(bytes: Buffer, origin: Origin | undefined): Buffer {
  const length = bytes.at(-1) ?? 0;
  const valid = length >= 1 && length <= 16 && length <= bytes.length;
  if (!valid) fail("vault-damaged", "the vaulted text is damaged: its padding is wrong", { origin });
  return bytes.subarray(0, bytes.length - length);
}
