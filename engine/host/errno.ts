// From the numbers and names that an agent answers to HostErrors for people.

import type { AgentError } from "./agent-session.ts";
import { HostError } from "./host.ts";

/** Linux error numbers (the same on every machine we meet) and what they mean to a person. */
const ERRORS: Readonly<Record<number, readonly [name: string, sentence: string]>> = {
  1: ["EPERM", "operation not permitted"],
  2: ["ENOENT", "no such file or directory"],
  5: ["EIO", "input/output error"],
  7: ["E2BIG", "too much"],
  9: ["EBADF", "the file is no longer open"],
  11: ["EAGAIN", "resource temporarily unavailable"],
  12: ["ENOMEM", "out of memory"],
  13: ["EACCES", "permission denied"],
  16: ["EBUSY", "in use (a mount point?)"],
  17: ["EEXIST", "it exists already"],
  18: ["EXDEV", "not on the same file system"],
  20: ["ENOTDIR", "a part of the path is not a folder"],
  21: ["EISDIR", "it is a folder"],
  22: ["EINVAL", "invalid argument"],
  23: ["ENFILE", "too many open files on the host"],
  24: ["EMFILE", "too many open files"],
  26: ["ETXTBSY", "the program is running"],
  27: ["EFBIG", "the file is larger than allowed"],
  28: ["ENOSPC", "no space left"],
  30: ["EROFS", "the file system is read-only"],
  31: ["EMLINK", "too many links"],
  36: ["ENAMETOOLONG", "the name is too long"],
  38: ["ENOSYS", "not supported there"],
  39: ["ENOTEMPTY", "the folder is not empty"],
  40: ["ELOOP", "too many symbolic links"],
  95: ["EOPNOTSUPP", "not supported by the file system"],
  111: ["ECONNREFUSED", "connection refused"],
  122: ["EDQUOT", "the disk quota is used up"],
};

/** The failure of a verb. `doing` completes "cannot …": "write /etc/hosts". */
export function hostError(error: AgentError, doing: string, user: string, detail?: string): HostError {
  const known = ERRORS[error.number];
  const reason = error.number === 0 ? error.text : (known?.[1] ?? error.text);
  const own = error.number === 5 || error.number === 7 ? error.text : reason;
  const about = error.path !== "" && !doing.includes(error.path) ? ` (${printable(error.path)})` : "";
  const denied = known?.[0] === "EACCES" || known?.[0] === "EPERM";
  return new HostError(
    {
      code: known ? `host-${known[0].toLowerCase()}` : "host-error",
      message: `cannot ${printable(doing)}${about}: ${own}${detail ? `, ${detail}` : ""}`,
      ...(denied && user !== "root" ? { hint: `needs become: the user ${user} may not do this` } : {}),
      ...(denied && user === "root"
        ? { hint: "even root may not: look for an immutable bit (lsattr) or a security module" }
        : {}),
    },
    { ...(known ? { errno: known[0] } : {}), ...(error.path !== "" ? { path: error.path } : {}) },
    { cause: error },
  );
}

/** Text from a host made harmless on a terminal. */
function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\udc80-\udcff]/g,
    (unit) => `\\x${(unit.charCodeAt(0) & 0xff).toString(16).padStart(2, "0")}`,
  );
}
