// Virtual machines for what containers cannot show: the kernel's NFS, LVM, reboots. They are emulated, so that ssh answers after
// about twenty seconds; `TSPLAY_VM_ACCEL=kvm` takes KVM, which is not the default, as a /dev/kvm that is there often does not work.
// `const vms = useVirtualMachines({ name: "storage", machines: [{ disks: [1024] }] })`.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before } from "mocha";
import { archiveHosts } from "../../engine/lab/archive.ts";
import { command } from "../../engine/lab/command.ts";
import type { LabArch } from "../../engine/lab/foreign-arch.ts";
import { authorize, makeClientKey, makeHostKeys, readClientKey, writeKnownHosts } from "../../engine/lab/keys.ts";
import { ensureVmImage, KINDS, type VmImage, vmUnfitness } from "./vm-image.ts";

/** A disk with a file system ext4. */
export interface FilledDisk {
  /** MiB. */
  readonly size: number;
  /** Puts into a folder what the disk then has. */
  fill(folder: string): void;
}

export interface MachineOptions {
  /** MiB of each further disk, or what is on it: /dev/vdb, /dev/vdc … (by id: virtio-disk1, virtio-disk2 …). */
  readonly disks?: ReadonlyArray<number | FilledDisk>;
  /** MiB; 1024 if not said. */
  readonly memory?: number;
}

export interface VmOptions {
  /** Part of the machines' names: NAME-1, NAME-2. */
  readonly name: string;
  readonly machines: readonly MachineOptions[];
  /** `arm64`: a processor as a Raspberry Pi has; `amd64` if not said. */
  readonly arch?: LabArch;
  /** Debian packages that the image has besides a bare system's. */
  readonly packages?: readonly string[];
}

export interface VirtualMachine {
  readonly name: string;
  /** Address among the machines; from here they are reached by the port on the loopback. */
  readonly address: string;
  readonly port: number;
}

/** Machines that are up. */
export interface VirtualMachines {
  readonly machines: readonly VirtualMachine[];
  /** A folder for an inventory and playbooks; it goes with the machines. */
  readonly folder: string;
  readonly privateKeyFile: string;
  readonly knownHostsFile: string;
  /** Variables for an inventory. */
  hostVars(machine: VirtualMachine): Readonly<Record<string, unknown>>;
  /** What a script says on the n-th machine, from 1; fails with its words unless it ends well, within `seconds` (600). */
  ssh(number: number, script: string, seconds?: number): string;
  /** Reboots the n-th machine and waits until it has started all of its units. */
  reboot(number: number): Promise<void>;
}

/** Seconds that a machine may take to answer: emulated and beside much other work, one took seven minutes. */
const PATIENCE = 1200;

/**
 * Boots machines before the tests of the surrounding `describe` and gives a function that returns them. Where that cannot be,
 * the tests are pending and the reason is printed.
 */
export function useVirtualMachines(options: VmOptions): () => VirtualMachines {
  let up: Up | undefined;

  before(async function () {
    this.timeout(2_400_000);
    const arch = options.arch ?? "amd64";
    const problem = await vmUnfitness(arch);
    if (problem !== undefined) {
      console.log(`    skipped: ${problem}`);
      this.skip();
    }
    const image = await ensureVmImage(arch, options.packages ?? [], (text) => console.log(`    ${text}`));
    up = new Up(options, image);
    await up.start();
  });

  after(async function () {
    this.timeout(60_000);
    await up?.stop();
  });

  return () => {
    if (!up) throw new Error("the machines are there inside tests and hooks only");
    return up;
  };
}

class Up implements VirtualMachines {
  readonly folder = mkdtempSync(join(tmpdir(), "tsplay-vm-"));
  readonly privateKeyFile = join(this.folder, "id_ed25519");
  readonly knownHostsFile = join(this.folder, "known_hosts");
  readonly machines: VirtualMachine[] = [];
  readonly #options: VmOptions;
  readonly #image: VmImage;
  readonly #children: ChildProcess[] = [];
  readonly #killAll = (): void => {
    for (const child of this.#children) child.kill("SIGKILL");
  };

  constructor(options: VmOptions, image: VmImage) {
    this.#options = options;
    this.#image = image;
  }

  async start(): Promise<void> {
    process.on("exit", this.#killAll);
    await makeClientKey(this.privateKeyFile, "tsplay vm");
    for (const index of this.#options.machines.keys())
      this.machines.push({
        name: `${this.#options.name}-${index + 1}`,
        // One that is alone has only the network that qemu itself makes.
        address: this.#options.machines.length === 1 ? "10.0.2.15" : `10.76.0.${index + 11}`,
        port: await freePort(),
      });
    const known: string[] = [];
    for (const [index, machine] of this.machines.entries()) known.push(...(await this.#boot(index, machine)));
    writeKnownHosts(this.knownHostsFile, known);
    await Promise.all(this.machines.map((_, index) => this.#answers(index + 1)));
  }

  hostVars(machine: VirtualMachine): Readonly<Record<string, unknown>> {
    return {
      ansible_host: "127.0.0.1",
      ansible_port: machine.port,
      ansible_user: "root",
      ansible_ssh_private_key_file: this.privateKeyFile,
      ansible_ssh_common_args: `-F /dev/null -o UserKnownHostsFile=${this.knownHostsFile} -o StrictHostKeyChecking=yes`,
      node_address: machine.address,
    };
  }

  ssh(number: number, script: string, seconds?: number): string {
    const { status, stdout, stderr } = this.#try(number, script, seconds);
    if (status !== 0)
      throw new Error(
        `\`${script}\` ended with ${status} on machine ${number}:\n${stdout}${stderr}${this.#console(number)}`,
      );
    return stdout.trim();
  }

  async reboot(number: number): Promise<void> {
    const boot = this.ssh(number, "cat /proc/sys/kernel/random/boot_id");
    this.#try(number, "systemctl reboot");
    await this.#answers(number, boot);
  }

  async stop(): Promise<void> {
    this.#killAll();
    process.off("exit", this.#killAll);
    await Promise.all(
      this.#children.map(
        (child) => child.exitCode ?? child.signalCode ?? new Promise((done) => child.once("exit", done)),
      ),
    );
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts qemu; gives the machine's lines of known_hosts. */
  async #boot(index: number, machine: VirtualMachine): Promise<string[]> {
    const folder = join(this.folder, machine.name);
    mkdirSync(folder);
    const { known, seed } = await this.#seed(folder, machine);
    const drives = [
      // What is written goes to a file that has no name, and with the machine.
      [`file=${this.#image.disk},snapshot=on`, "system"],
      [`file=${seed},readonly=on`, "seed"],
    ];
    const disks = this.#options.machines[index]?.disks ?? [];
    for (const [number, disk] of disks.entries()) {
      const file = join(folder, `disk${number + 1}.img`);
      if (typeof disk === "number") {
        closeSync(openSync(file, "w"));
        truncateSync(file, disk * 1024 * 1024);
      } else {
        const content = mkdtempSync(join(folder, "content-"));
        disk.fill(content);
        await command(["mke2fs", "-q", "-t", "ext4", "-d", content, file, `${disk.size}M`]);
        rmSync(content, { recursive: true });
      }
      drives.splice(number + 1, 0, [`file=${file}`, `disk${number + 1}`]);
    }
    const memory = this.#options.machines[index]?.memory ?? 1024;
    // The second machine finds the wire that the first one lays.
    if (index > 0) for (let tries = 0; !existsSync(this.#wire) && tries < 100; tries++) await sleep(100);
    const { arch, kernel, initrd } = this.#image;
    const kvm = arch === "amd64" && process.env.TSPLAY_VM_ACCEL === "kvm";
    const argv = [
      ...KINDS[arch].options,
      ...(kvm ? ["-accel", "kvm", "-cpu", "host"] : ["-accel", "tcg,thread=multi"]),
      ...["-smp", "2", "-m", String(memory), "-display", "none", "-no-user-config", "-nodefaults"],
      ...["-kernel", kernel, "-initrd", initrd],
      // Guards against other users of a real processor make an emulated one slower still.
      ...[
        "-append",
        `root=/dev/vda rw console=${KINDS[arch].console} net.ifnames=0 systemd.show_status=0 mitigations=off`,
      ],
      ...drives.flatMap(([drive, serial]) => [
        ...["-drive", `${drive},format=raw,if=none,cache=unsafe,id=${serial}`],
        ...["-device", `virtio-blk-pci,drive=${serial},serial=${serial}`],
      ]),
      ...["-netdev", `user,id=out,hostfwd=tcp:127.0.0.1:${machine.port}-:22`],
      // Nothing is booted from the network, so that the card needs no program for it.
      ...["-device", "virtio-net-pci,romfile=,netdev=out,mac=52:54:00:00:00:01"],
      ...this.#between(index),
      ...["-serial", `file:${join(folder, "console")}`],
    ];
    const log = openSync(join(folder, "qemu.log"), "w");
    this.#children.push(spawn(KINDS[arch].emulator, argv, { stdio: ["ignore", log, log] }));
    closeSync(log);
    return known;
  }

  /** The wire between the machines: the first one is a hub for the second. */
  #between(index: number): string[] {
    if (this.#options.machines.length < 2) return [];
    if (this.#options.machines.length > 2)
      throw new Error("no more than two virtual machines have a wire between them");
    const end = index === 0 ? "server=on" : "server=off";
    const wire = `stream,id=in,${end},addr.type=unix,addr.path=${this.#wire}`;
    return ["-netdev", wire, "-device", `virtio-net-pci,romfile=,netdev=in,mac=52:54:00:00:01:0${index + 1}`];
  }

  /** What is of this machine only, as a tar archive on a disk. */
  async #seed(folder: string, machine: VirtualMachine): Promise<{ known: string[]; seed: string }> {
    const root = join(folder, "seed");
    mkdirSync(join(root, "etc/ssh"), { recursive: true });
    mkdirSync(join(root, "etc/systemd/network"), { recursive: true });
    mkdirSync(join(root, "root"), { mode: 0o700 });
    const known = await makeHostKeys(root, machine.name, `[127.0.0.1]:${machine.port}`);
    authorize(root, "/root", 0, 0, readClientKey(this.privateKeyFile));
    const archive = new Set(archiveHosts(this.#image.archive));
    const outside = readFileSync("/etc/hosts", "utf8")
      .split("\n")
      .filter((line) =>
        line
          .split(/\s+/)
          .slice(1)
          .some((name) => archive.has(name)),
      );
    const hosts = ["127.0.0.1 localhost", ...this.machines.map((one) => `${one.address} ${one.name}`), ...outside];
    writeFileSync(join(root, "etc/hostname"), `${machine.name}\n`);
    writeFileSync(join(root, "etc/hosts"), `${hosts.join("\n")}\n`);
    const inner = `[Match]\nMACAddress=${this.#mac(machine)}\n[Network]\nAddress=${machine.address}/24\n`;
    writeFileSync(join(root, "etc/systemd/network/20-inside.network"), inner);
    const seed = join(folder, "seed.img");
    await command(["tar", "--create", "--owner=0", "--group=0", `--file=${seed}`, "--directory", root, "."]);
    return { known, seed };
  }

  get #wire(): string {
    return join(this.folder, "wire");
  }

  #mac(machine: VirtualMachine): string {
    return `52:54:00:00:01:0${this.machines.indexOf(machine) + 1}`;
  }

  /** Waits until the machine lets one in (after a reboot: with another boot id) and has started all of its units. */
  async #answers(number: number, otherBoot = ""): Promise<void> {
    const deadline = performance.now() + PATIENCE * 1000;
    const asked = "systemctl is-system-running --wait; cat /proc/sys/kernel/random/boot_id";
    for (;;) {
      const { stdout } = this.#try(number, asked);
      if (/^(running|degraded)$/m.test(stdout) && (otherBoot === "" || !stdout.includes(otherBoot))) return;
      const child = this.#children[number - 1];
      if (child?.exitCode !== null || performance.now() > deadline)
        throw new Error(`machine ${number} does not answer:\n${this.#console(number)}`);
      await sleep(500);
    }
  }

  #try(number: number, script: string, seconds = 600): { status: number | null; stdout: string; stderr: string } {
    const machine = this.machines[number - 1];
    if (!machine) throw new Error(`there is no machine ${number}`);
    const options = [
      `UserKnownHostsFile=${this.knownHostsFile}`,
      "StrictHostKeyChecking=yes",
      "BatchMode=yes",
      "ServerAliveInterval=10",
      // Each attempt costs the machine a handshake: one that is given up too early keeps it from the next one.
      "ConnectTimeout=60",
    ];
    const argv = ["-F", "/dev/null", "-i", this.privateKeyFile, "-p", String(machine.port)];
    for (const option of options) argv.push("-o", option);
    const { status, stdout, stderr } = spawnSync("ssh", [...argv, "root@127.0.0.1", script], {
      encoding: "utf8",
      timeout: seconds * 1000,
    });
    return { status, stdout, stderr };
  }

  #console(number: number): string {
    const name = this.machines[number - 1]?.name ?? "";
    return ["qemu.log", "console"]
      .map((file) => join(this.folder, name, file))
      .filter((file) => existsSync(file))
      .map((file) => readFileSync(file, "utf8").split("\n").slice(-15).join("\n"))
      .join("\n");
  }
}

/** A port of the loopback that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
