// Extensions of requests and certificates: made from what a task asks, compared, and told.

import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AuthorityInfoAccessSyntax,
  AuthorityKeyIdentifier,
  BasicConstraints,
  CRLDistributionPoints,
  DistributionPoint,
  DistributionPointName,
  ExtendedKeyUsage,
  Extension,
  type GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  KeyIdentifier,
  NameConstraints,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
} from "@peculiar/asn1-x509";
import { fail } from "../core/problem.ts";
import { integer, type Plain } from "../core/value.ts";
import { colons } from "./x509-keys.ts";
import { generalName, generalNameText } from "./x509-names.ts";
import { EXTENSION, KEY_USAGES, keyUsageBit, purposeOid, purposeWords } from "./x509-oids.ts";

/** A list of words that a critical extension may be made of. */
interface Listed {
  readonly values: readonly string[];
  readonly critical: boolean;
}

/** What a task asks of a request's extensions. */
export interface WantedExtensions {
  readonly subjectAltName: Listed;
  readonly keyUsage: Listed;
  readonly extendedKeyUsage: Listed;
  /** CA:TRUE, pathlen:0. */
  readonly basicConstraints: Listed;
  readonly mustStaple: boolean;
  readonly mustStapleCritical: boolean;
  readonly permitted: readonly string[];
  readonly excluded: readonly string[];
  readonly nameConstraintsCritical: boolean;
  readonly crlDistributionPoints: readonly string[];
  readonly subjectKeyIdentifier: Uint8Array | undefined;
  readonly authorityKeyIdentifier: Uint8Array | undefined;
  readonly authorityCertIssuer: readonly string[];
  readonly authorityCertSerial: bigint | undefined;
}

/** DER of "status_request" as the only feature. */
const MUST_STAPLE = "3003020105";

export function extensionsOf(wanted: WantedExtensions): Extension[] {
  const { subjectAltName, keyUsage, extendedKeyUsage, basicConstraints } = wanted;
  const made: Extension[] = [];
  const add = (id: string, critical: boolean, value: object | Uint8Array) => made.push(extension(id, critical, value));
  if (subjectAltName.values.length > 0) {
    const names = subjectAltName.values.map((one) => generalName(one, "subject_alt_name"));
    add(EXTENSION.subjectAltName, subjectAltName.critical, new SubjectAlternativeName(names));
  }
  if (keyUsage.values.length > 0) add(EXTENSION.keyUsage, keyUsage.critical, usageBits(keyUsage.values));
  if (extendedKeyUsage.values.length > 0) {
    const oids = extendedKeyUsage.values.map(
      (word) =>
        purposeOid(word) ??
        fail("key-purpose", `extended_key_usage: nobody knows '${word}'`, {
          hint: "write serverAuth, clientAuth, codeSigning …, or a dotted number",
        }),
    );
    add(EXTENSION.extendedKeyUsage, extendedKeyUsage.critical, new ExtendedKeyUsage(oids));
  }
  if (basicConstraints.values.length > 0)
    add(EXTENSION.basicConstraints, basicConstraints.critical, constraintsOf(basicConstraints.values));
  if (wanted.mustStaple) add(EXTENSION.tlsFeature, wanted.mustStapleCritical, Buffer.from(MUST_STAPLE, "hex"));
  if (wanted.permitted.length + wanted.excluded.length > 0)
    add(
      EXTENSION.nameConstraints,
      wanted.nameConstraintsCritical,
      new NameConstraints({
        ...subtrees("permittedSubtrees", wanted.permitted, "name_constraints_permitted"),
        ...subtrees("excludedSubtrees", wanted.excluded, "name_constraints_excluded"),
      }),
    );
  if (wanted.subjectKeyIdentifier) made.push(subjectKeyExtension(wanted.subjectKeyIdentifier));
  const { authorityKeyIdentifier: keyId, authorityCertIssuer: issuer, authorityCertSerial: serial } = wanted;
  if (keyId || issuer.length > 0)
    made.push(
      authorityKeyExtension({
        keyId,
        issuer: issuer.map((one) => generalName(one, "authority_cert_issuer")),
        serial,
      }),
    );
  if (wanted.crlDistributionPoints.length > 0)
    add(
      EXTENSION.crlDistributionPoints,
      false,
      new CRLDistributionPoints(
        wanted.crlDistributionPoints.map(
          (one) =>
            new DistributionPoint({
              distributionPoint: new DistributionPointName({ fullName: [generalName(one, "crl_distribution_points")] }),
            }),
        ),
      ),
    );
  return made;
}

export function subjectKeyExtension(id: Uint8Array): Extension {
  return extension(EXTENSION.subjectKeyIdentifier, false, new SubjectKeyIdentifier(id));
}

export function authorityKeyExtension(of: {
  readonly keyId: Uint8Array | undefined;
  readonly issuer?: readonly GeneralName[];
  readonly serial?: bigint | undefined;
}): Extension {
  return extension(
    EXTENSION.authorityKeyIdentifier,
    false,
    new AuthorityKeyIdentifier({
      ...(of.keyId ? { keyIdentifier: new KeyIdentifier(of.keyId) } : {}),
      ...(of.issuer && of.issuer.length > 0 ? { authorityCertIssuer: [...of.issuer] } : {}),
      ...(of.serial === undefined ? {} : { authorityCertSerialNumber: integerBytes(of.serial) }),
    }),
  );
}

function extension(extnID: string, critical: boolean, value: object | Uint8Array): Extension {
  const der = value instanceof Uint8Array ? value : new Uint8Array(AsnConvert.serialize(value));
  return new Extension({ extnID, critical, extnValue: new OctetString(der) });
}

function subtrees(key: string, names: readonly string[], param: string): object {
  if (names.length === 0) return {};
  return { [key]: new GeneralSubtrees(names.map((one) => new GeneralSubtree({ base: generalName(one, param) }))) };
}

/** A BIT STRING without trailing zeros, as DER wants it of named bits. */
function usageBits(words: readonly string[]): Uint8Array {
  const bits = words.map((word) => {
    const bit = keyUsageBit(word);
    if (bit === undefined)
      fail("key-usage", `key_usage: nobody knows '${word}'`, {
        hint: `known are ${KEY_USAGES.map(([name]) => name).join(", ")}`,
      });
    return bit;
  });
  const last = Math.max(...bits);
  const bytes = Buffer.alloc((last >> 3) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return Buffer.from([3, bytes.length + 1, 7 - (last & 7), ...bytes]);
}

function usageWords(value: Buffer): string[] {
  const bytes = value.subarray(3);
  return KEY_USAGES.flatMap(([, words], bit) => (((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0 ? [words] : []));
}

function constraintsOf(words: readonly string[]): BasicConstraints {
  let cA = false;
  let pathLenConstraint: number | undefined;
  for (const word of words) {
    const [, name = "", value = ""] = /^\s*(CA|pathlen)\s*:\s*(\S+)\s*$/i.exec(word) ?? [];
    if (name.toLowerCase() === "ca" && /^(true|false)$/i.test(value)) cA = value.toLowerCase() === "true";
    else if (name.toLowerCase() === "pathlen" && /^\d+$/.test(value)) pathLenConstraint = Number(value);
    else fail("basic-constraints", `Unknown basic constraint "${word}"`, { hint: "write CA:TRUE and pathlen:0" });
  }
  return new BasicConstraints({ cA, ...(pathLenConstraint === undefined ? {} : { pathLenConstraint }) });
}

/** Bytes of a serial number, with the sign's zero where the highest bit is set. */
function integerBytes(value: bigint): ArrayBuffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return buffered((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}

export function buffered(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

export function findExtension(list: readonly Extension[], id: string): Extension | undefined {
  return list.find(({ extnID }) => extnID === id);
}

export function valueBytes(one: Extension): Buffer {
  return Buffer.from(one.extnValue.buffer);
}

/** For comparing: what it is, without the order of what has none. */
export function extensionKey(one: Extension): string {
  return `${one.extnID} ${one.critical} ${unordered(one)}`;
}

function unordered(one: Extension): string {
  const value = valueBytes(one);
  if (one.extnID === EXTENSION.extendedKeyUsage) return [...AsnConvert.parse(value, ExtendedKeyUsage)].sort().join();
  if (one.extnID === EXTENSION.subjectAltName)
    return [...new Set(ders(AsnConvert.parse(value, SubjectAlternativeName)))].sort().join();
  if (one.extnID !== EXTENSION.nameConstraints) return value.toString("hex");
  const { permittedSubtrees, excludedSubtrees } = AsnConvert.parse(value, NameConstraints);
  return [permittedSubtrees, excludedSubtrees]
    .map((list) =>
      ders(list ?? [])
        .sort()
        .join(),
    )
    .join(";");
}

function ders(list: Iterable<object>): string[] {
  return [...list].map((one) => Buffer.from(AsnConvert.serialize(one)).toString("hex"));
}

export function subjectKeyOf(list: readonly Extension[]): Buffer | undefined {
  const found = findExtension(list, EXTENSION.subjectKeyIdentifier);
  return found && Buffer.from(AsnConvert.parse(valueBytes(found), SubjectKeyIdentifier).buffer);
}

/** The keys that the info modules return about extensions. */
export function describeExtensions(list: readonly Extension[]): Record<string, Plain> {
  const told = <T extends Plain>(id: string, name: string, tell: (value: Buffer) => T): Record<string, Plain> => {
    const found = findExtension(list, id);
    return {
      [name]: found ? tell(valueBytes(found)) : null,
      [`${name}_critical`]: found?.critical ?? false,
    };
  };
  const names = (given: Iterable<GeneralName>) => [...given].map(generalNameText);
  const constraints = findExtension(list, EXTENSION.nameConstraints);
  const trees = constraints && AsnConvert.parse(valueBytes(constraints), NameConstraints);
  const trunk = (given: GeneralSubtrees | undefined) =>
    trees ? names([...(given ?? [])].map(({ base }) => base)) : null;
  const authority = findExtension(list, EXTENSION.authorityKeyIdentifier);
  const issuer = authority && AsnConvert.parse(valueBytes(authority), AuthorityKeyIdentifier);
  const subjectKey = subjectKeyOf(list);
  return {
    ...told(EXTENSION.keyUsage, "key_usage", (value) => usageWords(value).sort()),
    ...told(EXTENSION.extendedKeyUsage, "extended_key_usage", (value) =>
      [...AsnConvert.parse(value, ExtendedKeyUsage)].map(purposeWords).sort(),
    ),
    ...told(EXTENSION.basicConstraints, "basic_constraints", constraintWords),
    ...told(EXTENSION.tlsFeature, "ocsp_must_staple", (value) => value.toString("hex") === MUST_STAPLE),
    ...told(EXTENSION.subjectAltName, "subject_alt_name", (value) =>
      names(AsnConvert.parse(value, SubjectAlternativeName)),
    ),
    name_constraints_permitted: trunk(trees?.permittedSubtrees),
    name_constraints_excluded: trunk(trees?.excludedSubtrees),
    name_constraints_critical: constraints?.critical ?? false,
    subject_key_identifier: subjectKey ? colons(subjectKey.toString("hex")) : null,
    authority_key_identifier: issuer?.keyIdentifier
      ? colons(Buffer.from(issuer.keyIdentifier.buffer).toString("hex"))
      : null,
    authority_cert_issuer: issuer?.authorityCertIssuer ? names(issuer.authorityCertIssuer) : null,
    authority_cert_serial_number: issuer?.authorityCertSerialNumber
      ? bigNumber(issuer.authorityCertSerialNumber)
      : null,
    extensions_by_oid: Object.fromEntries(
      list.map((one) => [one.extnID, { critical: one.critical, value: valueBytes(one).toString("base64") }]),
    ),
  };
}

function constraintWords(value: Buffer): string[] {
  const { cA, pathLenConstraint } = AsnConvert.parse(value, BasicConstraints);
  return [`CA:${cA ? "TRUE" : "FALSE"}`, ...(pathLenConstraint === undefined ? [] : [`pathlen:${pathLenConstraint}`])];
}

/** Where the issuer's status answers and certificate are. */
export function accessUris(list: readonly Extension[]): {
  readonly ocsp_uri: string | null;
  readonly issuer_uri: string | null;
} {
  const found = findExtension(list, EXTENSION.authorityInfoAccess);
  const all = found ? [...AsnConvert.parse(valueBytes(found), AuthorityInfoAccessSyntax)] : [];
  const uri = (method: string) =>
    all.find(({ accessMethod }) => accessMethod === method)?.accessLocation.uniformResourceIdentifier ?? null;
  return { ocsp_uri: uri("1.3.6.1.5.5.7.48.1"), issuer_uri: uri("1.3.6.1.5.5.7.48.2") };
}

/** A number of a certificate as a value. */
export function bigNumber(bytes: ArrayBuffer): number | bigint {
  return integer(BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`));
}
