// Mounts: the line in fstab, and whether it is mounted now.

import type { Result } from "../core/result.ts";
import type { Host } from "../host/host.ts";
import { type FstabEntry, type Mounted, parseMountinfo, withEntry, withoutEntry } from "./fstab.ts";
import { type Change, defineModule, type Plan, type PlanContext } from "./module.ts";
import { backUp, backupName } from "./put-file.ts";
import { failTask } from "./task-failure.ts";
import { readText, textChange } from "./text-file.ts";
import { runTool } from "./tool-run.ts";

export const mount = defineModule({
  name: "mount",
  aliases: ["ansible.posix.mount"],
  summary: "Manage mounts and their lines in fstab",
  params: {
    properties: {
      path: { type: "path", aliases: ["name"], description: "Where it is mounted." },
      src: {
        type: "path",
        relative: true,
        default: null,
        description: "Device, UUID=…, server:/path, or folder to bind.",
      },
      fstype: { type: "string", default: null, description: "Type of the file system." },
      opts: { type: "string", default: null, description: "Options of mount." },
      opts_no_log: { type: "boolean", default: false, description: "The options hold a secret: do not show them." },
      dump: { type: "string", default: "0", description: "Fifth field of fstab." },
      passno: { type: "string", default: "0", description: "Sixth field of fstab." },
      state: {
        type: "string",
        enum: ["absent", "absent_from_fstab", "mounted", "present", "unmounted", "remounted", "ephemeral"],
        description:
          "mounted: in fstab and mounted; present: in fstab; ephemeral: mounted, not in fstab; absent: neither.",
      },
      fstab: { type: "path", default: "/etc/fstab", description: "The table." },
      boot: { type: "boolean", default: true, description: "Mount at boot." },
      backup: { type: "boolean", default: false, description: "Keep the old table." },
    },
    required: ["path", "state"],
    requiredIf: [
      ["state", "mounted", ["src", "fstype"]],
      ["state", "present", ["src", "fstype"]],
      ["state", "ephemeral", ["src", "fstype"]],
    ],
  },
  returns: {
    name: "Where it is mounted.",
    src: "As asked.",
    fstype: "As asked.",
    opts: "As asked.",
    dump: "As asked.",
    passno: "As asked.",
    fstab: "The table.",
    backup_file: "The kept table.",
  },
  plan: async (host, params, context) => {
    const path = params.path === "/" ? "/" : params.path.replace(/\/+$/, "");
    const [file, mountinfo, folder] = await Promise.all([
      readText(host, params.fstab),
      readText(host, "/proc/self/mountinfo"),
      host.stat(path, { follow: true }),
    ]);
    const options = params.opts ?? "defaults";
    const opts = params.boot || options.split(",").includes("noauto") ? options : `${options},noauto`;
    const wish: Wish = {
      state: params.state,
      entry: {
        src: params.src ?? "",
        path,
        fstype: params.fstype ?? "",
        opts,
        dump: params.dump,
        passno: params.passno,
      },
      fstab: params.fstab,
      hidden: params.opts_no_log,
      backup: params.backup,
      folderExists: folder !== undefined,
      mounted: mountedAt(mountinfo?.text ?? "", path, context),
    };
    const changes = changesFor(wish, file, context);
    const result: Partial<Result> = {
      name: path,
      ...(params.src === undefined ? {} : { src: params.src }),
      ...(params.fstype === undefined ? {} : { fstype: params.fstype }),
      opts: params.opts_no_log ? "********" : opts,
      dump: params.dump,
      passno: params.passno,
      fstab: params.fstab,
      boot: params.boot ? "yes" : "no",
      backup_file: "",
    };
    return { changes, result } satisfies Plan;
  },
});

interface Wish {
  readonly state: "absent" | "absent_from_fstab" | "mounted" | "present" | "unmounted" | "remounted" | "ephemeral";
  readonly entry: FstabEntry;
  readonly fstab: string;
  readonly hidden: boolean;
  readonly backup: boolean;
  readonly folderExists: boolean;
  readonly mounted: Mounted | "predicted" | undefined;
}

function mountedAt(mountinfo: string, path: string, context: PlanContext): Wish["mounted"] {
  const predicted = context.predictions
    .of("mount")
    .filter((one) => one.path === path)
    .at(-1);
  if (predicted) return predicted.mounted ? "predicted" : undefined;
  return parseMountinfo(mountinfo)
    .filter((one) => one.path === path)
    .at(-1);
}

type Table = Awaited<ReturnType<typeof readText>>;

function changesFor(wish: Wish, file: Table, context: PlanContext): Change[] {
  const { entry, state, mounted } = wish;
  const { path } = entry;
  const before = file?.text ?? "";
  const table = (after: string): Change[] => (after === before ? [] : [tableChange(wish, file, after, context)]);
  const present = (): Change[] => table(withEntry(before, entry));
  switch (state) {
    case "present":
      return present();
    case "absent_from_fstab":
      return table(withoutEntry(before, path, entry.src || undefined));
    case "mounted": {
      const written = present();
      const folder = wish.folderExists ? [] : [folderChange(path)];
      if (mounted === undefined) {
        const mount = mountChange(wish, ["mount", path]);
        return [...folder, ...written, written.length === 0 ? mount : undoing(mount, wish, file)];
      }
      return written.length === 0 ? [] : [...written, remountChange(wish)];
    }
    case "ephemeral": {
      if (mounted !== undefined) {
        if (mounted !== "predicted" && mounted.source !== entry.src && mounted.root !== entry.src)
          failTask(
            "mount-other",
            `Ephemeral mount point is already mounted with a different source: ${path} is ${mounted.source}`,
          );
        return [];
      }
      const argv = ["mount", "-t", entry.fstype, "-o", entry.opts, entry.src, path];
      return [...(wish.folderExists ? [] : [folderChange(path)]), mountChange(wish, argv)];
    }
    case "unmounted":
      return mounted === undefined ? [] : [unmountChange(path)];
    case "remounted":
      if (mounted === undefined) failTask("mount-absent", `Error remounting ${path}: it is not mounted`);
      return [remountChange(wish)];
    default: {
      const gone = mounted === undefined ? [] : [unmountChange(path)];
      const removed = wish.folderExists && path !== "/" ? [folderRemoval(path)] : [];
      return [...table(withoutEntry(before, path, entry.src || undefined)), ...gone, ...removed];
    }
  }
}

function tableChange(wish: Wish, file: Table, after: string, context: PlanContext): Change {
  const change = textChange({ path: wish.fstab, before: file?.text, after, present: file?.stat });
  const { difference, ...bare } = change;
  const shown = wish.hidden || difference === undefined ? bare : { ...bare, difference };
  const stat = file?.stat;
  if (!wish.backup || stat === undefined) return shown;
  return {
    ...shown,
    async apply(host, progress) {
      const backup = backupName(wish.fstab, context.now());
      await backUp(host, wish.fstab, backup, stat);
      return { ...(await change.apply(host, progress)), backup_file: backup };
    },
  };
}

function folderChange(path: string): Change {
  return {
    what: `make the folder ${path}`,
    predict: [{ kind: "path", path, type: "directory", mode: 0o755 }],
    async apply(host) {
      await makeFolders(host, path);
      return undefined;
    },
  };
}

async function makeFolders(host: Host, path: string): Promise<void> {
  const parts = path.split("/").filter((part) => part !== "");
  for (let depth = 1; depth <= parts.length; depth++) await host.makeDirectory(`/${parts.slice(0, depth).join("/")}`);
}

function mountChange(wish: Wish, argv: readonly string[]): Change {
  const { path, src, fstype, opts } = wish.entry;
  const own = wish.fstab === "/etc/fstab" || argv.length > 2 ? argv : ["mount", "-T", wish.fstab, path];
  return {
    what: `mount ${path}`,
    predict: [{ kind: "mount", path, source: src, fstype, options: opts, mounted: true }],
    async apply(host) {
      await runTool(host, own, `Error mounting ${path}`);
      return undefined;
    },
  };
}

/** What cannot be mounted does not stay in the table, or the next boot would fail as well. */
function undoing(mount: Change, wish: Wish, file: Table): Change {
  return {
    ...mount,
    async apply(host, progress) {
      try {
        return await mount.apply(host, progress);
      } catch (error) {
        const back = textChange({ path: wish.fstab, before: undefined, after: file?.text, present: file?.stat });
        await back.apply(host, progress);
        throw error;
      }
    },
  };
}

function remountChange(wish: Wish): Change {
  const { path, src, fstype, opts } = wish.entry;
  return {
    what: `remount ${path}`,
    predict: [{ kind: "mount", path, source: src, fstype, options: opts, mounted: true }],
    async apply(host) {
      const options = opts === "" || opts === "defaults" || wish.state === "remounted" ? "remount" : `remount,${opts}`;
      const run = await host.run({ argv: ["mount", "-o", options, path], env: { LC_ALL: "C" } });
      if (run.code === 0) return undefined;
      // What cannot change while mounted (another source, NFS options) is unmounted and mounted anew.
      await runTool(host, ["umount", path], `Error remounting ${path}`);
      await runTool(host, ["mount", path], `Error remounting ${path}`);
      return undefined;
    },
  };
}

function unmountChange(path: string): Change {
  return {
    what: `unmount ${path}`,
    predict: [{ kind: "mount", path, mounted: false }],
    async apply(host) {
      await runTool(host, ["umount", path], `Error unmounting ${path}`);
      return undefined;
    },
  };
}

/** Only an empty folder: what is in it is nobody's to delete. */
function folderRemoval(path: string): Change {
  return {
    what: `remove the folder ${path}`,
    predict: [{ kind: "path", path, type: "absent" }],
    async apply(host) {
      await runTool(host, ["rmdir", "--", path], `Error rmdir ${path}`);
      return undefined;
    },
  };
}
