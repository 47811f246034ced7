// A Stat in the keys that Ansible's `stat` and `find` return.

import type { Stat } from "../host/host.ts";
import { modeText } from "./mode.ts";

/** Keys that `stat` and `find` share. */
export function statKeys(path: string, stat: Stat): Record<string, boolean | number | string> {
  const bit = (mask: number) => (stat.mode & mask) !== 0;
  return {
    path,
    mode: modeText(stat.mode),
    isdir: stat.type === "directory",
    ischr: stat.type === "character",
    isblk: stat.type === "block",
    isreg: stat.type === "file",
    isfifo: stat.type === "fifo",
    islnk: stat.type === "link",
    issock: stat.type === "socket",
    uid: stat.uid,
    gid: stat.gid,
    size: stat.size,
    inode: stat.inode,
    dev: stat.device,
    nlink: stat.links,
    atime: stat.atime,
    mtime: stat.mtime,
    ctime: stat.ctime,
    wusr: bit(0o200),
    rusr: bit(0o400),
    xusr: bit(0o100),
    wgrp: bit(0o020),
    rgrp: bit(0o040),
    xgrp: bit(0o010),
    woth: bit(0o002),
    roth: bit(0o004),
    xoth: bit(0o001),
    isuid: bit(0o4000),
    isgid: bit(0o2000),
    ...(stat.owner === undefined ? {} : { pw_name: stat.owner }),
    ...(stat.group === undefined ? {} : { gr_name: stat.group }),
  };
}
