// The files of a host in memory: inodes by path, links resolved, owners looked up. simulated-host.ts puts verbs on it.

import { createHash } from "node:crypto";
import { bytesOf } from "../../engine/core/bytes.ts";
import type { Attributes, Content, Entry, FileType, Stat, WalkOptions, WriteOptions } from "../../engine/host/host.ts";
import { HostError } from "../../engine/host/host.ts";

export interface Inode {
  type: FileType;
  content: Buffer;
  target?: string;
  mode: number;
  uid: number;
  gid: number;
  mtime: number;
  atime: number;
  ctime: number;
  number: number;
}

export class SimulatedFiles {
  /** Path → what is there. Hard links share one inode. */
  readonly inodes = new Map<string, Inode>();
  readonly users = new Map<string, string[]>();
  readonly groups = new Map<string, string[]>();
  time = 1_700_000_000;
  umask = 0o022;
  serial = 100;
  /** Whose rights `readable` and `writable` tell. */
  readonly user: string;

  constructor(user: string) {
    this.user = user;
  }

  tick(): number {
    this.time += 1;
    return this.time;
  }
  put(path: string, type: FileType, attributes: { mode: number }): Inode {
    const time = this.tick();
    this.serial += 1;
    const inode: Inode = {
      type,
      content: Buffer.alloc(0),
      mode: attributes.mode,
      uid: 0,
      gid: 0,
      mtime: time,
      atime: time,
      ctime: time,
      number: this.serial,
    };
    this.inodes.set(path, inode);
    return inode;
  }
  change(inode: Inode, attributes: Attributes): void {
    const uid = this.uidOf(attributes.owner);
    const gid = this.gidOf(attributes.group);
    if (attributes.owner !== undefined && uid === undefined) throw error("EINVAL", String(attributes.owner));
    if (attributes.group !== undefined && gid === undefined) throw error("EINVAL", String(attributes.group));
    inode.uid = uid ?? inode.uid;
    inode.gid = gid ?? inode.gid;
    inode.mode = attributes.mode ?? inode.mode;
    inode.ctime = this.tick();
  }
  async replaceFile(path: string, content: Buffer, options: WriteOptions): Promise<void> {
    const place = this.place(path);
    const present = this.inodes.get(place);
    if (present?.type === "directory") throw error("EISDIR", path);
    const kept = present?.type === "file" ? present : undefined;
    const temporary = `${place}.tsplay-tmp`;
    const inode = this.put(temporary, "file", { mode: kept?.mode ?? 0o666 & ~this.umask });
    inode.uid = kept?.uid ?? 0;
    inode.gid = kept?.gid ?? 0;
    try {
      this.change(inode, options);
      inode.content = content;
      await options.validate?.(temporary);
      if (options.inPlace === true && kept) Object.assign(kept, { ...inode, number: kept.number });
      else this.inodes.set(place, inode);
    } finally {
      this.inodes.delete(temporary);
    }
  }
  inodeAt(path: string, follow: boolean): Inode {
    const inode = this.inodes.get(this.resolvePath(path, follow) ?? "");
    if (!inode) throw error("ENOENT", path);
    return inode;
  }
  /** Where something new at `path` goes: its folder must exist. */
  place(path: string): string {
    const clean = path.replace(/\/+$/, "") || "/";
    const slash = clean.lastIndexOf("/");
    const parent = this.resolvePath(slash <= 0 ? "/" : clean.slice(0, slash), true);
    if (parent === undefined || !this.inodes.has(parent)) throw error("ENOENT", path);
    if (this.inodes.get(parent)?.type !== "directory") throw error("ENOTDIR", path);
    return clean === "/" ? "/" : `${parent === "/" ? "" : parent}/${clean.slice(slash + 1)}`;
  }
  /** The path with links in its folders (and, with `follow`, at its end) resolved; undefined in a loop or below a file. */
  resolvePath(path: string, follow: boolean, depth = 0): string | undefined {
    if (depth > 20) return undefined;
    let current = "";
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    for (const [index, part] of parts.entries()) {
      if (part === "..") {
        current = current.slice(0, Math.max(0, current.lastIndexOf("/")));
        continue;
      }
      const next = `${current}/${part}`;
      const inode = this.inodes.get(next);
      const last = index === parts.length - 1;
      if (inode?.type === "link" && (!last || follow)) {
        const target = inode.target ?? "";
        const resolved = this.resolvePath(target.startsWith("/") ? target : `${current}/${target}`, true, depth + 1);
        if (resolved === undefined) return undefined;
        current = resolved === "/" ? "" : resolved;
      } else if (!last && inode && inode.type !== "directory") return undefined;
      else current = next;
    }
    return current === "" ? "/" : current;
  }
  entriesOf(shown: string, real: string, depth: number, options: WalkOptions): Entry[] {
    const base = real === "/" ? "/" : `${real}/`;
    return [...this.inodes].flatMap(([path, inode]) => {
      if (path === "/" || !path.startsWith(base) || path.slice(base.length).includes("/")) return [];
      const name = path.slice(base.length);
      const followed = options.follow ? (this.inodes.get(this.resolvePath(path, true) ?? "") ?? inode) : inode;
      const entry: Entry = {
        name,
        path: `${shown === "/" ? "" : shown}/${name}`,
        stat: this.statOf(followed, options.checksum),
      };
      const below =
        followed.type === "directory" && depth > 1
          ? this.entriesOf(entry.path, this.resolvePath(path, true) ?? path, depth - 1, options)
          : [];
      return [entry, ...below];
    });
  }
  statOf(inode: Inode, checksum?: string): Stat {
    const name = (table: Map<string, string[]>, id: number) =>
      [...table.values()].find((fields) => fields[2] === String(id))?.[0];
    const mine = this.user === "root";
    return {
      type: inode.type,
      mode: inode.mode,
      uid: inode.uid,
      gid: inode.gid,
      owner: name(this.users, inode.uid),
      group: name(this.groups, inode.gid),
      size: inode.type === "link" ? (inode.target ?? "").length : inode.content.length,
      mtime: inode.mtime,
      atime: inode.atime,
      ctime: inode.ctime,
      inode: inode.number,
      device: 1,
      links: inode.type === "directory" ? 2 : [...this.inodes.values()].filter((other) => other === inode).length,
      ...(inode.target !== undefined ? { target: inode.target } : {}),
      ...(checksum !== undefined && inode.type === "file"
        ? { checksum: createHash(checksum).update(inode.content).digest("hex") }
        : {}),
      readable: mine || (inode.mode & 4) !== 0,
      writable: mine || (inode.mode & 2) !== 0,
      executable: inode.type === "directory" || (inode.mode & 0o111) !== 0,
    };
  }
  uidOf(owner: string | number | undefined): number | undefined {
    return typeof owner === "string" ? idOf(this.users, owner) : owner;
  }
  gidOf(group: string | number | undefined): number | undefined {
    return typeof group === "string" ? idOf(this.groups, group) : group;
  }
}

function idOf(table: Map<string, string[]>, name: string): number | undefined {
  const fields = table.get(name);
  return fields ? Number(fields[2]) : undefined;
}

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: "No such file or directory",
  ENOTDIR: "Not a directory",
  EISDIR: "Is a directory",
  EEXIST: "File exists",
  EFBIG: "File too large",
  EINVAL: "Invalid argument",
};

export function error(errno: string, path: string): HostError {
  return new HostError({ code: "host-verb", message: `${path}: ${SENTENCES[errno] ?? errno}` }, { errno, path });
}

export async function bytes(content: Content): Promise<Buffer> {
  if (typeof content === "string") return bytesOf(content);
  if (content instanceof Uint8Array) return Buffer.from(content);
  const parts: Buffer[] = [];
  for await (const chunk of content.stream()) parts.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(parts);
}
