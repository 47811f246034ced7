// Private and public keys on the controller: loading, making, describing, signing. They are Node's own; nothing here
// ever puts a private key into a text for a person.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  sign as nodeSign,
  verify as nodeVerify,
} from "node:crypto";
import { promisify } from "node:util";
import { fail } from "../core/problem.ts";
import { pemBlocks } from "./x509-pem.ts";

const generate = promisify(generateKeyPair);

/** Types by the names that playbooks use, with Node's. */
const TYPES = { RSA: "rsa", ECC: "ec", Ed25519: "ed25519", Ed448: "ed448", X25519: "x25519", X448: "x448" } as const;

export type KeyType = keyof typeof TYPES;
export const KEY_TYPES = Object.keys(TYPES) as readonly KeyType[];

/** Curves by the names that playbooks use, where OpenSSL has another. */
const CURVES: Readonly<Record<string, string>> = { secp256r1: "prime256v1", secp192r1: "prime192v1" };
export const CURVE_NAMES = [
  "secp224r1",
  "secp256k1",
  "secp256r1",
  "secp384r1",
  "secp521r1",
  "brainpoolP256r1",
  "brainpoolP384r1",
  "brainpoolP512r1",
] as const;

export interface KeyKind {
  readonly type: KeyType;
  /** Bits of an RSA key. */
  readonly size?: number;
  readonly curve?: string;
}

/** Why a key could not be loaded. */
export type KeyProblem = "passphrase" | "not-encrypted" | "broken";

/** A private key, or why it is none. */
export function loadKey(
  text: string,
  passphrase: string | undefined,
): { readonly key: KeyObject; readonly encrypted: boolean; readonly format: "pkcs1" | "pkcs8" } | KeyProblem {
  const block = pemBlocks(text).find(({ label }) => label.endsWith("PRIVATE KEY"));
  if (!block) return "broken";
  const encrypted = block.encrypted;
  if (encrypted && (passphrase === undefined || passphrase === "")) return "passphrase";
  if (!encrypted && passphrase !== undefined && passphrase !== "") return "not-encrypted";
  try {
    const key = createPrivateKey({ key: block.text, ...(encrypted ? { passphrase } : {}) });
    const format = block.label === "PRIVATE KEY" || block.label === "ENCRYPTED PRIVATE KEY" ? "pkcs8" : "pkcs1";
    return { key, encrypted, format };
  } catch {
    return encrypted ? "passphrase" : "broken";
  }
}

/** A private key that must be there. */
export function needKey(text: string, passphrase: string | undefined, where: string): KeyObject {
  const loaded = loadKey(text, passphrase);
  if (typeof loaded === "object") return loaded.key;
  const reasons: Readonly<Record<KeyProblem, string>> = {
    passphrase: passphrase === undefined ? "it is encrypted, and no passphrase was given" : "wrong passphrase",
    "not-encrypted": "a passphrase was given, but the key is not encrypted",
    broken: "it holds no private key in PEM that can be read",
  };
  return fail("key-unusable", `Unable to load the private key ${where}: ${reasons[loaded]}`);
}

export async function makeKey(kind: KeyKind): Promise<KeyObject> {
  if (kind.type === "RSA") return (await generate("rsa", { modulusLength: kind.size ?? 4096 })).privateKey;
  if (kind.type === "ECC")
    return (await generate("ec", { namedCurve: CURVES[kind.curve ?? ""] ?? kind.curve ?? "" })).privateKey;
  // Node's declarations have these types one by one.
  return (await generate(TYPES[kind.type] as "ed25519", {})).privateKey;
}

/** A private key as PEM text. */
export function keyText(key: KeyObject, format: "pkcs1" | "pkcs8", passphrase: string | undefined): string {
  const type = format === "pkcs8" ? "pkcs8" : key.asymmetricKeyType === "ec" ? "sec1" : "pkcs1";
  const secret = passphrase === undefined || passphrase === "" ? {} : { cipher: "aes-256-cbc", passphrase };
  return String(key.export({ format: "pem", type, ...secret } as { format: "pem"; type: "pkcs8" }));
}

export function keyKind(key: KeyObject): KeyKind | undefined {
  const type = KEY_TYPES.find((one) => TYPES[one] === key.asymmetricKeyType);
  if (type === undefined) return undefined;
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (type === "RSA") return { type, size: modulusLength ?? 0 };
  if (type !== "ECC") return { type };
  return { type, curve: Object.entries(CURVES).find(([, name]) => name === namedCurve)?.[0] ?? namedCurve ?? "" };
}

/** For a person: RSA of 2048 bits, ECC on secp256r1. */
export function kindText(kind: KeyKind | undefined): string {
  if (!kind) return "of another type";
  if (kind.type === "RSA") return `RSA of ${kind.size} bits`;
  return kind.type === "ECC" ? `ECC on ${kind.curve}` : kind.type;
}

/** The public half in the form that certificates hold (SubjectPublicKeyInfo). */
export function publicDer(key: KeyObject): Buffer {
  const half = key.type === "private" ? createPublicKey(key) : key;
  return half.export({ format: "der", type: "spki" });
}

export function publicPem(key: KeyObject): string {
  const half = key.type === "private" ? createPublicKey(key) : key;
  return String(half.export({ format: "pem", type: "spki" }));
}

export function publicKeyOf(der: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
}

/** Python's names of hashes, with Node's. */
const HASHES: Readonly<Record<string, string>> = {
  blake2b: "blake2b512",
  blake2s: "blake2s256",
  md5: "md5",
  sha1: "sha1",
  sha224: "sha224",
  sha256: "sha256",
  sha384: "sha384",
  sha3_224: "sha3-224",
  sha3_256: "sha3-256",
  sha3_384: "sha3-384",
  sha3_512: "sha3-512",
  sha512: "sha512",
  shake_128: "shake128",
  shake_256: "shake256",
};

/** Hashes of bytes under the names of their algorithms, as hexadecimal pairs with colons. */
export function fingerprints(bytes: Uint8Array): Record<string, string> {
  return Object.fromEntries(
    Object.entries(HASHES).map(([name, hash]) => {
      const digest = createHash(hash, hash.startsWith("shake") ? { outputLength: 32 } : {})
        .update(bytes)
        .digest("hex");
      return [name, colons(digest)];
    }),
  );
}

export function colons(hex: string): string {
  return (hex.match(/../g) ?? []).join(":");
}

/** A way to sign: its number, its name, and the hash that Node is told. */
export interface Signing {
  readonly oid: string;
  readonly name: string;
  /** null: the algorithm has its own. */
  readonly hash: string | null;
  /** Whether its identifier carries an explicit NULL. */
  readonly nullParameters: boolean;
  readonly type: "rsa" | "ec" | "ed25519" | "ed448";
}

const rsa = (oid: number, hash: string): Signing => ({
  oid: `1.2.840.113549.1.1.${oid}`,
  name: `${hash}WithRSAEncryption`,
  hash,
  nullParameters: true,
  type: "rsa",
});
const ecdsa = (oid: string, hash: string): Signing => ({
  oid: `1.2.840.10045.4.${oid}`,
  name: `ecdsa-with-${hash.toUpperCase()}`,
  hash,
  nullParameters: false,
  type: "ec",
});

const SIGNINGS: readonly Signing[] = [
  rsa(5, "sha1"),
  rsa(14, "sha224"),
  rsa(11, "sha256"),
  rsa(12, "sha384"),
  rsa(13, "sha512"),
  ecdsa("1", "sha1"),
  ecdsa("3.1", "sha224"),
  ecdsa("3.2", "sha256"),
  ecdsa("3.3", "sha384"),
  ecdsa("3.4", "sha512"),
  { oid: "1.3.101.112", name: "ED25519", hash: null, nullParameters: false, type: "ed25519" },
  { oid: "1.3.101.113", name: "ED448", hash: null, nullParameters: false, type: "ed448" },
];

/** How a key signs with a digest. */
export function signingOf(key: KeyObject, digest: string): Signing {
  const found = SIGNINGS.find(
    ({ type, hash }) => type === key.asymmetricKeyType && (hash === null || hash === digest.toLowerCase()),
  );
  return found ?? fail("key-signing", `a key of type ${key.asymmetricKeyType} cannot sign with the digest ${digest}`);
}

export function signingByOid(oid: string): Signing | undefined {
  return SIGNINGS.find((one) => one.oid === oid);
}

export function sign(signing: Signing, bytes: Uint8Array, key: KeyObject): Buffer {
  return nodeSign(signing.hash, bytes, key);
}

/** Whether a signature is of this key. Algorithms not known here count as not verified. */
export function isSignedBy(oid: string, bytes: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  const signing = signingByOid(oid);
  if (!signing || signing.type !== key.asymmetricKeyType) return false;
  return nodeVerify(signing.hash, bytes, key, signature);
}
