// Certificate signing requests in files: made on the controller with the key of the host.

import { Undecided, Unknown } from "../core/unknown.ts";
import type { Plain } from "../core/value.ts";
import { defineModule, type Plan } from "./module.ts";
import { bytesOfPairs, SUBJECT_PARAMS, serialOf, subjectOf, wordsOf } from "./openssl-subject.ts";
import { KEPT_FILE, planKeptFile, planNewFile, planNoFile, readGiven, readKept, tellDifference } from "./x509-file.ts";

export const opensslCsr = defineModule({
  name: "openssl_csr",
  aliases: ["community.crypto.openssl_csr"],
  summary: "Make certificate signing requests",
  params: {
    properties: {
      ...KEPT_FILE,
      ...SUBJECT_PARAMS,
      privatekey_path: { type: "path", description: "File of the private key that signs." },
      privatekey_content: { type: "string", secret: true, description: "The private key itself." },
      privatekey_passphrase: { type: "string", secret: true, description: "Passphrase of the private key." },
      digest: { type: "string", default: "sha256", description: "Hash that is signed." },
      version: { type: "integer", enum: [1], default: 1, description: "Version of the request." },
      subject_alt_name: {
        type: "array",
        items: { type: "string" },
        aliases: ["subjectAltName"],
        description: "Alternative names: DNS:example.org, IP:10.0.0.1, email:…, URI:…, RID:…, dirName:….",
      },
      subject_alt_name_critical: {
        type: "boolean",
        default: false,
        aliases: ["subjectAltName_critical"],
        description: "Whether they must be understood.",
      },
      use_common_name_for_san: {
        type: "boolean",
        default: true,
        aliases: ["useCommonNameForSAN"],
        description: "Without alternative names, the common name is one.",
      },
      key_usage: {
        type: "array",
        items: { type: "string" },
        aliases: ["keyUsage"],
        description: "What the key may do: digitalSignature, keyEncipherment, keyCertSign, cRLSign ….",
      },
      key_usage_critical: {
        type: "boolean",
        default: false,
        aliases: ["keyUsage_critical"],
        description: "Whether it must be understood.",
      },
      extended_key_usage: {
        type: "array",
        items: { type: "string" },
        aliases: ["extKeyUsage", "extendedKeyUsage"],
        description: "What it is for: serverAuth, clientAuth, codeSigning ….",
      },
      extended_key_usage_critical: {
        type: "boolean",
        default: false,
        aliases: ["extKeyUsage_critical", "extendedKeyUsage_critical"],
        description: "Whether it must be understood.",
      },
      basic_constraints: {
        type: "array",
        items: { type: "string" },
        aliases: ["basicConstraints"],
        description: "`CA:TRUE` for an authority, `pathlen:0` for how many may be below it.",
      },
      basic_constraints_critical: {
        type: "boolean",
        default: false,
        aliases: ["basicConstraints_critical"],
        description: "Whether they must be understood.",
      },
      ocsp_must_staple: {
        type: "boolean",
        default: false,
        aliases: ["ocspMustStaple"],
        description: "Ask for OCSP stapling.",
      },
      ocsp_must_staple_critical: {
        type: "boolean",
        default: false,
        aliases: ["ocspMustStaple_critical"],
        description: "Whether it must be understood.",
      },
      name_constraints_permitted: {
        type: "array",
        items: { type: "string" },
        description: "Names that an authority may certify.",
      },
      name_constraints_excluded: { type: "array", items: { type: "string" }, description: "Names that it may not." },
      name_constraints_critical: { type: "boolean", default: false, description: "Whether they must be understood." },
      create_subject_key_identifier: {
        type: "boolean",
        default: false,
        description: "With the identifier of the key.",
      },
      subject_key_identifier: {
        type: "string",
        description: "The identifier itself, in hexadecimal pairs with colons.",
      },
      authority_key_identifier: { type: "string", description: "Identifier of the authority's key, in the same form." },
      authority_cert_issuer: { type: "array", items: { type: "string" }, description: "Names of the authority." },
      authority_cert_serial_number: { type: "string", description: "Serial number of the authority's certificate." },
      crl_distribution_points: {
        type: "array",
        items: {
          type: "object",
          properties: { full_name: { type: "array", items: { type: "string" }, description: "Names: URI:http://…." } },
          requiredProperties: ["full_name"],
        },
        description: "Where lists of revoked certificates are.",
      },
    },
    required: ["path"],
    exclusive: [
      ["privatekey_path", "privatekey_content"],
      ["subject", "subject_ordered"],
      ["create_subject_key_identifier", "subject_key_identifier"],
    ],
    together: [["authority_cert_issuer", "authority_cert_serial_number"]],
  },
  returns: {
    filename: "The file.",
    privatekey: "File of the private key.",
    subject: "Parts of the subject.",
    subjectAltName: "Alternative names.",
    keyUsage: "What the key may do.",
    extendedKeyUsage: "What it is for.",
    basicConstraints: "Whether it is an authority.",
    ocspMustStaple: "Whether stapling is asked for.",
    name_constraints_permitted: "Names that an authority may certify.",
    name_constraints_excluded: "Names that it may not.",
    csr: "The request, with `return_content`.",
    backup_file: "The old file's new name.",
  },
  check: (given) =>
    given.state !== "absent" && given.privatekey_path === undefined && given.privatekey_content === undefined
      ? "state is present but one of the following are missing: privatekey_path, privatekey_content"
      : undefined,
  async plan(host, params, context): Promise<Plan> {
    const { path } = params;
    const [kept, keyInput] = await Promise.all([
      readKept(host, path, params.state),
      params.state === "absent"
        ? undefined
        : readGiven(host, { path: params.privatekey_path, content: params.privatekey_content, what: "private key" }),
    ]);
    const subject = subjectOf(params);
    const names = wordsOf(params.subject_alt_name) ?? commonNameAsName(params.use_common_name_for_san, subject.parts);
    const told = {
      filename: path,
      privatekey: params.privatekey_path ?? null,
      subject: subject.parts as Plain,
      subjectAltName: names ?? null,
      keyUsage: wordsOf(params.key_usage) ?? null,
      extendedKeyUsage: wordsOf(params.extended_key_usage) ?? null,
      basicConstraints: wordsOf(params.basic_constraints) ?? null,
      ocspMustStaple: params.ocsp_must_staple,
      name_constraints_permitted: wordsOf(params.name_constraints_permitted) ?? [],
      name_constraints_excluded: wordsOf(params.name_constraints_excluded) ?? [],
    };
    if (params.state === "absent" || !keyInput) return planNoFile(kept, params, told, context);
    const { needKey, publicDer } = await import("./x509-keys.ts");
    const request = await import("./x509-request.ts");
    const { extensionsOf } = await import("./x509-extensions.ts");
    const { describeRequest } = await import("./x509-describe.ts");
    const key =
      keyInput.text instanceof Unknown
        ? undefined
        : needKey(keyInput.text, params.privatekey_passphrase, keyInput.where);
    const extensions = extensionsOf({
      subjectAltName: { values: names ?? [], critical: params.subject_alt_name_critical },
      keyUsage: { values: wordsOf(params.key_usage) ?? [], critical: params.key_usage_critical },
      extendedKeyUsage: {
        values: wordsOf(params.extended_key_usage) ?? [],
        critical: params.extended_key_usage_critical,
      },
      basicConstraints: {
        values: wordsOf(params.basic_constraints) ?? [],
        critical: params.basic_constraints_critical,
      },
      mustStaple: params.ocsp_must_staple,
      mustStapleCritical: params.ocsp_must_staple_critical,
      permitted: wordsOf(params.name_constraints_permitted) ?? [],
      excluded: wordsOf(params.name_constraints_excluded) ?? [],
      nameConstraintsCritical: params.name_constraints_critical,
      crlDistributionPoints: (params.crl_distribution_points ?? []).flatMap(
        (one) => wordsOf((one as { readonly full_name?: readonly unknown[] }).full_name) ?? [],
      ),
      subjectKeyIdentifier:
        params.create_subject_key_identifier && key
          ? request.keyIdentifier(publicDer(key))
          : bytesOfPairs(params.subject_key_identifier, "subject_key_identifier"),
      authorityKeyIdentifier: bytesOfPairs(params.authority_key_identifier, "authority_key_identifier"),
      authorityCertIssuer: wordsOf(params.authority_cert_issuer) ?? [],
      authorityCertSerial: serialOf(params.authority_cert_serial_number),
    });
    const present = typeof kept.text === "string" ? request.readRequest(kept.text) : undefined;
    const shown = (text: string) => (params.return_content ? { csr: text } : {});
    const before = present && describeRequest(present);
    if (!key) {
      if (kept.stat && !params.force) throw new Undecided(keyInput.text as Unknown);
      const content = keyInput.text as Unknown;
      const what = `make the request ${path}`;
      const difference = tellDifference(path, before, { subject: subject.parts, subject_alt_name: names ?? null });
      const unknownKeys = params.return_content ? ["csr"] : [];
      return planNewFile(host, kept, { what, content, difference, result: told, unknownKeys }, params, context);
    }
    const wanted = { subject: subject.parts, ordered: subject.ordered, extensions, key, digest: params.digest };
    const fresh = request.makeRequest(wanted);
    if (kept.stat && !params.force) {
      if (kept.text instanceof Unknown) throw new Undecided(kept.text);
      const differences = present ? request.requestDifferences(present, wanted) : ["the file"];
      if (differences.length === 0)
        return planKeptFile(host, kept.stat, params, { ...told, ...shown(kept.text ?? "") });
    }
    const made = request.readRequest(fresh);
    return planNewFile(
      host,
      kept,
      {
        what: `make the request ${path}`,
        content: fresh,
        difference: tellDifference(path, before, made && describeRequest(made)),
        result: { ...told, ...shown(fresh) },
      },
      params,
      context,
    );
  },
});

function commonNameAsName(isUsed: boolean, parts: readonly (readonly [string, string])[]): string[] | undefined {
  const common = parts.find(([key]) => /^(cn|commonname|2\.5\.4\.3)$/i.test(key))?.[1];
  return isUsed && common !== undefined ? [`DNS:${common}`] : undefined;
}
