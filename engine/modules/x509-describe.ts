// Requests, certificates and keys told as data: what the info modules return and what differences show.

import type { KeyObject } from "node:crypto";
import { integer, type Plain } from "../core/value.ts";
import { accessUris, bigNumber, describeExtensions } from "./x509-extensions.ts";
import type { CertificateRead } from "./x509-issue.ts";
import { fingerprints, keyKind, publicDer, publicPem, signingByOid } from "./x509-keys.ts";
import { nameMapping } from "./x509-names.ts";
import type { RequestRead } from "./x509-request.ts";
import { asn1Time } from "./x509-time.ts";

/** A request as a difference shows it. */
export function describeRequest(request: RequestRead): Record<string, Plain> {
  const { extensions_by_oid: _, ...extensions } = describeExtensions(request.extensions);
  return {
    subject: request.subject as Plain,
    ...present(extensions),
    public_key_fingerprint: fingerprints(request.publicDer).sha256 ?? null,
  };
}

/** A certificate as a difference shows it; `serial` false where it is not known yet. */
export function describeCertificate(certificate: CertificateRead): Record<string, Plain> {
  const { extensions_by_oid: _, ...extensions } = describeExtensions(certificate.extensions);
  return {
    subject: certificate.subject as Plain,
    issuer: certificate.issuer as Plain,
    ...present(extensions),
    not_before: asn1Time(certificate.notBefore),
    not_after: asn1Time(certificate.notAfter),
    public_key_fingerprint: fingerprints(certificate.publicDer).sha256 ?? null,
  };
}

/** Without what says nothing. */
function present(values: Readonly<Record<string, Plain>>): Record<string, Plain> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== null && value !== false && value !== undefined),
  );
}

/** All that `openssl_csr_info` returns. */
export function requestInfo(request: RequestRead): Record<string, Plain> {
  return {
    signature_valid: request.isSigned,
    subject: nameMapping(request.subject),
    subject_ordered: request.subject as Plain,
    ...describeExtensions(request.extensions),
    ...publicInfo(request.publicKey),
  };
}

/** All that `x509_certificate_info` returns but what depends on the time. */
export function certificateInfo(certificate: CertificateRead): Record<string, Plain> {
  const { name_constraints_permitted, name_constraints_excluded, name_constraints_critical, ...extensions } =
    describeExtensions(certificate.extensions);
  return {
    version: certificate.version,
    serial_number: bigNumber(certificate.serial),
    signature_algorithm: signingByOid(certificate.signatureOid)?.name ?? certificate.signatureOid,
    subject: nameMapping(certificate.subject),
    subject_ordered: certificate.subject as Plain,
    issuer: nameMapping(certificate.issuer),
    issuer_ordered: certificate.issuer as Plain,
    not_before: asn1Time(certificate.notBefore),
    not_after: asn1Time(certificate.notAfter),
    fingerprints: fingerprints(certificate.der),
    ...extensions,
    ...accessUris(certificate.extensions),
    ...publicInfo(certificate.publicKey),
  };
}

/** What is told about a public key. */
export function publicInfo(key: KeyObject): Record<string, Plain> {
  return {
    public_key: publicPem(key),
    public_key_type: keyKind(key)?.type ?? "unknown",
    public_key_data: publicData(key),
    public_key_fingerprints: fingerprints(publicDer(key)),
  };
}

/** Numbers of a public key, under the reference's names. */
export function publicData(key: KeyObject): Record<string, Plain> {
  const kind = keyKind(key);
  if (kind?.type === "RSA") {
    const { n = "", e = "" } = key.export({ format: "jwk" });
    return { size: kind.size ?? 0, modulus: numberOf(n), exponent: numberOf(e) };
  }
  if (kind?.type !== "ECC") return {};
  const der = publicDer(key);
  const point = der.subarray(der.lastIndexOf(Buffer.from([0, 4])) + 2);
  const size = SIZES[kind.curve ?? ""] ?? 0;
  const half = Math.ceil(size / 8);
  const tail = point.subarray(-2 * half);
  return {
    curve: kind.curve ?? "",
    exponent_size: size,
    x: hexNumber(tail.subarray(0, half)),
    y: hexNumber(tail.subarray(half)),
  };
}

const SIZES: Readonly<Record<string, number>> = {
  secp224r1: 224,
  secp256k1: 256,
  secp256r1: 256,
  secp384r1: 384,
  secp521r1: 521,
  brainpoolP256r1: 256,
  brainpoolP384r1: 384,
  brainpoolP512r1: 512,
};

function numberOf(base64url: string): number | bigint {
  return hexNumber(Buffer.from(base64url, "base64url"));
}

function hexNumber(bytes: Uint8Array): number | bigint {
  return integer(BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`));
}
