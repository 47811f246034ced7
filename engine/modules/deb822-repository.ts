// Repositories of apt in the deb822 form: one stanza in a file of its own, its key beside it.

import { textOf } from "../core/bytes.ts";
import type { Result } from "../core/result.ts";
import { Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import { sourcePath } from "./apt-sources.ts";
import { statResult } from "./file-attributes.ts";
import { resolveMode } from "./mode.ts";
import { builtin, type Change, defineModule, type Plan } from "./module.ts";
import { fetchOnHost } from "./remote-fetch.ts";
import { failTask } from "./task-failure.ts";
import { readText, textChange } from "./text-file.ts";

const KEYRINGS = "/etc/apt/keyrings";

const flag = (description: string) => ({ type: "boolean", default: null, description }) as const;
const list = (description: string) =>
  ({ type: "array", items: { type: "string" }, default: null, description }) as const;

const PROPERTIES = {
  allow_downgrade_to_insecure: flag("Accept a repository that is no longer signed."),
  allow_insecure: flag("Accept a repository that is not signed."),
  allow_weak: flag("Accept weak signatures."),
  architectures: list("Architectures."),
  by_hash: flag("Fetch lists by their hash."),
  check_date: flag("Check the date of the repository."),
  check_valid_until: flag("Check that the repository is not too old."),
  components: list("Components: main, contrib …"),
  date_max_future: {
    type: "integer",
    default: null,
    description: "Seconds that the repository may be ahead of the clock.",
  },
  enabled: flag("Whether apt uses it."),
  exclude: list("Packages to leave out."),
  include: list("Packages to take, no others."),
  inrelease_path: { type: "string", default: null, description: "Path of the InRelease file." },
  languages: list("Languages of descriptions."),
  name: { type: "string", description: "Name of the repository; its file is named after it." },
  pdiffs: flag("Fetch differences of lists."),
  signed_by: {
    type: "string",
    default: null,
    description: "The key: a path on the host, a URL, or the armoured key itself.",
  },
  suites: list("Suites."),
  targets: list("What to fetch."),
  trusted: flag("Whether it is trusted without a signature."),
  types: {
    type: "array",
    items: { type: "string", enum: ["deb", "deb-src"] },
    default: ["deb"],
    description: "Binary packages, sources or both.",
  },
  uris: list("URLs."),
} as const;

/** Field of the stanza → parameter, in the order in which they are written. */
const FIELDS: readonly (
  | readonly [field: string, parameter: Exclude<keyof typeof PROPERTIES, "signed_by">]
  | readonly ["Signed-By", "signed_by"]
)[] = [
  ["Allow-Downgrade-To-Insecure", "allow_downgrade_to_insecure"],
  ["Allow-Insecure", "allow_insecure"],
  ["Allow-Weak", "allow_weak"],
  ["Architectures", "architectures"],
  ["By-Hash", "by_hash"],
  ["Check-Date", "check_date"],
  ["Check-Valid-Until", "check_valid_until"],
  ["Components", "components"],
  ["Date-Max-Future", "date_max_future"],
  ["Enabled", "enabled"],
  ["Exclude", "exclude"],
  ["Include", "include"],
  ["InRelease-Path", "inrelease_path"],
  ["Languages", "languages"],
  ["X-Repolib-Name", "name"],
  ["Pdiffs", "pdiffs"],
  ["Signed-By", "signed_by"],
  ["Suites", "suites"],
  ["Targets", "targets"],
  ["Trusted", "trusted"],
  ["Types", "types"],
  ["URIs", "uris"],
];

export const deb822Repository = defineModule({
  name: "deb822_repository",
  aliases: builtin("deb822_repository"),
  summary: "Manage repositories of apt in deb822 form",
  params: {
    properties: {
      ...PROPERTIES,
      mode: { type: "mode", default: "0644", description: "Permissions of the files." },
      state: { type: "string", enum: ["absent", "present"], default: "present", description: "Whether it is there." },
      install_python_debian: {
        type: "boolean",
        default: false,
        description: "Install python3-debian.",
        ignored: "nothing is needed on the host",
      },
    },
    required: ["name"],
    exclusive: [["include", "exclude"]],
  },
  check: (params) =>
    params.state !== "absent" && ((params.uris ?? null) === null || (params.suites ?? null) === null)
      ? "uris and suites are required"
      : undefined,
  returns: { dest: "The file.", key_filename: "The file of its key.", repo: "The stanza." },
  async plan(host, params): Promise<Plan> {
    const slug = slugOf(params.name);
    const path = sourcePath(slug, ".sources");
    const keyPaths = [`${KEYRINGS}/${slug}.asc`, `${KEYRINGS}/${slug}.gpg`];
    if (params.state === "absent") return planAbsent(host, path, keyPaths);
    const mode = resolveMode(params.mode, { current: 0o644, directory: false });
    const [file, key] = await Promise.all([readText(host, path), keyOf(host, params.signed_by, slug, mode)]);
    const stanza = FIELDS.flatMap(([field, parameter]) => {
      const value = parameter === "signed_by" ? key.value : valueText(params[parameter]);
      return value === undefined ? [] : [`${field}:${value.startsWith("\n") ? "" : " "}${value}\n`];
    }).join("");
    const changes = [...key.changes];
    if (file?.text !== stanza || file.stat?.mode !== mode)
      changes.push(textChange({ path, before: file?.text, after: stanza, mode, present: file?.stat }));
    if (changes.length > 0) changes[changes.length - 1] = withCacheDoubt(changes[changes.length - 1] as Change, path);
    const result: Partial<Result> = {
      dest: path,
      key_filename: key.file ?? null,
      repo: stanza,
      ...statResult(file?.stat),
    };
    return { changes, result };
  },
});

async function planAbsent(host: Host, path: string, keyPaths: readonly string[]): Promise<Plan> {
  const all = [path, ...keyPaths];
  const stats = await Promise.all(all.map((one) => host.stat(one)));
  const there = all.filter((_, index) => stats[index] !== undefined);
  const changes = there.map(
    (one): Change => ({
      what: `remove ${one}`,
      predict: [{ kind: "path", path: one, type: "absent" }],
      async apply(target) {
        await target.remove(one);
        return undefined;
      },
    }),
  );
  const last = changes.pop();
  if (last) changes.push(withCacheDoubt(last));
  return { changes, result: { dest: path, key_filename: keyPaths[1] ?? null, repo: null } };
}

/** What a changed source says about later apt tasks; and the written file's attributes for the result. */
function withCacheDoubt(change: Change, path?: string): Change {
  return {
    ...change,
    predict: [
      ...(change.predict ?? []),
      { kind: "apt-cache", state: new Unknown("the lists of packages with the changed repositories") },
    ],
    async apply(host, progress) {
      const result = await change.apply(host, progress);
      return path === undefined ? result : { ...result, ...statResult(await host.stat(path)) };
    },
  };
}

interface Key {
  /** Text of the field. */
  readonly value: string | undefined;
  readonly file?: string;
  readonly changes: readonly Change[];
}

/** A URL's key goes to a file of its own; a path and an armoured key stand in the stanza. */
async function keyOf(host: Host, signedBy: string | undefined, slug: string, mode: number): Promise<Key> {
  if (signedBy === undefined) return { value: undefined, changes: [] };
  if (/-----BEGIN PGP/.test(signedBy)) {
    const lines = signedBy.trim().split("\n");
    return {
      value: `\n${lines.map((line) => `    ${line.trim() === "" ? "." : line.trim()}`).join("\n")}`,
      changes: [],
    };
  }
  if (!/^(?:https?|ftp):\/\//.test(signedBy)) return { value: signedBy, changes: [] };
  const bytes = await fetchOnHost(host, signedBy);
  const armoured = textOf(bytes.subarray(0, 64)).trimStart().startsWith("-----BEGIN PGP");
  if (!armoured && !((bytes[0] ?? 0) & 0x80)) failTask("apt-key-invalid", `${signedBy} is no OpenPGP key`);
  const file = `${KEYRINGS}/${slug}.${armoured ? "asc" : "gpg"}`;
  const [folder, present] = await Promise.all([host.stat(KEYRINGS, { follow: true }), host.stat(file)]);
  const same = present?.size === bytes.length && (await host.read(file)).equals(bytes);
  const changes: Change[] = [];
  if (!folder)
    changes.push({
      what: `make the folder ${KEYRINGS}`,
      predict: [{ kind: "path", path: KEYRINGS, type: "directory", mode: 0o755 }],
      async apply(target) {
        await target.makeDirectory(KEYRINGS, { mode: 0o755 });
        return undefined;
      },
    });
  if (!same)
    changes.push({
      what: `write ${file}`,
      predict: [{ kind: "path", path: file, type: "file", content: bytes, mode }],
      async apply(target) {
        await target.write(file, bytes, { mode });
        return undefined;
      },
    });
  return { value: file, file, changes };
}

function valueText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(" ") : String(value);
}

/** `My Repo.x` → my-repox */
function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\s-]/gu, "")
    .trim()
    .replace(/[\s_-]+/g, "-");
}
