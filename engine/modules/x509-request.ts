// Certificate signing requests (PKCS#10): made, read, compared with what is wanted.

import { createHash, type KeyObject } from "node:crypto";
import { Attributes, CertificationRequest, CertificationRequestInfo } from "@peculiar/asn1-csr";
import { AsnConvert } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier, Attribute, type Extension, Extensions, SubjectPublicKeyInfo } from "@peculiar/asn1-x509";
import { fail } from "../core/problem.ts";
import { buffered, extensionKey } from "./x509-extensions.ts";
import { isSignedBy, publicDer, publicKeyOf, type Signing, sign, signingOf } from "./x509-keys.ts";
import { type NameParts, nameKey, nameOf, partsOf } from "./x509-names.ts";
import { EXTENSION } from "./x509-oids.ts";
import { pemBlocks, pemText } from "./x509-pem.ts";

const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

/** A request as it was read. */
export interface RequestRead {
  readonly subject: NameParts;
  readonly extensions: readonly Extension[];
  /** SubjectPublicKeyInfo. */
  readonly publicDer: Buffer;
  readonly publicKey: KeyObject;
  readonly signatureOid: string;
  /** Whether its own key signed it. */
  readonly isSigned: boolean;
}

export interface RequestWanted {
  readonly subject: NameParts;
  /** Whether the order of the subject's parts counts. */
  readonly ordered: boolean;
  readonly extensions: readonly Extension[];
  readonly key: KeyObject;
  readonly digest: string;
}

/** The request as PEM text. */
export function makeRequest(wanted: RequestWanted): string {
  const { subject, extensions, key } = wanted;
  const signing = signingOf(key, wanted.digest);
  const info = new CertificationRequestInfo({
    version: 0,
    subject: nameOf(subject),
    subjectPKInfo: AsnConvert.parse(publicDer(key), SubjectPublicKeyInfo),
    attributes: new Attributes(
      extensions.length === 0
        ? []
        : [
            new Attribute({
              type: EXTENSION_REQUEST,
              values: [AsnConvert.serialize(new Extensions([...extensions]))],
            }),
          ],
    ),
  });
  const signature = sign(signing, new Uint8Array(AsnConvert.serialize(info)), key);
  const request = new CertificationRequest({
    certificationRequestInfo: info,
    signatureAlgorithm: algorithmOf(signing),
    signature: buffered(signature),
  });
  return pemText("CERTIFICATE REQUEST", new Uint8Array(AsnConvert.serialize(request)));
}

export function algorithmOf({ oid, nullParameters }: Signing): AlgorithmIdentifier {
  return new AlgorithmIdentifier({ algorithm: oid, ...(nullParameters ? { parameters: null } : {}) });
}

/** The request of a PEM text; undefined if there is none that can be read. */
export function readRequest(text: string): RequestRead | undefined {
  const block = pemBlocks(text).find(({ label }) => label.endsWith("CERTIFICATE REQUEST"));
  if (!block) return undefined;
  try {
    const request = AsnConvert.parse(block.der, CertificationRequest);
    const info = request.certificationRequestInfo;
    const asked = [...info.attributes].find(({ type }) => type === EXTENSION_REQUEST)?.values[0];
    const der = Buffer.from(AsnConvert.serialize(info.subjectPKInfo));
    const publicKey = publicKeyOf(der);
    const signed = new Uint8Array(request.certificationRequestInfoRaw ?? AsnConvert.serialize(info));
    const signatureOid = request.signatureAlgorithm.algorithm;
    return {
      subject: partsOf(info.subject),
      extensions: asked ? [...AsnConvert.parse(asked, Extensions)] : [],
      publicDer: der,
      publicKey,
      signatureOid,
      isSigned: isSignedBy(signatureOid, signed, new Uint8Array(request.signature), publicKey),
    };
  } catch {
    return undefined;
  }
}

/** A request that must be there. */
export function needRequest(text: string, where: string): RequestRead {
  const request = readRequest(text);
  if (!request) return fail("csr-unreadable", `${where} holds no certificate signing request in PEM that can be read`);
  if (!request.isSigned)
    return fail("csr-signature", `the signature of the certificate signing request ${where} is wrong`);
  return request;
}

const COMPARED: ReadonlySet<string> = new Set([
  EXTENSION.subjectAltName,
  EXTENSION.keyUsage,
  EXTENSION.extendedKeyUsage,
  EXTENSION.basicConstraints,
  EXTENSION.tlsFeature,
  EXTENSION.nameConstraints,
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.crlDistributionPoints,
]);

/** What of a request is not as wanted, in words; empty if it may stay. */
export function requestDifferences(present: RequestRead, wanted: RequestWanted): string[] {
  const found: string[] = [];
  if (!present.isSigned || !present.publicDer.equals(publicDer(wanted.key))) found.push("private key");
  // Names that cannot be are told even where nothing would be made.
  nameOf(wanted.subject);
  if (nameKey(present.subject, wanted.ordered) !== nameKey(wanted.subject, wanted.ordered)) found.push("subject");
  const keys = (list: readonly Extension[]) =>
    list
      .filter(({ extnID }) => COMPARED.has(extnID))
      .map(extensionKey)
      .sort()
      .join("\n");
  if (keys(present.extensions) !== keys(wanted.extensions)) found.push("extensions");
  return found;
}

/** What identifies a public key in subjectKeyIdentifier: the SHA-1 of its bits (RFC 5280, 4.2.1.2). */
export function keyIdentifier(der: Uint8Array): Buffer {
  const { subjectPublicKey } = AsnConvert.parse(der, SubjectPublicKeyInfo);
  return createHash("sha1").update(new Uint8Array(subjectPublicKey)).digest();
}
