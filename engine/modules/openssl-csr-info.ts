// Tells what a certificate signing request says.

import { fail } from "../core/problem.ts";
import { defineModule } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { cryptoBackend } from "./x509-file.ts";
import { NAME_ENCODING, ONE_TOLD, readTold, toldParams } from "./x509-told.ts";

export const opensslCsrInfo = defineModule({
  name: "openssl_csr_info",
  aliases: ["community.crypto.openssl_csr_info"],
  summary: "Tell what a certificate signing request says",
  params: {
    properties: {
      ...toldParams("request"),
      name_encoding: NAME_ENCODING,
      select_crypto_backend: cryptoBackend("requests are read on the controller, without Python"),
    },
    ...ONE_TOLD,
  },
  returns: {
    signature_valid: "Whether its own key signed it; it is a failure if not.",
    subject: "The subject as a mapping.",
    subject_ordered: "The subject's parts in order.",
    subject_alt_name: "Alternative names.",
    key_usage: "What the key may do.",
    extended_key_usage: "What it is for.",
    basic_constraints: "Whether it is an authority.",
    name_constraints_permitted: "Names that an authority may certify.",
    name_constraints_excluded: "Names that it may not.",
    public_key: "The public key in PEM.",
    public_key_type: "Type of the key.",
    public_key_data: "Numbers of the key.",
    public_key_fingerprints: "Hashes of the public key, by algorithm.",
    extensions_by_oid: "All extensions, encoded.",
  },
  async plan(host, params) {
    const given = await readTold(host, params, "certificate signing request");
    const { readRequest } = await import("./x509-request.ts");
    const { requestInfo } = await import("./x509-describe.ts");
    const request = readRequest(given.text);
    if (!request)
      return fail("csr-unreadable", `${given.where} holds no certificate signing request in PEM that can be read`);
    const result = requestInfo(request);
    if (!request.isSigned) failTask("csr-signature", "CSR signature is invalid!", result);
    return { changes: [], result };
  },
});
