// What is in a lab's base image: packages, users, units and settings. Data only; base-image.ts builds it.

/** Raise it when the recipe changes, so that older cached images are not used. */
export const IMAGE_FORMAT = 1;

/** The suites that labs can be made of. */
export const SUITES = ["bookworm", "trixie"] as const;

/** A bare Debian host as an installer leaves it, with systemd and sshd; no Python on purpose. */
export const BASE_PACKAGES = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "openssh-server",
  "sudo",
  "iproute2",
  "iptables",
  "procps",
  "ca-certificates",
] as const;

/** What Ansible needs on a host, for comparisons with it. */
export const PYTHON_PACKAGES = ["python3", "python3-apt"] as const;

/** The password of `ops` and of root (for `su`). Hosts are reachable from this machine only. */
export const LAB_PASSWORD = "lab";

/** Where a host finds its address; its unit reads it at boot. */
export const NETWORK_FILE = "/etc/lab/network";

const NETWORK_UNIT = `[Unit]
Description=Address and route of a lab host
DefaultDependencies=no
After=local-fs.target
Before=network-pre.target network.target ssh.service
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
EnvironmentFile=${NETWORK_FILE}
ExecStart=/bin/ip link set host0 mtu 1400 up
ExecStart=/bin/ip address replace \${ADDRESS}/24 dev host0
ExecStart=/bin/ip route replace default via \${GATEWAY} dev host0

[Install]
WantedBy=sysinit.target
`;

/** Files that the image gets; modes in octal. */
export const IMAGE_FILES: ReadonlyArray<{ readonly path: string; readonly mode: number; readonly text: string }> = [
  { path: "/etc/systemd/system/lab-network.service", mode: 0o644, text: NETWORK_UNIT },
  { path: "/etc/sudoers.d/lab", mode: 0o440, text: "tsplay ALL=(ALL:ALL) NOPASSWD: ALL\nops ALL=(ALL:ALL) ALL\n" },
  // Hosts live for minutes: no fsync for each unpacked file, no translations to fetch.
  { path: "/etc/dpkg/dpkg.cfg.d/lab", mode: 0o644, text: "force-unsafe-io\n" },
  { path: "/etc/apt/apt.conf.d/20lab", mode: 0o644, text: 'Acquire::Languages "none";\n' },
];

/**
 * Run inside the new image, in order. Timers that use apt by themselves are masked: a host that takes the
 * package lock at an hour of its own choosing makes tests fail at that hour.
 */
export const IMAGE_STEPS: ReadonlyArray<{ readonly argv: readonly string[]; readonly input?: string }> = [
  { argv: ["useradd", "--create-home", "--shell", "/bin/bash", "tsplay"] },
  { argv: ["useradd", "--create-home", "--shell", "/bin/bash", "ops"] },
  { argv: ["chpasswd"], input: `ops:${LAB_PASSWORD}\nroot:${LAB_PASSWORD}\n` },
  { argv: ["systemctl", "enable", "lab-network.service"] },
  { argv: ["systemctl", "mask", "apt-daily.timer", "apt-daily-upgrade.timer"] },
  { argv: ["update-ca-certificates"] },
  // The image has no package lists; with a young folder `cache_valid_time` would take that for a fresh cache.
  { argv: ["touch", "--date=@0", "/var/lib/apt/lists"] },
];
