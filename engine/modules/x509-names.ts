// Names in requests and certificates: distinguished ones (subject, issuer) and alternative ones (DNS:, IP: …).

import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import {
  AttributeTypeAndValue,
  AttributeValue,
  GeneralName,
  Name,
  RelativeDistinguishedName,
} from "@peculiar/asn1-x509";
import { fail } from "../core/problem.ts";
import { type AttributeKind, attributeKind, isOid } from "./x509-oids.ts";

/** Parts of a distinguished name in their order: name of the attribute, value. */
export type NameParts = readonly (readonly [string, string])[];

/** The name made of its parts. Failure `name-attribute` for attributes that nobody knows. */
export function nameOf(parts: NameParts): Name {
  return new Name(
    parts.map(([key, value]) => {
      const kind = attributeKind(key);
      if (!kind)
        return fail("name-attribute", `Cannot find OID for subject attribute ${key}`, {
          hint: "write it as CN, O, OU, C, ST, L, emailAddress …, or as a dotted number",
        });
      return new RelativeDistinguishedName([
        new AttributeTypeAndValue({ type: kind.oid, value: attributeValue(kind, value) }),
      ]);
    }),
  );
}

function attributeValue(kind: AttributeKind, text: string): AttributeValue {
  if (kind.name.endsWith("ountryName") && text.length !== 2)
    fail("name-country", `Country name must be a 2 character country code, not '${text}'`);
  if (kind.encoding === "printable") return new AttributeValue({ printableString: text });
  if (kind.encoding === "ia5") return new AttributeValue({ ia5String: text });
  return new AttributeValue({ utf8String: text });
}

/** The parts of a name, with the attributes' long names. */
export function partsOf(name: Name): NameParts {
  return [...name].flatMap((relative) =>
    [...relative].map(({ type, value }) => [attributeKind(type)?.name ?? type, value.toString()] as const),
  );
}

/** The parts as a mapping; of several attributes of one name the last, as the reference returns it. */
export function nameMapping(parts: NameParts): Record<string, string> {
  return Object.fromEntries(parts);
}

/** For comparing: attributes by number. `ordered`: the order counts. */
export function nameKey(parts: NameParts, ordered: boolean): string {
  const keys = parts.map(([key, value]) => JSON.stringify([attributeKind(key)?.oid ?? key, value]));
  return (ordered ? keys : keys.toSorted()).join("\n");
}

/** An alternative name as written: DNS:example.org, IP:10.0.0.1, email:a@b, URI:…, RID:1.2.3, dirName:CN=a,O=b. */
export function generalName(text: string, param: string): GeneralName {
  const [, kind = "", rest = ""] = /^([A-Za-z]+):(.*)$/s.exec(text) ?? [];
  const value = rest.trim();
  const build = GENERAL[kind.toLowerCase()];
  if (!build)
    return fail("general-name", `${param}: cannot understand the name '${text}'`, {
      hint: "write it as DNS:NAME, IP:ADDRESS, email:ADDRESS, URI:ADDRESS, RID:NUMBER or dirName:CN=…,O=…",
    });
  return build(value, param);
}

const GENERAL: Readonly<Record<string, (value: string, param: string) => GeneralName>> = {
  dns: (value) => new GeneralName({ dNSName: asciiDomain(value) }),
  ip(value, param) {
    const [address = "", prefix, ...more] = value.split("/");
    const family = isIP(address);
    const isPrefix = prefix === undefined || (/^\d+$/.test(prefix) && Number(prefix) <= (family === 6 ? 128 : 32));
    if (family === 0 || more.length > 0 || !isPrefix || address.includes("%"))
      return fail("general-name", `${param}: '${value}' is no IP address`);
    return new GeneralName({ iPAddress: value });
  },
  email: (value) => new GeneralName({ rfc822Name: value.replace(/@(.*)$/, (_, domain) => `@${asciiDomain(domain)}`) }),
  uri: (value) => new GeneralName({ uniformResourceIdentifier: value }),
  rid(value, param) {
    if (!isOid(value)) return fail("general-name", `${param}: '${value}' is no dotted number`);
    return new GeneralName({ registeredID: value });
  },
  dirname: (value) => new GeneralName({ directoryName: nameOf(dirParts(value)) }),
};

function asciiDomain(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name;
  const stars = /^\*\./.exec(name)?.[0] ?? "";
  return stars + (domainToASCII(name.slice(stars.length)) || name.slice(stars.length));
}

/** /O=b/CN=a as it stands, or CN=a,O=b (a comma inside a value as \,) from the end, as RFC 4514 writes names. */
function dirParts(text: string): NameParts {
  const separator = text.startsWith("/") ? /(?<!\\)\// : /(?<!\\),/;
  const parts = text
    .split(separator)
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const at = part.indexOf("=");
      if (at < 0) fail("general-name", `'${part.trim()}' is no part of a distinguished name`, { hint: "write CN=…" });
      return [
        part.slice(0, at).trim(),
        part
          .slice(at + 1)
          .trim()
          .replace(/\\(.)/g, "$1"),
      ] as const;
    });
  return text.startsWith("/") ? parts : parts.reverse();
}

/** An alternative name as it is returned. */
export function generalNameText(name: GeneralName): string {
  if (name.dNSName !== undefined) return `DNS:${name.dNSName}`;
  if (name.iPAddress !== undefined) return `IP:${name.iPAddress}`;
  if (name.rfc822Name !== undefined) return `email:${name.rfc822Name}`;
  if (name.uniformResourceIdentifier !== undefined) return `URI:${name.uniformResourceIdentifier}`;
  if (name.registeredID !== undefined) return `RID:${name.registeredID}`;
  if (name.directoryName !== undefined)
    return `dirName:${[...partsOf(name.directoryName)]
      .reverse()
      .map(([key, value]) => `${attributeKind(key)?.short ?? key}=${value.replace(/([,\\])/g, "\\$1")}`)
      .join(",")}`;
  return `otherName:${name.otherName?.typeId ?? "unknown"}`;
}
