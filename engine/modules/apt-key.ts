// Keys that apt trusts for all repositories: files in /etc/apt/trusted.gpg.d, as apt itself reads them. apt-key is gone from
// Debian 13 and is not needed; gpg is asked for a key's numbers only when they are needed.

import { textOf } from "../core/bytes.ts";
import type { Host } from "../host/host.ts";
import { builtin, type Change, defineModule } from "./module.ts";
import { keyIds } from "./openpgp.ts";
import { fetchOnHost } from "./remote-fetch.ts";
import { failTask } from "./task-failure.ts";

const FOLDER = "/etc/apt/trusted.gpg.d";

export const aptKey = defineModule({
  name: "apt_key",
  aliases: builtin("apt_key"),
  summary: "Manage keys that apt trusts",
  params: {
    properties: {
      id: { type: "string", default: null, description: "Number of the key." },
      data: { type: "string", default: null, description: "The key itself." },
      file: { type: "path", default: null, description: "A file on the host that holds the key." },
      keyring: {
        type: "path",
        default: null,
        description: "The file that apt reads; made in trusted.gpg.d when absent.",
      },
      url: { type: "string", default: null, description: "Where to fetch the key." },
      keyserver: { type: "string", default: null, description: "Key server to fetch the key from." },
      state: { type: "string", enum: ["absent", "present"], default: "present", description: "Whether it is trusted." },
      validate_certs: { type: "boolean", default: true, description: "Check the certificate of the URL." },
    },
    exclusive: [["data", "file", "keyserver", "url"]],
    oneOf: [["data", "file", "id", "keyserver", "url"]],
  },
  check: (params) =>
    (params.keyserver ?? null) !== null && (params.id ?? null) === null
      ? "keyserver needs id"
      : params.state === "absent" && (params.id ?? null) === null
        ? "state=absent needs id"
        : undefined,
  returns: {
    id: "Number of the key.",
    key_id: "Its long number.",
    short_id: "Its short number.",
    fp: "Its fingerprint.",
  },
  async plan(host, params) {
    const trusted = await trustedKeys(host, params.keyring);
    const wanted = params.id?.replace(/^0x/i, "").toUpperCase();
    const holding = (id: string) => trusted.filter(({ ids }) => ids.some((one) => one.endsWith(id)));
    const describe = (fingerprint: string) => ({
      id: params.id ?? fingerprint.slice(-16),
      fp: fingerprint,
      key_id: fingerprint.slice(-16),
      short_id: fingerprint.slice(-8),
    });
    if (params.state === "absent") {
      const files = holding(wanted ?? "").map(({ path }) => path);
      return { changes: files.map(removal), result: describe(wanted ?? "") };
    }
    if (wanted !== undefined && holding(wanted).length > 0)
      return { changes: [], result: describe(holding(wanted)[0]?.ids[0] ?? wanted) };
    const bytes = await keyBytes(host, params, wanted);
    const ids = keyIds(bytes);
    const fingerprint = ids[0];
    if (fingerprint === undefined) failTask("apt-key-invalid", "the key is no OpenPGP key");
    if (wanted !== undefined && !ids.some((one) => one.endsWith(wanted)))
      failTask(
        "apt-key-id",
        `key does not seem to have been added: it has the number ${fingerprint.slice(-16)}, not ${params.id}`,
      );
    if (holding(fingerprint).length > 0) return { changes: [], result: describe(fingerprint) };
    const armoured = textOf(bytes.subarray(0, 64)).trimStart().startsWith("-----BEGIN");
    const path = params.keyring ?? `${FOLDER}/${fingerprint.slice(-16).toLowerCase()}.${armoured ? "asc" : "gpg"}`;
    if (params.keyring !== undefined && (await host.stat(path)))
      failTask("apt-key-keyring", `${path} holds another key; give each key a file of its own`);
    return {
      changes: [
        {
          what: `trust the key ${fingerprint.slice(-16)}`,
          predict: [{ kind: "path", path, type: "file", content: bytes, mode: 0o644 }],
          async apply(target) {
            await target.write(path, bytes, { mode: 0o644 });
            return undefined;
          },
        },
      ],
      result: describe(fingerprint),
    };
  },
});

function removal(path: string): Change {
  return {
    what: `remove ${path}`,
    predict: [{ kind: "path", path, type: "absent" }],
    async apply(target) {
      await target.remove(path);
      return undefined;
    },
  };
}

async function trustedKeys(host: Host, keyring: string | undefined): Promise<{ path: string; ids: string[] }[]> {
  const found =
    keyring === undefined
      ? await Promise.all([
          host.glob(`${FOLDER}/*.gpg`),
          host.glob(`${FOLDER}/*.asc`),
          host.glob("/etc/apt/trusted.gpg"),
        ])
      : [await host.glob(keyring)];
  const paths = found.flat();
  const contents = await Promise.all(paths.map((path) => host.read(path)));
  return paths.map((path, index) => ({ path, ids: keyIds(contents[index] ?? Buffer.alloc(0)) }));
}

interface KeySource {
  readonly data: string | undefined;
  readonly file: string | undefined;
  readonly url: string | undefined;
  readonly keyserver: string | undefined;
  readonly validate_certs: boolean;
}

async function keyBytes(host: Host, params: KeySource, id: string | undefined): Promise<Buffer> {
  if (params.data !== undefined) return Buffer.from(params.data);
  if (params.file !== undefined) return host.read(params.file);
  if (params.url !== undefined) return fetchOnHost(host, params.url, { insecure: !params.validate_certs });
  if (params.keyserver === undefined)
    return failTask(
      "apt-key-missing",
      `the key ${id} is not there, and none of data, file, url and keyserver says where to get it`,
    );
  const server = params.keyserver
    .replace(/^hkps?:\/\//, "")
    .replace(/^https?:\/\//, "")
    .replace(/:\d+$/, "")
    .replace(/\/$/, "");
  return fetchOnHost(host, `https://${server}/pks/lookup?op=get&options=mr&search=0x${id}`, {
    insecure: !params.validate_certs,
  });
}
