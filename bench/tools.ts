// The programs that the bench compares: tsplay, ansible-core with pipelining, ansible-core with Mitogen. The latter two
// run in a chroot with Debian trixie's packages, on the same hosts.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type Measured, measure } from "./measure.ts";

const PROJECT = resolve(import.meta.dirname, "..");
const REFERENCE =
  process.env.TSPLAY_REFERENCE ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tsplay", "reference-trixie");
const PACKAGES = "ansible-core,ansible-mitogen,ansible,openssh-client,sshpass,ca-certificates";

/** A host of the bench: its name in the inventory and how to reach it. */
export interface BenchHost {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export interface Bench {
  readonly hosts: readonly BenchHost[];
  /** The lab's client key and known_hosts. */
  readonly key: string;
  readonly forks: number;
}

export interface Tool {
  readonly name: string;
  run(bench: Bench, playbook: string): Promise<Measured>;
}

function inventory({ hosts }: Bench, key: string): string {
  const lines = hosts.map(({ name, address, port }) => `${name} ansible_host=${address} ansible_port=${port}`);
  const vars = [
    "ansible_user=root",
    `ansible_ssh_private_key_file=${key}`,
    "ansible_ssh_common_args=-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes -o LogLevel=ERROR",
    "ansible_python_interpreter=/usr/bin/python3",
  ];
  return `[all]\n${lines.join("\n")}\n[all:vars]\n${vars.join("\n")}\n`;
}

/** Where tsplay stands as it is installed: the build without its sources. */
const INSTALLED = join(PROJECT, ".tsplay", "bench");

/** Builds tsplay and puts it where the bench runs it. Throws when it cannot be built. */
export function install(): void {
  const built = spawnSync(process.execPath, [join(PROJECT, "scripts", "build.mjs")], { encoding: "utf8" });
  if (built.status !== 0) throw new Error(`tsplay cannot be built:\n${built.stdout}${built.stderr}`);
  rmSync(INSTALLED, { recursive: true, force: true });
  mkdirSync(INSTALLED, { recursive: true });
  for (const name of ["bin", "dist", "package.json"])
    cpSync(join(PROJECT, name), join(INSTALLED, name), { recursive: true });
  symlinkSync(join(PROJECT, "node_modules"), join(INSTALLED, "node_modules"));
}

export const tsplay: Tool = {
  name: "tsplay",
  run: (bench, playbook) => {
    const folder = INSTALLED;
    writeFileSync(join(folder, "hosts"), inventory(bench, bench.key));
    return measure([
      process.execPath,
      join(INSTALLED, "bin", "tsplay"),
      "run",
      join(import.meta.dirname, "playbook", playbook),
      "-i",
      join(folder, "hosts"),
      "-f",
      String(bench.forks),
      "--output",
      "jsonl",
    ]);
  },
};

function ansible(name: string, settings: Readonly<Record<string, string>>): Tool {
  return {
    name,
    run: (bench, playbook) => {
      const inside = "/tmp/tsplay-bench";
      const folder = join(REFERENCE, inside);
      rmSync(folder, { recursive: true, force: true });
      cpSync(join(import.meta.dirname, "playbook"), folder, { recursive: true });
      writeFileSync(join(folder, "key"), readFileSync(bench.key), { mode: 0o600 });
      writeFileSync(join(folder, "hosts"), inventory(bench, `${inside}/key`));
      return measure(
        [
          "chroot",
          REFERENCE,
          "ansible-playbook",
          "-i",
          `${inside}/hosts`,
          "-f",
          String(bench.forks),
          `${inside}/${playbook}`,
        ],
        {
          env: {
            LC_ALL: "C.UTF-8",
            HOME: "/root",
            ANSIBLE_HOST_KEY_CHECKING: "False",
            ANSIBLE_SSH_CONTROL_PATH_DIR: `${inside}/cp`,
            ...settings,
          },
        },
      );
    },
  };
}

export const pipelined = ansible("ansible, pipelining", { ANSIBLE_PIPELINING: "True" });

export const mitogen = ansible("ansible, Mitogen", {
  ANSIBLE_STRATEGY: "mitogen_linear",
  ANSIBLE_STRATEGY_PLUGINS: "/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy",
});

/** Makes the chroot if it is not there. Returns why not, if it cannot be made. */
export function prepareReference(say: (text: string) => void): string | undefined {
  if (existsSync(join(REFERENCE, "usr/bin/ansible-playbook"))) return undefined;
  if (process.getuid?.() !== 0) return "the reference needs root for a chroot";
  say("making the chroot with ansible-core and Mitogen (once, about a minute)");
  mkdirSync(join(REFERENCE, ".."), { recursive: true });
  const made = spawnSync("mmdebstrap", ["--variant=minbase", `--include=${PACKAGES}`, "trixie", REFERENCE], {
    encoding: "utf8",
  });
  return made.status === 0
    ? undefined
    : `mmdebstrap failed: ${made.error?.message ?? made.stderr.trim().split("\n").at(-1)}`;
}
