// Tells what a certificate says.

import { fail } from "../core/problem.ts";
import { defineModule } from "./module.ts";
import { cryptoBackend } from "./x509-file.ts";
import { pointInTime } from "./x509-time.ts";
import { NAME_ENCODING, ONE_TOLD, readTold, toldParams } from "./x509-told.ts";

export const x509CertificateInfo = defineModule({
  name: "x509_certificate_info",
  aliases: ["community.crypto.x509_certificate_info"],
  summary: "Tell what a certificate says",
  params: {
    properties: {
      ...toldParams("certificate"),
      valid_at: { type: "object", description: "Points in time under names of your own: `soon: +30d`." },
      name_encoding: NAME_ENCODING,
      select_crypto_backend: cryptoBackend("certificates are read on the controller, without Python"),
    },
    ...ONE_TOLD,
  },
  returns: {
    expired: "Whether its time is over.",
    valid_at: "Whether it is valid at the points asked for.",
    subject: "The subject as a mapping.",
    subject_ordered: "The subject's parts in order.",
    issuer: "The issuer as a mapping.",
    issuer_ordered: "The issuer's parts in order.",
    subject_alt_name: "Alternative names.",
    key_usage: "What the key may do.",
    extended_key_usage: "What it is for.",
    basic_constraints: "Whether it is an authority.",
    not_before: "From when it is valid.",
    not_after: "Until when.",
    serial_number: "Its number.",
    version: "Its version.",
    signature_algorithm: "How it is signed.",
    fingerprints: "Hashes of the certificate, by algorithm.",
    public_key: "The public key in PEM.",
    public_key_type: "Type of the key.",
    public_key_data: "Numbers of the key.",
    public_key_fingerprints: "Hashes of the public key, by algorithm.",
    subject_key_identifier: "Identifier of the key.",
    authority_key_identifier: "Identifier of the issuer's key.",
    extensions_by_oid: "All extensions, encoded.",
    ocsp_uri: "Where the issuer answers about it.",
    issuer_uri: "Where the issuer's certificate is.",
  },
  async plan(host, params, context) {
    const given = await readTold(host, params, "certificate");
    const { needCertificate } = await import("./x509-issue.ts");
    const { certificateInfo } = await import("./x509-describe.ts");
    const certificate = needCertificate(given.text, given.where);
    const now = context.now();
    const isValid = (time: number) => certificate.notBefore <= time && time <= certificate.notAfter;
    const points = Object.entries(params.valid_at ?? {}).map(([name, text]) => {
      if (typeof text !== "string")
        return fail("time-form", `The value for valid_at.${name} must be of type string (got ${typeof text})`);
      return [name, isValid(pointInTime(text, now, `valid_at.${name}`))] as const;
    });
    return {
      changes: [],
      result: {
        ...certificateInfo(certificate),
        expired: certificate.notAfter < now,
        valid_at: Object.fromEntries(points),
      },
    };
  },
});
