// Private keys in files. They are made on the controller when the change is applied, and stand in no difference.

import { defineModule, type Plan } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { KEPT_FILE, knownText, planKeptFile, planNewFile, planNoFile, readKept, tellDifference } from "./x509-file.ts";
import {
  CURVE_NAMES,
  fingerprints,
  KEY_TYPES,
  type KeyKind,
  keyKind,
  keyText,
  kindText,
  loadKey,
  makeKey,
  publicDer,
} from "./x509-keys.ts";

export const opensslPrivatekey = defineModule({
  name: "openssl_privatekey",
  aliases: ["community.crypto.openssl_privatekey"],
  summary: "Make private keys",
  params: {
    properties: {
      ...KEPT_FILE,
      type: { type: "string", enum: KEY_TYPES, default: "RSA", description: "Type of the key." },
      size: { type: "integer", default: 4096, minimum: 512, description: "Bits of an RSA key." },
      curve: { type: "string", enum: CURVE_NAMES, description: "Curve of an ECC key." },
      passphrase: { type: "string", secret: true, description: "The key in the file is encrypted with it." },
      cipher: { type: "string", enum: ["auto"], default: "auto", description: "How it is encrypted." },
      format: {
        type: "string",
        enum: ["pkcs1", "pkcs8", "auto", "auto_ignore"],
        default: "auto_ignore",
        description:
          "Form of the file; `auto`: pkcs1 for RSA and ECC, pkcs8 for others; `auto_ignore`: that for new files only.",
      },
      format_mismatch: {
        type: "string",
        enum: ["regenerate", "convert"],
        default: "regenerate",
        description: "Whether a key in another form is replaced, or written anew in the form asked for.",
      },
      regenerate: {
        type: "string",
        enum: ["never", "fail", "partial_idempotence", "full_idempotence", "always"],
        default: "full_idempotence",
        description:
          "When an existing key is replaced: never; not, but fail where it is not as asked; where it is not as asked, but fail where it cannot be read; in both cases; always.",
      },
    },
    required: ["path"],
    requiredIf: [["type", "ECC", ["curve"]]],
  },
  returns: {
    filename: "The file.",
    type: "Type of the key.",
    size: "Bits, as asked.",
    curve: "Curve of an ECC key.",
    fingerprint: "Hashes of the public key, by algorithm.",
    privatekey: "The key, with `return_content`.",
    backup_file: "The old file's new name.",
  },
  async plan(host, given, context): Promise<Plan> {
    const params = { ...given, mode: given.mode ?? "0600" };
    const { path, type, passphrase } = params;
    const kept = await readKept(host, path, params.state);
    const known = {
      filename: path,
      type,
      size: params.size,
      ...(type === "ECC" && params.curve !== undefined ? { curve: params.curve } : {}),
    };
    if (params.state === "absent") return planNoFile(kept, params, known, context);
    const wanted: KeyKind =
      type === "RSA" ? { type, size: params.size } : type === "ECC" ? { type, curve: params.curve ?? "" } : { type };
    const format =
      params.format === "pkcs1" || params.format === "pkcs8"
        ? params.format
        : type === "RSA" || type === "ECC"
          ? "pkcs1"
          : "pkcs8";
    if (format === "pkcs1" && type !== "RSA" && type !== "ECC")
      failTask("key-format", `a key of type ${type} cannot be written in the form pkcs1`);
    const rule = params.force ? "always" : params.regenerate;
    const anew = (reason: string | undefined, before: object | undefined): Promise<Plan> =>
      planNewFile(
        host,
        kept,
        {
          what: reason === undefined ? `make the key ${path}` : `make the key ${path} anew: ${reason}`,
          difference: tellDifference(path, before as never, { ...wanted, key: "a new one" }),
          result: known,
          unknownKeys: ["fingerprint", ...(params.return_content ? ["privatekey"] : [])],
          async content() {
            const key = await makeKey(wanted);
            const text = keyText(key, format, passphrase);
            const shown = params.return_content ? { privatekey: text } : {};
            return { text, result: { fingerprint: fingerprints(publicDer(key)), ...shown } };
          },
        },
        params,
        context,
      );
    if (!kept.stat) return anew(undefined, undefined);
    if (rule === "always") return anew("asked for", undefined);
    const text = knownText(kept.text) ?? "";
    const loaded = loadKey(text, passphrase);
    if (typeof loaded === "string") {
      const reason = {
        broken: "the file holds no key that can be read",
        passphrase: passphrase === undefined ? "the key is encrypted" : "the passphrase is another",
        "not-encrypted": "the key is not encrypted",
      }[loaded];
      if (rule === "full_idempotence") return anew(reason, { file: reason });
      return failTask(
        "key-unreadable",
        `Unable to read the key ${path}: ${reason}. The key will not be regenerated: use \`force=yes\`, or set \`regenerate\` to \`full_idempotence\` or \`always\`.`,
      );
    }
    const has = keyKind(loaded.key);
    const print = { fingerprint: fingerprints(publicDer(loaded.key)) };
    const told = { ...has, fingerprint: print.fingerprint.sha256 };
    if (kindText(has) !== kindText(wanted) && rule !== "never") {
      const reason = `it is ${kindText(has)}, asked for is ${kindText(wanted)}`;
      if (rule !== "fail") return anew(reason, told);
      failTask(
        "key-differs",
        `Key ${path} does not have the wanted properties (${reason}). The key will not be regenerated: use \`force=yes\`, or set \`regenerate\` to \`partial_idempotence\`, \`full_idempotence\` or \`always\`.`,
      );
    }
    const content = (one: string) => (params.return_content ? { privatekey: one } : {});
    if (params.format !== "auto_ignore" && loaded.format !== format) {
      const reason = `its form is ${loaded.format}, asked for is ${format}`;
      if (params.format_mismatch === "convert") {
        const converted = keyText(loaded.key, format, passphrase);
        const what = `write the key ${path} in the form ${format}`;
        const difference = tellDifference(path, { ...told, format: loaded.format }, { ...told, format });
        const result = { ...known, ...print, ...content(converted) };
        return planNewFile(host, kept, { what, content: converted, difference, result }, params, context);
      }
      if (rule === "fail")
        failTask(
          "key-differs",
          `Key ${path} does not have the wanted format (${reason}): use \`format_mismatch: convert\`.`,
        );
      if (rule !== "never") return anew(reason, { ...told, format: loaded.format });
    }
    return planKeptFile(host, kept.stat, params, { ...known, ...print, ...content(text) });
  },
});
