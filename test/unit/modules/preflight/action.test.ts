import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { expect } from "chai";
import type { Plain } from "../../../../engine/core/value.ts";
import type { HostFacts } from "../../../../engine/modules/preflight/facts.ts";
import { fingerprint } from "../../../../engine/modules/preflight/parse.ts";
import { preflight } from "../../../../engine/modules/preflight.ts";
import { TaskFailure } from "../../../../engine/modules/task-failure.ts";
import { type RawParams, runAction } from "../../module-driver.ts";
import { facts, joined } from "./healthy.ts";

type Variables = Readonly<Record<string, Readonly<Record<string, Plain>>>>;

const groups = (number: number): Record<string, Plain> => ({
  group_names: [number <= 3 ? "masters" : "workers"],
  ansible_host: `192.168.1.${number}`,
});

/** Runs the action for hosts with these variables beside their groups and addresses, and these facts. */
async function run(
  vars: Readonly<Record<string, Plain>>,
  changes: Readonly<Record<number, Partial<HostFacts>>> = {},
  params: RawParams = {},
  hosts = [1, 2, 3, 4],
) {
  const variables: Variables = Object.fromEntries(hosts.map((n) => [`pi${n}`, { ...groups(n), ...vars }]));
  const seen = hosts.map((n) => ({ item: `pi${n}`, preflight: facts(n, changes[n]) as unknown as Plain }));
  const evaluate = (expression: string): Plain | undefined => {
    const [, host = "", name = ""] = /^hostvars\["(.*?)"\]\["(.*?)"\]$/.exec(expression) ?? [];
    return variables[host]?.[name];
  };
  try {
    const all = { hosts: hosts.map((n) => `pi${n}`), seen: seen as unknown as Plain, ...params };
    const result = await runAction(preflight, all, { evaluate });
    return { result, warnings: result.warnings ?? [], list: [] as string[] };
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    const problems = error.result.problems as { message: string }[];
    return { error, warnings: error.result.warnings ?? [], list: problems.map(({ message }) => message) };
  }
}

describe("the module preflight", () => {
  it("takes today's defaults where the inventory sets nothing", async () => {
    const { result } = await run({});
    expect(result).to.deep.equal({
      changed: false,
      problems: [],
      msg: "4 of 4 hosts looked at; nothing stands in the way",
    });
  });

  it("fails with a list for the person and a short word in the result", async () => {
    const { error, list } = await run({}, { 2: { memoryMib: 500 }, 3: { systemd: false } });
    expect(list).to.deep.equal(["pi3 is not run by systemd", "pi2 has 500 MiB of memory; a master needs 1700"]);
    expect(error?.problem.message).to.match(
      /^2 things stand in the way of this cluster; nothing was changed:\n {2}1\. pi3/,
    );
    expect(error?.summary).to.equal("2 things stand in the way of this cluster, listed above");
    expect(error?.result.problems).to.deep.include({
      rule: "memory",
      hosts: ["pi2"],
      message: "pi2 has 500 MiB of memory; a master needs 1700",
      remedy: "use a machine with more, make it a worker, or lower preflight_memory_mib if you know that it is enough",
    });
  });

  it("reads what is wanted from the hosts' variables", async () => {
    const busy = { listeners: [{ port: 7443, address: "*", program: "apache2", pid: 9 }] };
    const taken = async (vars: Readonly<Record<string, Plain>>) => (await run(vars, { 1: busy })).list.length;
    expect(await taken({})).to.equal(0);
    expect(await taken({ k8s_apiserver_port: 7443 })).to.equal(1);
    expect(await taken({ k8s_api_port: 7443 })).to.equal(1);
    expect(await taken({ loadbalancer_bind: ["127.0.0.1:7443", "10.0.0.1:9"] })).to.equal(1);
    expect(await taken({ k8s_api_port: 7443, loadbalancer_kind: "none" })).to.equal(0);
    expect((await run({ node_address: "192.168.1.9" })).list).to.have.lengthOf(5);
    expect((await run({ container_runtime: "docker" }, { 4: { runtimes: ["docker"] } })).list).to.deep.equal([]);
    expect((await run({ loadbalancer_vip: "192.168.1.2" })).list[0]).to.match(/^the virtual address 192.168.1.2/);
  });

  it("changes single thresholds and leaves the others", async () => {
    const small = { 3: { memoryMib: 900 }, 4: { memoryMib: 500 } };
    expect((await run({}, small, { memory_mib: { master: 850 } })).list).to.deep.equal([
      "pi4 has 500 MiB of memory; a worker needs 700",
    ]);
    expect(
      (await run({}, { 1: { clock: { offset: 9, uncertainty: 0, time: 1_795_000_000 } } }, { clock_skew: 10 }))
        .warnings,
    ).to.deep.equal([]);
  });

  it("warns of what a role puts right, and of ignored rules", async () => {
    const pi = { 2: { cgroup: { version: 2 as const, memory: false } } };
    const mended = await run({}, pi);
    expect(mended.list).to.deep.equal([]);
    expect(mended.warnings).to.deep.equal([
      "pi2 has no memory cgroup, without which no kubelet starts: the role rpi writes cgroup_enable=memory into /boot/firmware/cmdline.txt and reboots",
    ]);
    expect((await run({ k8s_prepare_machines: false }, pi)).list).to.have.lengthOf(1);
    expect((await run({ rpi_cmdline: ["quiet"] }, pi)).list).to.have.lengthOf(1);
    const ignored = await run({ k8s_prepare_machines: false }, pi, { ignore: ["memory-cgroup"] });
    expect(ignored.list).to.deep.equal([]);
    expect(ignored.warnings).to.have.lengthOf(1);
  });

  it("knows its cluster by the kubeconfig that was fetched", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tsplay-preflight-"));
    const [ours = "", theirs = ""] = rootCertificates;
    try {
      writeFileSync(
        join(folder, "admin.conf"),
        `certificate-authority-data: ${Buffer.from(ours).toString("base64")}\n`,
      );
      const changes = {
        1: joined(fingerprint(theirs), "1.36.2"),
        2: joined(fingerprint(theirs), "1.36.2"),
        3: joined(fingerprint(ours), "1.36.2"),
      };
      const { list } = await run({ cluster_dir: folder }, changes);
      expect(list).to.deep.equal([
        "pi1 and pi2 belong to another cluster than pi3: their authority (/etc/kubernetes/pki/ca.crt) is not the same",
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("tells hosts that were not reached from hosts that could not be looked at", async () => {
    const seen = [
      { item: "pi1", preflight: facts(1) as unknown as Plain },
      { item: "pi2", unreachable: true, failed: true, msg: "connection refused\nmore" },
      { item: "pi3", failed: true, msg: "Missing sudo password" },
      { item: "pi4", preflight: facts(4) as unknown as Plain },
    ];
    const { list, warnings } = await run({}, {}, { seen: seen as unknown as Plain });
    expect(list).to.deep.equal(["pi3 could not be looked at (Missing sudo password)"]);
    expect(warnings[0]).to.match(/^pi2 could not be looked at \(connection refused\)/);
  });
});
