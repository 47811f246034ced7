// Small text files of the system's configuration: read whole, replaced as a change.

import { textOf } from "../core/bytes.ts";
import type { Difference } from "../core/result.ts";
import { type Attributes, type Host, HostError, type Stat } from "../host/host.ts";
import { ComesWithPackage } from "../host/predicted-packages.ts";
import type { Change } from "./module.ts";

/** A file's text with its stat; undefined if there is none. Both reads travel together. */
export async function readText(
  host: Host,
  path: string,
): Promise<{ readonly text: string; readonly stat: Stat | undefined } | undefined> {
  try {
    const [bytes, stat] = await Promise.all([host.read(path), host.stat(path, { follow: true })]);
    return { text: textOf(bytes), stat };
  } catch (error) {
    if (error instanceof HostError && (error.errno === "ENOENT" || error.errno === "ENOTDIR")) return undefined;
    throw error;
  }
}

/** As `readText`, for files that no package brings: one that a predicted package might bring is not there. */
export async function readOwnText(host: Host, path: string): ReturnType<typeof readText> {
  try {
    return await readText(host, path);
  } catch (error) {
    if (error instanceof ComesWithPackage) return undefined;
    throw error;
  }
}

export interface TextChange extends Attributes {
  readonly path: string;
  /** undefined: the file does not exist yet. */
  readonly before: string | undefined;
  /** undefined: the file is to go. */
  readonly after: string | undefined;
  readonly what?: string;
  /** Its mode is kept when the file exists and `mode` is absent. */
  readonly present?: Stat | undefined;
}

/** The change that gives the file its new text. */
export function textChange(change: TextChange): Change {
  const { path, before, after, present } = change;
  const difference: Difference = { before: before ?? "", after: after ?? "", beforeHeader: path, afterHeader: path };
  const attributes: Attributes = {
    mode: change.mode ?? present?.mode ?? 0o644,
    ...(change.owner !== undefined ? { owner: change.owner } : present ? { owner: present.uid } : {}),
    ...(change.group !== undefined ? { group: change.group } : present ? { group: present.gid } : {}),
  };
  return {
    what: change.what ?? (after === undefined ? `remove ${path}` : `write ${path}`),
    difference,
    predict: [
      after === undefined
        ? { kind: "path", path, type: "absent" }
        : { kind: "path", path, type: "file", content: after, ...attributes },
    ],
    async apply(host) {
      if (after === undefined) await host.remove(path);
      else await host.write(path, after, attributes);
      return undefined;
    },
  };
}
