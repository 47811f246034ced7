// Tells what a private key is, never the key itself.

import { defineModule } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { cryptoBackend } from "./x509-file.ts";
import { keyKind, loadKey } from "./x509-keys.ts";
import { ONE_TOLD, readTold, toldParams } from "./x509-told.ts";

const key = toldParams("key");

export const opensslPrivatekeyInfo = defineModule({
  name: "openssl_privatekey_info",
  aliases: ["community.crypto.openssl_privatekey_info"],
  summary: "Tell what a private key is",
  params: {
    properties: {
      path: key.path,
      content: { ...key.content, secret: true },
      passphrase: { type: "string", secret: true, description: "Its passphrase." },
      select_crypto_backend: cryptoBackend("keys are read on the controller, without Python"),
    },
    ...ONE_TOLD,
  },
  returns: {
    can_load_key: "Whether the file could be read.",
    can_parse_key: "Whether it holds a key.",
    key_is_consistent: "null: not looked at.",
    public_key: "The public key in PEM.",
    public_key_fingerprints: "Hashes of the public key, by algorithm.",
    type: "Type of the key.",
    public_data: "Numbers of the public key.",
  },
  async plan(host, params) {
    const given = await readTold(host, params, "private key");
    const loaded = loadKey(given.text, params.passphrase);
    const state = { can_load_key: true, can_parse_key: false, key_is_consistent: null };
    if (typeof loaded === "string")
      return failTask(
        "key-unreadable",
        {
          broken: "the file holds no private key in PEM that can be read",
          passphrase: "Wrong or empty passphrase provided for private key",
          "not-encrypted": "a passphrase was given, but the private key is not encrypted",
        }[loaded],
        state,
      );
    const { publicData, publicInfo } = await import("./x509-describe.ts");
    const { createPublicKey } = await import("node:crypto");
    const { public_key, public_key_fingerprints } = publicInfo(loaded.key);
    return {
      changes: [],
      result: {
        ...state,
        can_parse_key: true,
        public_key,
        public_key_fingerprints,
        type: keyKind(loaded.key)?.type ?? "unknown",
        public_data: publicData(createPublicKey(loaded.key)),
      },
    };
  },
});
