// Roles that use only modules which ansible-core and its usual collections have too: run by the reference on one host and by tsplay on
// its twin. Each task ends alike, and the hosts are alike afterwards. The reference is built when it is missing, which takes minutes:
// TSPLAY_PARITY=skip leaves these tests out.

import { copyFileSync, cpSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { sshOptions } from "../../engine/lab/inventory.ts";
import type { LabState } from "../../engine/lab/lab.ts";
import { onHost, probe } from "../conformance/modules/observe.ts";
import { placeInReference, referenceRoot, runReference } from "../conformance/reference.ts";
import { useLab } from "./lab-fixture.ts";
import { MODEL_FILE, PI_OF_TRIXIE } from "./role-rpi-host.ts";
import { RunFolder } from "./spawned-run.ts";

const PROJECT = resolve(import.meta.dirname, "../..");
const NODE = "pi-1";

interface Case {
  readonly role: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Makes the state that both start with. */
  readonly setup?: string;
  /** What is looked at besides /etc, packages and units. */
  readonly paths: readonly string[];
  readonly commands: readonly string[];
}

const CASES: readonly Case[] = [
  {
    role: "rpi",
    variables: {
      rpi_model_file: MODEL_FILE,
      rpi_locale: "en_GB.UTF-8",
      rpi_timezone: "Europe/Berlin",
      rpi_upgrades: false,
      rpi_config: ["dtparam=pciex1_gen=3"],
      rpi_users: [
        {
          name: "anna",
          groups: ["adm"],
          sudo: "nopassword",
          keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPXQ6D3vZlhWQ2mYfQ0eYzv1oS0gkq0cJ0cV1m5dXkqL anna@desk"],
        },
      ],
    },
    setup: PI_OF_TRIXIE,
    paths: ["/boot", "/home/anna", "/var/swapfile"],
    commands: [
      "wc -l </var/lib/lab/boots",
      "sysctl net.ipv4.ip_forward",
      "locale -a",
      "hostname",
      "getent passwd anna",
    ],
  },
  {
    role: "loadbalancer",
    variables: {},
    paths: [],
    commands: ["systemctl is-active haproxy"],
  },
  {
    role: "containers",
    variables: { k8s_cgroup_driver: "cgroupfs", containers_restrict_oom_score_adj: true },
    paths: ["/opt/cni"],
    commands: ["systemctl is-active containerd", "ctr version | grep -c Version"],
  },
];

/** What no two hosts share, or what belongs to the lab; and machine-info, where the reference writes the host's name once more. */
const OWN =
  /^\/etc\/(machine-id|machine-info|lab|ssh\/ssh_host|hostname |resolv\.conf|ld\.so\.cache|\.pwd\.lock|shadow|gshadow|mailcap|apt\/(apt\.conf\.d|sources)|ssl\/)|^\/etc\/[^ ]*-? [0-7]{4} .* \d+ bytes$/;

/** `status task (item)` of every result, in order; what is told only with more words is left out. */
function resultsIn(output: string): string[] {
  const results: string[] = [];
  let task = "";
  for (const line of output.split("\n")) {
    task = /^(?:TASK|RUNNING HANDLER) \[(.*)\]/.exec(line)?.[1] ?? task;
    const found = /^(ok|changed|skipping|failed|fatal): \[[^\]]+\](?: => \(item=(.*?)\))?/.exec(line);
    if (found) results.push(`${found[1]} ${task}${found[2] === undefined ? "" : ` (${found[2]})`}`);
  }
  return results;
}

/** The recap's numbers. */
function recapIn(output: string): string {
  const line = output.split("\n").find((one) => one.startsWith(`${NODE} `) && one.includes("unreachable="));
  return line?.replace(/\s+/g, " ").trim() ?? `no recap in:\n${output.slice(-3000)}`;
}

describe("roles as ansible-core runs them", function () {
  this.timeout(600_000);
  let root = "";

  before(function () {
    if (process.env.TSPLAY_PARITY === "skip") {
      console.log("    skipped: TSPLAY_PARITY=skip");
      this.skip();
    }
    try {
      root = referenceRoot();
    } catch (error) {
      console.log(`    skipped: ${(error as Error).message} (it is made by mmdebstrap, as root, from Debian trixie)`);
      this.skip();
    }
  });

  const lab = useLab({ name: "parity", count: 2 * CASES.length, suite: "trixie", python: true });

  CASES.forEach((one, index) => {
    describe(one.role, () => {
      let outputs: (readonly [reference: string, own: string])[] = [];
      let run: RunFolder;
      let pair: LabState[] = [];

      before(async () => {
        pair = [0, 1].map((offset) => {
          const host = lab().hosts[2 * index + offset];
          if (!host) throw new Error("the lab has too few hosts");
          return { ...lab(), hosts: [host] };
        });
        run = new RunFolder(lab());
        await Promise.all(pair.map((twin) => onHost(twin, `${one.setup ?? "true"}`)));
        const [reference, own] = await Promise.all([byReference(one, pair[0]), byTsplay(one, pair[1])]);
        outputs = reference.map((output, pass) => [output, own[pass] ?? ""]);
      });
      after(() => run?.remove());

      async function byReference(given: Case, twin: LabState | undefined): Promise<string[]> {
        if (!twin) throw new Error("no host");
        const { outside, inside } = placeInReference(root, `role-${given.role}`);
        cpSync(join(PROJECT, "roles", given.role), join(outside, "roles", given.role), { recursive: true });
        copyFileSync(twin.privateKeyFile, join(outside, "key"));
        copyFileSync(twin.knownHostsFile, join(outside, "known_hosts"));
        const files = layout(given, {
          ansible_host: twin.hosts[0]?.address,
          ansible_user: "root",
          ansible_ssh_private_key_file: `${inside}/key`,
          ansible_ssh_common_args: sshOptions({ knownHostsFile: `${inside}/known_hosts` }).join(" "),
          ansible_python_interpreter: "/usr/bin/python3",
        });
        for (const [name, text] of Object.entries(files)) writeFileSync(join(outside, name), text);
        const outputs: string[] = [];
        for (let pass = 0; pass < 2; pass++) {
          const done = await runReference(root, inside, "ansible-playbook", ["site.yml", "-i", "hosts.yml"], {
            ANSIBLE_PIPELINING: "1",
          });
          outputs.push(done.stdout + done.stderr);
        }
        return outputs;
      }

      async function byTsplay(given: Case, twin: LabState | undefined): Promise<string[]> {
        run.write(layout(given, {}));
        run.write({ "ansible.cfg": `[defaults]\nroles_path = ${join(PROJECT, "roles")}\n` });
        run.inventory({ [NODE]: { ansible_host: twin?.hosts[0]?.address } });
        const outputs: string[] = [];
        for (let pass = 0; pass < 2; pass++) outputs.push((await run.run(undefined, ["-i", "groups.yml"])).all);
        return outputs;
      }

      /** Playbook and inventory; the groups as the roles know them. */
      function layout(given: Case, vars: Readonly<Record<string, unknown>>): Record<string, string> {
        const hosts = { [NODE]: {} };
        const groups = { masters: { hosts }, workers: { hosts: {} } };
        return {
          "site.yml": JSON.stringify([{ hosts: "all", become: true, vars: given.variables, roles: [given.role] }]),
          "groups.yml": JSON.stringify({ all: { children: groups } }),
          "hosts.yml": JSON.stringify({ all: { hosts, vars, children: groups } }),
        };
      }

      it("ends with the same numbers, and with no change the second time", () => {
        const [first, second] = outputs.map((pass) => pass.map(recapIn));
        expect(first?.[1], outputs[0]?.join("\n")).to.equal(first?.[0]);
        expect(second?.[1]).to.equal(second?.[0]).and.to.contain(" failed=0 ");
        const changed = outputs[1]?.map((output) =>
          resultsIn(output).filter((result) => result.startsWith("changed ")),
        );
        expect(changed).to.deep.equal([[], []]);
      });

      it("does each task alike", () => {
        for (const [reference, own] of outputs) expect(resultsIn(own)).to.deep.equal(resultsIn(reference));
      });

      it("leaves hosts that are alike", async () => {
        const cases = {
          tasks: [],
          probe: {
            paths: ["/etc", ...one.paths],
            commands: [
              "dpkg-query -W -f '${Package} ${db:Status-Abbrev}\\n'",
              "systemctl list-unit-files --no-pager --plain --no-legend",
              ...one.commands,
            ],
          },
        };
        const [reference, own] = await Promise.all(
          pair.map(async (twin) => {
            const addresses = lab().hosts.map(({ address }) => address);
            const lines = await probe(twin, cases);
            return lines
              .filter((line) => !OWN.test(line))
              .map((line) => addresses.reduce((text, address) => text.replaceAll(address, "ADDRESS"), line));
          }),
        );
        // Only what differs, or the message would be a thousand lines.
        const without = (lines: readonly string[] = [], others: readonly string[] = []): string[] =>
          lines.filter((line) => !others.includes(line));
        expect({ own: without(own, reference), reference: without(reference, own) }).to.deep.equal({
          own: [],
          reference: [],
        });
        expect(own?.length).to.be.greaterThan(500);
      });
    });
  });
});
