// The disk image that virtual machines for tests start from: a small Debian with its own kernel, made once and kept in
// the cache. What is of one machine only (name, keys, addresses) comes with a second disk, the seed.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { type Archive, fingerprint, readArchive } from "../../engine/lab/archive.ts";
import { command, tryCommand } from "../../engine/lab/command.ts";
import { withLock } from "../../engine/lab/lock.ts";

/** Raise it when the recipe below changes. */
const FORMAT = 1;

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
  "ca-certificates",
  "initramfs-tools",
  "linux-image-cloud-amd64",
] as const;

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
  ],
  ["touch", "--date=@0", "/var/lib/apt/lists"],
];

export interface VmImage {
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

/** The image with these packages besides the usual ones, from the cache or made now (about half a minute). */
export async function ensureVmImage(packages: readonly string[], onProgress: (text: string) => void): Promise<VmImage> {
  const suite = "bookworm";
  const archive = await readArchive(suite);
  const include = [...new Set([...PACKAGES, ...[...packages].sort()])];
  const prefix = `${suite}-${fingerprint(include).slice(0, 6)}-`;
  const folder = join(cacheFolder(), `${prefix}${fingerprint([FORMAT, include, FILES, STEPS, archive])}`);
  const image = {
    disk: join(folder, "disk.img"),
    kernel: join(folder, "vmlinuz"),
    initrd: join(folder, "initrd.img"),
    archive,
  };
  if (existsSync(folder)) return image;
  mkdirSync(cacheFolder(), { recursive: true, mode: 0o700 });
  await withLock(
    `${folder}.lock`,
    async () => {
      if (existsSync(folder)) return;
      const building = `${folder}.building`;
      rmSync(building, { recursive: true, force: true });
      mkdirSync(building, { mode: 0o755 });
      onProgress("building the image of virtual machines, once (about half a minute)");
      await build(building, suite, include, archive);
      for (const name of readdirSync(cacheFolder()))
        if (name.startsWith(prefix) && !name.includes(".")) rmSync(join(cacheFolder(), name), { recursive: true });
      renameSync(building, folder);
    },
    (pid) => onProgress(`waiting for process ${pid}, which builds this image`),
  );
  return image;
}

async function build(folder: string, suite: string, include: readonly string[], archive: Archive): Promise<void> {
  const root = join(folder, "root");
  await command(
    ["mmdebstrap", "--mode=root", "--variant=minbase", `--include=${include.join(",")}`, suite, root, "-"],
    {
      input: `${archive.sources.join("\n")}\n`,
    },
  );
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
  for (const argv of [...STEPS, ["update-ca-certificates"]])
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

/** Programs for virtual machines, each with the Debian package that brings it. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "qemu-system-x86_64": "qemu-system-x86",
  mmdebstrap: "mmdebstrap",
  mke2fs: "e2fsprogs",
};

/** Installs what is missing; why there can be no virtual machine here, or undefined. */
export async function vmUnfitness(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64") return "virtual machines of tests need Linux on x86-64";
  if (process.getuid?.() !== 0) return "the image of virtual machines is made as root";
  const missing: string[] = [];
  for (const [program, name] of Object.entries(PROGRAMS))
    if ((await tryCommand([program, "--version"])).code === 127) missing.push(name);
  if (missing.length === 0) return undefined;
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...missing];
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  if ((await tryCommand(install, { environment })).code === 0) return undefined;
  await tryCommand(["apt-get", "update"], { environment });
  const { code, stderr } = await tryCommand(install, { environment });
  return code === 0 ? undefined : `apt could not install ${missing.join(", ")}: ${stderr.trim()}`;
}
