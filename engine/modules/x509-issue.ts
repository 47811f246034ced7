// Certificates: issued for a request or a key, read, compared with what is wanted.

import { type KeyObject, randomBytes } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  AuthorityKeyIdentifier,
  Certificate,
  type Extension,
  Extensions,
  type Name,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";
import { fail } from "../core/problem.ts";
import {
  authorityKeyExtension,
  buffered,
  extensionKey,
  findExtension,
  subjectKeyExtension,
  subjectKeyOf,
  valueBytes,
} from "./x509-extensions.ts";
import { isSignedBy, publicDer, publicKeyOf, sign, signingOf } from "./x509-keys.ts";
import { type NameParts, nameKey, nameOf, partsOf } from "./x509-names.ts";
import { EXTENSION } from "./x509-oids.ts";
import { pemBlocks, pemText } from "./x509-pem.ts";
import { algorithmOf, keyIdentifier } from "./x509-request.ts";

export type KeyIdentifierRule = "create_if_not_provided" | "always_create" | "never_create";

/** A certificate as it was read. */
export interface CertificateRead {
  readonly der: Buffer;
  readonly version: number;
  readonly serial: ArrayBuffer;
  readonly subject: NameParts;
  readonly issuer: NameParts;
  /** The subject as it stands there, to be the issuer of others. */
  readonly subjectName: Name;
  readonly extensions: readonly Extension[];
  readonly publicDer: Buffer;
  readonly publicKey: KeyObject;
  /** Seconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly signatureOid: string;
  isSignedBy(key: KeyObject): boolean;
}

/** What is to be certified, and by whom. */
export interface CertificateWanted {
  readonly subject: NameParts;
  readonly publicDer: Buffer;
  /** Of the request. */
  readonly extensions: readonly Extension[];
  readonly subjectKeyIdentifier: KeyIdentifierRule;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly digest: string;
  /** The key that signs. */
  readonly signingKey: KeyObject;
  /** undefined: the certificate is its own issuer. */
  readonly authority: CertificateRead | undefined;
  readonly authorityKeyIdentifier: boolean;
  /** Whether an existing certificate's times must be these. */
  readonly compareTimes: boolean;
}

/** The certificate as PEM text. */
export function issue(wanted: CertificateWanted): string {
  const signing = signingOf(wanted.signingKey, wanted.digest);
  const subject = nameOf(wanted.subject);
  const extensions = wantedExtensions(wanted);
  const content = new TBSCertificate({
    version: Version.v3,
    serialNumber: newSerial(),
    signature: algorithmOf(signing),
    issuer: wanted.authority ? wanted.authority.subjectName : subject,
    validity: new Validity({
      notBefore: new Date(wanted.notBefore * 1000),
      notAfter: new Date(wanted.notAfter * 1000),
    }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(wanted.publicDer, SubjectPublicKeyInfo),
    ...(extensions.length === 0 ? {} : { extensions: new Extensions(extensions) }),
  });
  const signature = sign(signing, new Uint8Array(AsnConvert.serialize(content)), wanted.signingKey);
  const made = new Certificate({
    tbsCertificate: content,
    signatureAlgorithm: algorithmOf(signing),
    signatureValue: buffered(signature),
  });
  return pemText("CERTIFICATE", new Uint8Array(AsnConvert.serialize(made)));
}

/** Positive, of 20 bytes at most and without a zero in front, as RFC 5280 and DER want it. */
function newSerial(): ArrayBuffer {
  const bytes = randomBytes(20);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return buffered(bytes);
}

/** The request's extensions with those that the issuer sees to. */
function wantedExtensions(wanted: CertificateWanted): Extension[] {
  const { authority, subjectKeyIdentifier: rule } = wanted;
  const isAuthorityMade = authority !== undefined && wanted.authorityKeyIdentifier;
  const kept = wanted.extensions.filter(
    ({ extnID }) =>
      !(extnID === EXTENSION.subjectKeyIdentifier && rule === "always_create") &&
      !(extnID === EXTENSION.authorityKeyIdentifier && isAuthorityMade),
  );
  const hasOwn = findExtension(kept, EXTENSION.subjectKeyIdentifier) !== undefined;
  return [
    ...kept,
    ...(hasOwn || rule === "never_create" ? [] : [subjectKeyExtension(keyIdentifier(wanted.publicDer))]),
    ...(isAuthorityMade ? [authorityKeyExtension({ keyId: keyIdentifierOf(authority) })] : []),
  ];
}

function keyIdentifierOf(authority: CertificateRead): Buffer {
  return subjectKeyOf(authority.extensions) ?? keyIdentifier(authority.publicDer);
}

/** The first certificate of a PEM text; undefined if there is none that can be read. */
export function readCertificate(text: string): CertificateRead | undefined {
  const block = pemBlocks(text).find(({ label }) => /^(?:X509 |TRUSTED )?CERTIFICATE$/.test(label));
  return block && parseCertificate(block.der);
}

function parseCertificate(der: Buffer): CertificateRead | undefined {
  try {
    const certificate = AsnConvert.parse(der, Certificate);
    const content = certificate.tbsCertificate;
    const signed = new Uint8Array(certificate.tbsCertificateRaw ?? AsnConvert.serialize(content));
    const keyDer = Buffer.from(AsnConvert.serialize(content.subjectPublicKeyInfo));
    const signatureOid = certificate.signatureAlgorithm.algorithm;
    const signature = new Uint8Array(certificate.signatureValue);
    return {
      der,
      version: content.version + 1,
      serial: content.serialNumber,
      subject: partsOf(content.subject),
      issuer: partsOf(content.issuer),
      subjectName: content.subject,
      extensions: [...(content.extensions ?? [])],
      publicDer: keyDer,
      publicKey: publicKeyOf(keyDer),
      notBefore: content.validity.notBefore.getTime().getTime() / 1000,
      notAfter: content.validity.notAfter.getTime().getTime() / 1000,
      signatureOid,
      isSignedBy: (key) => isSignedBy(signatureOid, signed, signature, key),
    };
  } catch {
    return undefined;
  }
}

/** A certificate that must be there. */
export function needCertificate(text: string, where: string): CertificateRead {
  return (
    readCertificate(text) ?? fail("certificate-unreadable", `${where} holds no certificate in PEM that can be read`)
  );
}

/** What of a certificate is not as wanted, in words; empty if it may stay. */
export function certificateDifferences(present: CertificateRead, wanted: CertificateWanted): string[] {
  const found: string[] = [];
  const { authority } = wanted;
  if (!present.publicDer.equals(wanted.publicDer)) found.push("public key");
  if (nameKey(present.subject, true) !== nameKey(wanted.subject, true)) found.push("subject");
  const issuer = authority?.subject ?? wanted.subject;
  if (nameKey(present.issuer, true) !== nameKey(issuer, true)) found.push("issuer");
  else if (!present.isSignedBy(authority?.publicKey ?? wanted.signingKey)) found.push("signature");
  if (!hasExtensions(present, wanted)) found.push("extensions");
  if (wanted.compareTimes && (present.notBefore !== wanted.notBefore || present.notAfter !== wanted.notAfter))
    found.push("validity");
  return found;
}

function hasExtensions(present: CertificateRead, wanted: CertificateWanted): boolean {
  const keys = (list: readonly Extension[]) => list.map(extensionKey).sort().join("\n");
  const isOthers = ({ extnID }: Extension) =>
    extnID !== EXTENSION.subjectKeyIdentifier && extnID !== EXTENSION.authorityKeyIdentifier;
  const due = wantedExtensions(wanted);
  if (keys(present.extensions.filter(isOthers)) !== keys(due.filter(isOthers))) return false;
  const subjectKey = subjectKeyOf(due);
  const has = subjectKeyOf(present.extensions);
  // With never_create, one that is there may stay.
  if (subjectKey && !has?.equals(subjectKey)) return false;
  return isAuthorityTold(present, due);
}

/** Identifiers of the issuer's key agree, where one is wanted. */
function isAuthorityTold(present: CertificateRead, due: readonly Extension[]): boolean {
  const wanted = findExtension(due, EXTENSION.authorityKeyIdentifier);
  if (!wanted) return true;
  const has = findExtension(present.extensions, EXTENSION.authorityKeyIdentifier);
  const keyOf = (one: Extension) => {
    const { keyIdentifier: id } = AsnConvert.parse(valueBytes(one), AuthorityKeyIdentifier);
    return id ? Buffer.from(id.buffer).toString("hex") : "";
  };
  return has !== undefined && keyOf(has) === keyOf(wanted);
}

/** Whether a key is that of the certificate. */
export function isKeyOf(certificate: CertificateRead, key: KeyObject): boolean {
  return certificate.publicDer.equals(publicDer(key));
}
