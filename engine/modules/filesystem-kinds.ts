// The file systems that the module filesystem makes: which program makes, grows and identifies each. Data.

/** How one type is handled. `DEVICE` and `MOUNT` in an argument list stand for the device and where it is mounted. */
export interface FileSystemKind {
  /** blkid's name for it, where that is another. */
  readonly found?: string;
  readonly make: readonly string[];
  /** Said to the program when something is there that was to be overwritten. */
  readonly force: readonly string[];
  /** Argument before a UUID when it is made. */
  readonly uuid?: string;
  /** Gives an existing one the UUID. */
  readonly changeUuid?: readonly string[];
  readonly grow?: Growth;
}

export interface Growth {
  /** Asks for the present size; undefined where it only answers while mounted. */
  readonly ask: readonly string[];
  /** Bytes of the file system and of what it grows by at least, from the answer. */
  readonly size: (answer: string) => { readonly bytes: number; readonly grain: number } | undefined;
  readonly run: readonly string[];
  /** Growing works only while it is mounted. */
  readonly mounted?: boolean;
  /** Run before, while not mounted; exit status 1 is fine, it says that something was mended. */
  readonly before?: readonly string[];
}

const DEVICE = "DEVICE";
const MOUNT = "MOUNT";

const number = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? Number.NaN);

/** Bytes and grain, unless the answer did not have them. */
function sized(bytes: number, grain: number): { readonly bytes: number; readonly grain: number } | undefined {
  return Number.isFinite(bytes) && Number.isFinite(grain) ? { bytes, grain } : undefined;
}

const ext = (name: string): FileSystemKind => ({
  make: [`mkfs.${name}`],
  force: ["-F"],
  uuid: "-U",
  changeUuid: ["tune2fs", "-U", "UUID", DEVICE],
  grow: {
    ask: ["dumpe2fs", "-h", DEVICE],
    size: (answer) => {
      const block = number(answer, /^Block size:\s*(\d+)/m);
      return sized(number(answer, /^Block count:\s*(\d+)/m) * block, block);
    },
    run: ["resize2fs", DEVICE],
    before: ["e2fsck", "-f", "-p", DEVICE],
  },
});

export const FILE_SYSTEMS = {
  bcachefs: { make: ["mkfs.bcachefs"], force: ["--force"], uuid: "-U" },
  btrfs: {
    make: ["mkfs.btrfs"],
    force: ["-f"],
    uuid: "-U",
    grow: {
      ask: ["btrfs", "filesystem", "show", "--raw", DEVICE],
      size: (answer) => sized(number(answer, /\bsize (\d+)/), 1024 * 1024),
      run: ["btrfs", "filesystem", "resize", "max", MOUNT],
      mounted: true,
    },
  },
  ext2: ext("ext2"),
  ext3: ext("ext3"),
  ext4: ext("ext4"),
  f2fs: {
    make: ["mkfs.f2fs"],
    force: ["-f"],
    grow: {
      ask: ["dump.f2fs", DEVICE],
      size: (answer) => {
        const sector = number(answer, /sector size = (\d+)/);
        return sized(number(answer, /total FS sectors = (\d+)/) * sector, 2 * 1024 * 1024);
      },
      run: ["resize.f2fs", DEVICE],
    },
  },
  lvm: {
    found: "LVM2_member",
    make: ["pvcreate", "--yes"],
    force: ["-ff"],
    changeUuid: ["pvchange", "--uuid", DEVICE],
    grow: {
      ask: ["pvs", "--noheadings", "--nosuffix", "--units", "b", "-o", "pv_size,pe_start", DEVICE],
      size: (answer) => {
        const [size = Number.NaN, start = Number.NaN] = answer.trim().split(/\s+/).map(Number);
        return sized(size + start, 8 * 1024 * 1024);
      },
      run: ["pvresize", DEVICE],
    },
  },
  ocfs2: { make: ["mkfs.ocfs2"], force: ["-F"], uuid: "-U" },
  reiserfs: { make: ["mkfs.reiserfs", "-q"], force: ["-f"], uuid: "-u" },
  swap: { make: ["mkswap"], force: ["-f"], uuid: "-U" },
  vfat: { make: ["mkfs.vfat"], force: ["-I"] },
  xfs: {
    make: ["mkfs.xfs"],
    force: ["-f"],
    uuid: "-m uuid=",
    changeUuid: ["xfs_admin", "-U", "UUID", DEVICE],
    grow: {
      ask: ["xfs_info", MOUNT],
      size: (answer) => {
        const data = /^data\s.*$/m.exec(answer)?.[0] ?? "";
        const block = number(data, /bsize=(\d+)/);
        // A last allocation group of less than 64 blocks is left out by xfs_growfs.
        return sized(number(data, /blocks=(\d+)/) * block, 64 * block);
      },
      run: ["xfs_growfs", MOUNT],
      mounted: true,
    },
  },
} as const satisfies Readonly<Record<string, FileSystemKind>>;

export type FileSystemName = keyof typeof FILE_SYSTEMS;

/** An argument list with the placeholders filled in. */
export function filled(
  argv: readonly string[],
  values: { readonly device: string; readonly mount?: string; readonly uuid?: string },
): string[] {
  const known: Readonly<Record<string, string | undefined>> = {
    [DEVICE]: values.device,
    [MOUNT]: values.mount,
    UUID: values.uuid,
  };
  return argv.map((word) => known[word] ?? word);
}
