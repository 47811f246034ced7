// The subject of a request as tasks give it: a parameter for each usual part, a mapping, or an ordered list.

import { fail } from "../core/problem.ts";
import type { ParamSchema } from "./params.ts";
import type { NameParts } from "./x509-names.ts";

/** The usual parts in the order in which they stand in the name. */
const PARTS = [
  ["C", "country_name"],
  ["ST", "state_or_province_name"],
  ["L", "locality_name"],
  ["O", "organization_name"],
  ["OU", "organizational_unit_name"],
  ["CN", "common_name"],
  ["emailAddress", "email_address"],
] as const;

export const SUBJECT_PARAMS = {
  subject: { type: "object", description: "Parts of the subject: `CN: example.org`; lists for several of one kind." },
  subject_ordered: {
    type: "array",
    items: { type: "object" },
    description: "The parts as a list of mappings with one entry each, whose order counts.",
  },
  country_name: { type: "string", aliases: ["C", "countryName"], description: "Country, two letters." },
  state_or_province_name: { type: "string", aliases: ["ST", "stateOrProvinceName"], description: "State or province." },
  locality_name: { type: "string", aliases: ["L", "localityName"], description: "Locality." },
  organization_name: { type: "string", aliases: ["O", "organizationName"], description: "Organization." },
  organizational_unit_name: { type: "string", aliases: ["OU", "organizationalUnitName"], description: "Unit of it." },
  common_name: { type: "string", aliases: ["CN", "commonName"], description: "Common name." },
  email_address: { type: "string", aliases: ["E", "emailAddress"], description: "Mail address." },
} as const satisfies Record<string, ParamSchema>;

type SubjectParams = {
  readonly [K in (typeof PARTS)[number][1]]: string | undefined;
} & {
  readonly subject: Readonly<Record<string, unknown>> | undefined;
  readonly subject_ordered: readonly unknown[] | undefined;
};

/** The subject's parts, and whether their order counts. */
export function subjectOf(params: SubjectParams): { readonly parts: NameParts; readonly ordered: boolean } {
  const single = PARTS.flatMap(([key, param]) => {
    const value = params[param];
    return value === undefined ? [] : [[key, value] as const];
  });
  if (params.subject_ordered !== undefined) {
    const listed = params.subject_ordered.flatMap((entry) => {
      const entries = Object.entries(entry as Readonly<Record<string, unknown>>);
      if (entries.length !== 1)
        fail("subject-ordered", "each element of subject_ordered must be a mapping with exactly one entry");
      return entries.flatMap(([key, value]) => valuesOf(key, value));
    });
    return { parts: [...single, ...listed], ordered: true };
  }
  const mapped = Object.entries(params.subject ?? {}).flatMap(([key, value]) => valuesOf(key, value));
  return { parts: [...single, ...mapped], ordered: false };
}

function valuesOf(key: string, value: unknown): (readonly [string, string])[] {
  const values = Array.isArray(value) ? value : [value];
  return values.map((one) => {
    if (one === null || typeof one === "object") fail("subject-value", `the subject's ${key} must be text`);
    return [key, String(one)] as const;
  });
}

/** A list parameter of texts. */
export function wordsOf(list: readonly unknown[] | undefined): string[] | undefined {
  return list?.map(String);
}

/** Bytes written as hexadecimal pairs with colons. */
export function bytesOfPairs(text: string | undefined, param: string): Uint8Array | undefined {
  if (text === undefined) return undefined;
  const hex = text.replaceAll(":", "");
  if (!/^([0-9a-f]{2})+$/i.test(hex))
    fail("hex-pairs", `${param}: '${text}' must be hexadecimal pairs with colons, such as 00:11:22`);
  return Buffer.from(hex, "hex");
}

/** A serial number in decimal digits. */
export function serialOf(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) fail("serial-number", `authority_cert_serial_number: '${text}' is no number`);
  return BigInt(text);
}
