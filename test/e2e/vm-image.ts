// The disk image that virtual machines for tests start from: a small Debian with its own kernel, made once and kept in
// the cache. What is of one machine only (name, keys, addresses) comes with a second disk, the seed.

import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Archive, fingerprint, readArchive } from "../../engine/lab/archive.ts";
import { command, tryCommand } from "../../engine/lab/command.ts";
import { type LabArch, startEmulation, stopEmulation } from "../../engine/lab/foreign-arch.ts";
import { ensureBuilt } from "../../engine/lab/image-cache.ts";
import { withLock } from "../../engine/lab/lock.ts";
import { defaultCacheDir, labsDir } from "../../engine/lab/places.ts";

/** Raise it when the recipe below changes. */
const FORMAT = 3;

/** What machines of an architecture are made of. */
export const KINDS = {
  amd64: {
    kernel: "linux-image-cloud-amd64",
    emulator: "qemu-system-x86_64",
    emulatorPackage: "qemu-system-x86",
    console: "ttyS0",
    options: [],
  },
  // The processor of a Pi 4.
  arm64: {
    kernel: "linux-image-cloud-arm64",
    emulator: "qemu-system-aarch64",
    emulatorPackage: "qemu-system-arm",
    console: "ttyAMA0",
    options: ["-machine", "virt", "-cpu", "cortex-a72"],
  },
} as const satisfies Readonly<Record<LabArch, object>>;

const PACKAGES = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "udev",
  "openssh-server",
  "sudo",
  "iproute2",
  "iptables",
  "procps",
  "kmod",
  "initramfs-tools",
] as const;

/** There before the kernel is: its initrd then has what these machines need, and is made and unpacked in a fraction of the time. */
const INITRD: Readonly<Record<string, string>> = {
  "etc/initramfs-tools/conf.d/vm": "MODULES=list\nCOMPRESS=gzip\n",
  "usr/share/initramfs-tools/modules.d/vm": "virtio_pci\nvirtio_blk\next4\n",
};

/** Unpacks the seed over the root before anything reads what it brings. */
const SEED_UNIT = `[Unit]
Description=Name, keys and addresses of this machine
DefaultDependencies=no
Requires=dev-disk-by\\x2did-virtio\\x2dseed.device
After=dev-disk-by\\x2did-virtio\\x2dseed.device systemd-remount-fs.service
Before=sysinit.target systemd-networkd.service ssh.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/tar --extract --file=/dev/disk/by-id/virtio-seed --directory=/ --no-same-owner --overwrite
ExecStart=/bin/hostname --file /etc/hostname

[Install]
WantedBy=sysinit.target
`;

const FILES: Readonly<Record<string, string>> = {
  "etc/systemd/system/vm-seed.service": SEED_UNIT,
  "etc/systemd/network/10-outside.network": "[Match]\nMACAddress=52:54:00:00:00:01\n[Network]\nDHCP=yes\n",
  "etc/dpkg/dpkg.cfg.d/vm": "force-unsafe-io\n",
  "etc/apt/apt.conf.d/20vm": 'Acquire::Languages "none";\n',
  // A machine without KVM takes its time for the first handshake.
  "etc/ssh/sshd_config.d/vm.conf": "LoginGraceTime 300\nUseDNS no\n",
};

/** Run inside the image. */
const STEPS = [
  ["systemctl", "enable", "vm-seed.service", "systemd-networkd.service", "ssh.service"],
  [
    "systemctl",
    "mask",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "systemd-networkd-wait-online.service",
    "e2scrub_reap.service",
    "e2scrub_all.timer",
    "getty@tty1.service",
    "serial-getty@ttyS0.service",
    "serial-getty@ttyAMA0.service",
  ],
  // Lists are there, so that few have to be fetched, and old, so that they are looked for.
  ["touch", "--date=@0", "/var/lib/apt/lists"],
];

export interface VmImage {
  readonly arch: LabArch;
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly archive: Archive;
}

/** `$XDG_CACHE_HOME/tsplay/vm` or `~/.cache/tsplay/vm`. */
function cacheFolder(): string {
  const cache = process.env.XDG_CACHE_HOME;
  return join(cache?.startsWith("/") ? cache : join(homedir(), ".cache"), "tsplay", "vm");
}

/** The image with these packages besides the usual ones, from the cache or made now. */
export async function ensureVmImage(
  arch: LabArch,
  packages: readonly string[],
  onProgress: (text: string) => void,
): Promise<VmImage> {
  const suite = "bookworm";
  const archive = await readArchive(suite);
  // Their package takes minutes to set up where every program is emulated.
  const certified = archive.sources.some((line) => line.includes("https://")) ? ["ca-certificates"] : [];
  const include = [...new Set([...PACKAGES, KINDS[arch].kernel, ...certified, ...[...packages].sort()])];
  const prefix = `${suite}-${arch}-${fingerprint(include).slice(0, 6)}-`;
  const folder = join(cacheFolder(), `${prefix}${fingerprint([FORMAT, include, INITRD, FILES, STEPS, archive])}`);
  const image = {
    arch,
    disk: join(folder, "disk.img"),
    kernel: join(folder, "vmlinuz"),
    initrd: join(folder, "initrd.img"),
    archive,
  };
  const make = (building: string): Promise<void> => {
    const long = emulated(arch) ? "three to ten minutes, as every program is emulated" : "about half a minute";
    onProgress(`building the image of virtual machines, once (${long})`);
    const work = (): Promise<void> => build(building, suite, arch, include, archive);
    return emulated(arch) ? whileEmulating(basename(folder), work, onProgress) : work();
  };
  if (await ensureBuilt(folder, make, onProgress))
    for (const name of readdirSync(cacheFolder()))
      if (name.startsWith(prefix) && !name.includes(".") && name !== basename(folder))
        rmSync(join(cacheFolder(), name), { recursive: true });
  return image;
}

function emulated(arch: LabArch): boolean {
  return arch !== "amd64";
}

/** Does the work while this machine runs programs of arm64, as it does for labs. */
async function whileEmulating(
  name: string,
  work: () => Promise<void>,
  onProgress: (text: string) => void,
): Promise<void> {
  const places = { cacheDir: defaultCacheDir() };
  const lock = join(labsDir(places), ".network.lock");
  mkdirSync(labsDir(places), { recursive: true, mode: 0o700 });
  await withLock(lock, () => startEmulation(places, name, onProgress));
  try {
    await work();
  } finally {
    await withLock(lock, () => stopEmulation(places, name));
  }
}

async function build(
  folder: string,
  suite: string,
  arch: LabArch,
  include: readonly string[],
  archive: Archive,
): Promise<void> {
  const root = join(folder, "root");
  const before = join(folder, "initrd");
  for (const [path, text] of Object.entries(INITRD)) {
    mkdirSync(dirname(join(before, path)), { recursive: true });
    writeFileSync(join(before, path), text);
  }
  const options = [
    ...["--mode=root", "--variant=minbase", "--dpkgopt=force-unsafe-io", `--include=${include.join(",")}`],
    ...["--skip=cleanup/apt/lists", `--essential-hook=copy-in ${before}/etc ${before}/usr /`],
    // Without `--skip` it would want a package of its own to find out that such programs run.
    ...(emulated(arch) ? [`--architectures=${arch}`, "--skip=check/qemu"] : []),
  ];
  await command(["mmdebstrap", ...options, suite, root, "-"], { input: `${archive.sources.join("\n")}\n` });
  rmSync(before, { recursive: true });
  const lines = (texts: readonly string[]): string => texts.map((line) => `${line}\n`).join("");
  const certificates = archive.certificates.map(({ name, text }) => [`usr/local/share/ca-certificates/${name}`, text]);
  for (const [path = "", text = ""] of [
    ...Object.entries(FILES),
    ["etc/apt/apt.conf.d/10machine", lines(archive.settings)],
    ["etc/apt/sources.list", lines(archive.sources)],
    ["etc/machine-id", ""],
    ...certificates,
  ]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  for (const file of readdirSync(join(root, "etc/ssh")))
    if (file.startsWith("ssh_host_")) rmSync(join(root, "etc/ssh", file));
  for (const argv of include.includes("ca-certificates") ? [...STEPS, ["update-ca-certificates"]] : STEPS)
    await command(["chroot", root, ...argv], { environment: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
  for (const [prefix, name] of [
    ["vmlinuz-", "vmlinuz"],
    ["initrd.img-", "initrd.img"],
  ] as const) {
    const found = readdirSync(join(root, "boot")).find((file) => file.startsWith(prefix));
    if (found === undefined) throw new Error(`the image has no ${prefix}* in /boot`);
    renameSync(join(root, "boot", found), join(folder, name));
  }
  await command(["mke2fs", "-q", "-t", "ext4", "-d", root, join(folder, "disk.img"), "3G"]);
  rmSync(root, { recursive: true });
}

/** Installs what is missing; why there can be no virtual machine of that architecture here, or undefined. */
export async function vmUnfitness(arch: LabArch): Promise<string | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64") return "virtual machines of tests need Linux on x86-64";
  if (process.getuid?.() !== 0) return "the image of virtual machines is made as root";
  const missing: string[] = [];
  // Programs, each with the Debian package that brings it.
  for (const [program = "", name = ""] of [
    [KINDS[arch].emulator, KINDS[arch].emulatorPackage],
    ["mmdebstrap", "mmdebstrap"],
    ["mke2fs", "e2fsprogs"],
  ])
    if ((await tryCommand([program, "--version"])).code === 127) missing.push(name);
  if (missing.length === 0) return undefined;
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...missing];
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  if ((await tryCommand(install, { environment })).code === 0) return undefined;
  await tryCommand(["apt-get", "update"], { environment });
  const { code, stderr } = await tryCommand(install, { environment });
  return code === 0 ? undefined : `apt could not install ${missing.join(", ")}: ${stderr.trim()}`;
}
