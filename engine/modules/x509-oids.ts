// Object identifiers of names, usages and extensions, with the words by which playbooks know them.

/** An attribute of a distinguished name. */
export interface AttributeKind {
  readonly oid: string;
  /** The name that is returned. */
  readonly name: string;
  readonly short?: string;
  readonly encoding: "utf8" | "printable" | "ia5";
}

const ATTRIBUTES: readonly (readonly [string, string, string?, AttributeKind["encoding"]?])[] = [
  ["2.5.4.3", "commonName", "CN"],
  ["2.5.4.4", "surname", "SN"],
  ["2.5.4.5", "serialNumber", undefined, "printable"],
  ["2.5.4.6", "countryName", "C", "printable"],
  ["2.5.4.7", "localityName", "L"],
  ["2.5.4.8", "stateOrProvinceName", "ST"],
  ["2.5.4.9", "streetAddress", "street"],
  ["2.5.4.10", "organizationName", "O"],
  ["2.5.4.11", "organizationalUnitName", "OU"],
  ["2.5.4.12", "title"],
  ["2.5.4.15", "businessCategory"],
  ["2.5.4.16", "postalAddress"],
  ["2.5.4.17", "postalCode"],
  ["2.5.4.41", "name"],
  ["2.5.4.42", "givenName", "GN"],
  ["2.5.4.43", "initials"],
  ["2.5.4.44", "generationQualifier"],
  ["2.5.4.46", "dnQualifier", undefined, "printable"],
  ["2.5.4.65", "pseudonym"],
  ["2.5.4.97", "organizationIdentifier"],
  ["0.9.2342.19200300.100.1.1", "userId", "UID"],
  ["0.9.2342.19200300.100.1.25", "domainComponent", "DC", "ia5"],
  ["1.2.840.113549.1.9.1", "emailAddress", undefined, "ia5"],
  ["1.2.840.113549.1.9.2", "unstructuredName"],
  ["1.3.6.1.4.1.311.60.2.1.1", "jurisdictionLocalityName", "jurisdictionL"],
  ["1.3.6.1.4.1.311.60.2.1.2", "jurisdictionStateOrProvinceName", "jurisdictionST"],
  ["1.3.6.1.4.1.311.60.2.1.3", "jurisdictionCountryName", "jurisdictionC", "printable"],
];

const attributes = new Map<string, AttributeKind>();
for (const [oid, name, short, encoding = "utf8"] of ATTRIBUTES) {
  const kind: AttributeKind = { oid, name, ...(short === undefined ? {} : { short }), encoding };
  for (const key of [oid, name, short]) if (key !== undefined) attributes.set(key.toLowerCase(), kind);
}

/** An attribute by its short or long name or its number; undefined if there is none of that name. */
export function attributeKind(key: string): AttributeKind | undefined {
  return attributes.get(key.toLowerCase()) ?? (isOid(key) ? { oid: key, name: key, encoding: "utf8" } : undefined);
}

export function isOid(text: string): boolean {
  return /^[0-2](\.\d+)+$/.test(text);
}

/** Bits of a key usage in their order: the name that is taken, the words that are returned. */
export const KEY_USAGES: readonly (readonly [string, string])[] = [
  ["digitalSignature", "Digital Signature"],
  ["nonRepudiation", "Non Repudiation"],
  ["keyEncipherment", "Key Encipherment"],
  ["dataEncipherment", "Data Encipherment"],
  ["keyAgreement", "Key Agreement"],
  ["keyCertSign", "Certificate Sign"],
  ["cRLSign", "CRL Sign"],
  ["encipherOnly", "Encipher Only"],
  ["decipherOnly", "Decipher Only"],
];

/** The bit of a usage, or undefined. */
export function keyUsageBit(word: string): number | undefined {
  const plain = squeezed(word === "contentCommitment" || word === "Content Commitment" ? "nonRepudiation" : word);
  const found = KEY_USAGES.findIndex(([name, words]) => squeezed(name) === plain || squeezed(words) === plain);
  return found < 0 ? undefined : found;
}

const PURPOSES: readonly (readonly [string, string, string])[] = [
  ["1.3.6.1.5.5.7.3.1", "serverAuth", "TLS Web Server Authentication"],
  ["1.3.6.1.5.5.7.3.2", "clientAuth", "TLS Web Client Authentication"],
  ["1.3.6.1.5.5.7.3.3", "codeSigning", "Code Signing"],
  ["1.3.6.1.5.5.7.3.4", "emailProtection", "E-mail Protection"],
  ["1.3.6.1.5.5.7.3.5", "ipsecEndSystem", "IPSec End System"],
  ["1.3.6.1.5.5.7.3.6", "ipsecTunnel", "IPSec Tunnel"],
  ["1.3.6.1.5.5.7.3.7", "ipsecUser", "IPSec User"],
  ["1.3.6.1.5.5.7.3.8", "timeStamping", "Time Stamping"],
  ["1.3.6.1.5.5.7.3.9", "OCSPSigning", "OCSP Signing"],
  ["1.3.6.1.5.5.7.3.10", "DVCS", "dvcs"],
  ["1.3.6.1.5.5.7.3.17", "ipsecIKE", "ipsec Internet Key Exchange"],
  ["1.3.6.1.5.5.7.3.21", "secureShellClient", "SSH Client"],
  ["1.3.6.1.5.5.7.3.22", "secureShellServer", "SSH Server"],
  ["1.3.6.1.5.5.7.1.2", "biometricInfo", "Biometric Info"],
  ["1.3.6.1.5.2.3.4", "pkInitClientAuth", "PKINIT Client Auth"],
  ["1.3.6.1.5.2.3.5", "pkInitKDC", "Signing KDC Response"],
  ["1.3.6.1.4.1.311.20.2.2", "msSmartcardLogin", "Microsoft Smartcardlogin"],
  ["2.5.29.37.0", "anyExtendedKeyUsage", "Any Extended Key Usage"],
];

/** The number of a purpose (extended key usage) by name, words or number; undefined if it is none. */
export function purposeOid(word: string): string | undefined {
  if (isOid(word)) return word;
  const plain = squeezed(word);
  return PURPOSES.find(([, name, words]) => squeezed(name) === plain || squeezed(words) === plain)?.[0];
}

/** The words that are returned for a purpose. */
export function purposeWords(oid: string): string {
  return PURPOSES.find(([one]) => one === oid)?.[2] ?? oid;
}

function squeezed(word: string): string {
  return word.replace(/[\s-]+/g, "").toLowerCase();
}

/** Extensions that are made or told here. */
export const EXTENSION = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  crlDistributionPoints: "2.5.29.31",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  authorityInfoAccess: "1.3.6.1.5.5.7.1.1",
  tlsFeature: "1.3.6.1.5.5.7.1.24",
} as const;
