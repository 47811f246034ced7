// Certificates in files: signed by their own key or by an authority whose key is on the host. Made on the controller.

import { Undecided, Unknown } from "../core/unknown.ts";
import { defineModule, type Plan, type PlanContext } from "./module.ts";
import type { ParamSchema, ParamsOf } from "./params.ts";
import { failTask } from "./task-failure.ts";
import {
  KEPT_FILE,
  type Kept,
  planKeptFile,
  planNewFile,
  planNoFile,
  readGiven,
  readKept,
  tellDifference,
} from "./x509-file.ts";
import type { CertificateWanted, KeyIdentifierRule } from "./x509-issue.ts";
import { asn1Time, pointInTime } from "./x509-time.ts";

const RULES = ["create_if_not_provided", "always_create", "never_create"] as const;

const notBefore = (alias: string) =>
  ({
    type: "string",
    default: "+0s",
    aliases: [alias],
    description: "From when it is valid: 20301231235959Z, or relative to now: -1d.",
  }) as const satisfies ParamSchema;
const notAfter = (alias: string) =>
  ({
    type: "string",
    default: "+3650d",
    aliases: [alias],
    description: "Until when: 20301231235959Z, or relative to now: +52w.",
  }) as const satisfies ParamSchema;
const keyIdentifier = {
  type: "string",
  enum: RULES,
  default: "create_if_not_provided",
  description: "Whether the key's identifier is put into it.",
} as const satisfies ParamSchema;

const PARAMS = {
  properties: {
    ...KEPT_FILE,
    provider: {
      type: "string",
      enum: ["selfsigned", "ownca"],
      description: "Who signs: its own key, or an authority.",
    },
    csr_path: { type: "path", description: "File of the request." },
    csr_content: { type: "string", description: "The request itself." },
    privatekey_path: { type: "path", description: "File of the private key." },
    privatekey_content: { type: "string", secret: true, description: "The private key itself." },
    privatekey_passphrase: { type: "string", secret: true, description: "Its passphrase." },
    ignore_timestamps: {
      type: "boolean",
      default: true,
      description: "Other times of validity are no reason to make it anew.",
    },
    selfsigned_version: { type: "integer", enum: [3], default: 3, description: "Version of the certificate." },
    selfsigned_digest: { type: "string", default: "sha256", description: "Hash that is signed." },
    selfsigned_not_before: notBefore("selfsigned_notBefore"),
    selfsigned_not_after: notAfter("selfsigned_notAfter"),
    selfsigned_create_subject_key_identifier: keyIdentifier,
    ownca_path: { type: "path", description: "File of the authority's certificate." },
    ownca_content: { type: "string", description: "The authority's certificate itself." },
    ownca_privatekey_path: { type: "path", description: "File of the authority's private key." },
    ownca_privatekey_content: { type: "string", secret: true, description: "The authority's private key itself." },
    ownca_privatekey_passphrase: { type: "string", secret: true, description: "Its passphrase." },
    ownca_version: { type: "integer", enum: [3], default: 3, description: "Version of the certificate." },
    ownca_digest: { type: "string", default: "sha256", description: "Hash that is signed." },
    ownca_not_before: notBefore("ownca_notBefore"),
    ownca_not_after: notAfter("ownca_notAfter"),
    ownca_create_subject_key_identifier: keyIdentifier,
    ownca_create_authority_key_identifier: {
      type: "boolean",
      default: true,
      description: "Whether the identifier of the authority's key is put into it.",
    },
  },
  required: ["path"],
  exclusive: [
    ["csr_path", "csr_content"],
    ["privatekey_path", "privatekey_content"],
    ["ownca_path", "ownca_content"],
    ["ownca_privatekey_path", "ownca_privatekey_content"],
  ],
  requiredIf: [["state", "present", ["provider"]]],
} as const;

type CertificateParams = ParamsOf<typeof PARAMS>;

export const x509Certificate = defineModule({
  name: "x509_certificate",
  aliases: ["community.crypto.x509_certificate"],
  summary: "Make certificates",
  params: PARAMS,
  returns: {
    filename: "The file.",
    privatekey: "File of the private key.",
    csr: "File of the request.",
    ca_cert: "File of the authority's certificate.",
    ca_privatekey: "File of the authority's private key.",
    notBefore: "From when it is valid.",
    notAfter: "Until when.",
    serial_number: "Its number.",
    certificate: "The certificate, with `return_content`.",
    backup_file: "The old file's new name.",
  },
  check: (given) => missingFor(given as Readonly<Record<string, unknown>>),
  async plan(host, params, context): Promise<Plan> {
    const isOwnca = params.provider === "ownca";
    const isAbsent = params.state === "absent";
    const [kept, csr, key, caCert, caKey] = await Promise.all([
      readKept(host, params.path, params.state),
      isAbsent
        ? undefined
        : readGiven(host, { path: params.csr_path, content: params.csr_content, what: "certificate signing request" }),
      isAbsent
        ? undefined
        : readGiven(host, { path: params.privatekey_path, content: params.privatekey_content, what: "private key" }),
      isAbsent || !isOwnca
        ? undefined
        : readGiven(host, { path: params.ownca_path, content: params.ownca_content, what: "CA certificate" }),
      isAbsent || !isOwnca
        ? undefined
        : readGiven(host, {
            path: params.ownca_privatekey_path,
            content: params.ownca_privatekey_content,
            what: "CA private key",
          }),
    ]);
    const told = {
      filename: params.path,
      privatekey: params.privatekey_path ?? null,
      csr: params.csr_path ?? null,
      ...(isOwnca ? { ca_cert: params.ownca_path ?? null, ca_privatekey: params.ownca_privatekey_path ?? null } : {}),
    };
    if (isAbsent) return planNoFile(kept, params, told, context);
    const unknown = [csr, key, caCert, caKey].map((one) => one?.text).find((one) => one instanceof Unknown);
    if (unknown) {
      if (kept.stat && !params.force) throw new Undecided(unknown);
      const difference = tellDifference(params.path, undefined, { certificate: "a new one" });
      const unknownKeys = ["notBefore", "notAfter", "serial_number", ...(params.return_content ? ["certificate"] : [])];
      const what = `make the certificate ${params.path}`;
      return planNewFile(
        host,
        kept,
        { what, content: unknown, difference, result: told, unknownKeys },
        params,
        context,
      );
    }
    const wanted = await wantedCertificate(params, { csr, key, caCert, caKey } as Inputs, context);
    return planWanted({ host, kept, wanted, told, params, context });
  },
});

interface Given {
  readonly text: string;
  readonly where: string;
}
interface Inputs {
  readonly csr: Given | undefined;
  readonly key: Given | undefined;
  readonly caCert: Given | undefined;
  readonly caKey: Given | undefined;
}

/** What must be given for the provider, or undefined. */
function missingFor(given: Readonly<Record<string, unknown>>): string | undefined {
  if (given.state === "absent") return undefined;
  const has = (name: string) => given[`${name}_path`] !== undefined || given[`${name}_content`] !== undefined;
  if (given.provider === "selfsigned")
    return has("privatekey")
      ? undefined
      : "One of privatekey_path and privatekey_content must be specified for the selfsigned provider.";
  if (!has("ownca")) return "One of ownca_path and ownca_content must be specified for the ownca provider.";
  if (!has("ownca_privatekey"))
    return "One of ownca_privatekey_path and ownca_privatekey_content must be specified for the ownca provider.";
  return has("csr") ? undefined : "csr_path or csr_content is required for provider ownca";
}

async function wantedCertificate(
  params: CertificateParams,
  { csr, key, caCert, caKey }: Inputs,
  context: PlanContext,
): Promise<CertificateWanted> {
  const { needKey, publicDer } = await import("./x509-keys.ts");
  const { needRequest } = await import("./x509-request.ts");
  const { isKeyOf, needCertificate } = await import("./x509-issue.ts");
  const request = csr && needRequest(csr.text, csr.where);
  const ownKey = key && needKey(key.text, params.privatekey_passphrase, key.where);
  if (request && ownKey && !request.publicDer.equals(publicDer(ownKey)))
    failTask("csr-key", `the request ${csr.where} was not made with the private key ${key.where}`);
  const authority = caCert && needCertificate(caCert.text, caCert.where);
  const authorityKey = caKey && needKey(caKey.text, params.ownca_privatekey_passphrase, caKey.where);
  if (authority && authorityKey && !isKeyOf(authority, authorityKey))
    failTask("ca-key", `The CA private key ${caKey.where} does not belong to the CA certificate ${caCert.where}`);
  const signingKey = authorityKey ?? ownKey;
  if (!signingKey) return failTask("key-missing", "no private key is given to sign with");
  const provider = params.provider === "ownca" ? "ownca" : "selfsigned";
  const now = context.now();
  const time = (which: "not_before" | "not_after") =>
    pointInTime(params[`${provider}_${which}`], now, `${provider}_${which}`);
  const times = { notBefore: time("not_before"), notAfter: time("not_after") };
  if (times.notAfter <= times.notBefore)
    failTask(
      "validity",
      `the certificate would end (${asn1Time(times.notAfter)}) before it begins (${asn1Time(times.notBefore)})`,
    );
  return {
    subject: request?.subject ?? [],
    publicDer: request?.publicDer ?? publicDer(signingKey),
    extensions: request?.extensions ?? [],
    subjectKeyIdentifier: params[`${provider}_create_subject_key_identifier`] as KeyIdentifierRule,
    ...times,
    digest: params[`${provider}_digest`],
    signingKey,
    authority,
    authorityKeyIdentifier: params.ownca_create_authority_key_identifier,
    compareTimes: !params.ignore_timestamps,
  };
}

interface Wanted {
  readonly host: Parameters<typeof planNewFile>[0];
  readonly kept: Kept;
  readonly wanted: CertificateWanted;
  readonly told: Readonly<Record<string, unknown>>;
  readonly params: CertificateParams;
  readonly context: PlanContext;
}

async function planWanted({ host, kept, wanted, told, params, context }: Wanted): Promise<Plan> {
  const { certificateDifferences, issue, readCertificate } = await import("./x509-issue.ts");
  const { bigNumber } = await import("./x509-extensions.ts");
  const { describeCertificate } = await import("./x509-describe.ts");
  const result = (text: string) => {
    const read = readCertificate(text);
    return {
      ...told,
      ...(read
        ? {
            notBefore: asn1Time(read.notBefore),
            notAfter: asn1Time(read.notAfter),
            serial_number: bigNumber(read.serial),
          }
        : {}),
      ...(params.return_content ? { certificate: text } : {}),
    };
  };
  if (kept.stat && !params.force && kept.text instanceof Unknown) throw new Undecided(kept.text);
  const present = typeof kept.text === "string" ? readCertificate(kept.text) : undefined;
  const differences = present ? certificateDifferences(present, wanted) : ["the file"];
  if (kept.stat && !params.force && differences.length === 0)
    return planKeptFile(host, kept.stat, params, result(String(kept.text)));
  const fresh = issue(wanted);
  const made = readCertificate(fresh);
  const reason = kept.stat ? ` anew: ${params.force ? "asked for" : `${differences.join(", ")} differ`}` : "";
  return planNewFile(
    host,
    kept,
    {
      what: `make the certificate ${params.path}${reason}`,
      content: fresh,
      difference: tellDifference(
        params.path,
        present && describeCertificate(present),
        made && describeCertificate(made),
      ),
      result: result(fresh),
    },
    params,
    context,
  );
}
