// The role nfs on lab hosts, whose kernel has no NFS: a user-space server, and clients that need no mount.

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { useLab } from "./lab-fixture.ts";
import { changesIn, runRole } from "./role-run.ts";
import { type Finished, RunFolder, said, until } from "./spawned-run.ts";

const PLAYBOOK = resolve(import.meta.dirname, "../../playbooks/nfs.yml");
const SHARE = "nfs://nfs-test-3/srv/nfs/data";
const SETTINGS = {
  nfs_server_kind: "ganesha",
  nfs_lease_seconds: 5,
  nfs_exports: [{ name: "data" }, { name: "films", read_only: true }, { name: "closed", networks: ["192.0.2.0/24"] }],
  nfs_client_packages: ["nfs-common", "libnfs-utils"],
};

/** Kubernetes as the role k8s builds and keeps it: here only for a server that knows what objects may be. */
const BINARIES = join(homedir(), ".cache/tsplay/kubernetes/v1.20.2-debian/amd64/bin");
const PROGRAMS = ["kube-apiserver", "kubectl"];
const CLUSTER = {
  nfs_kubeconfig: "/root/admin.conf",
  nfs_volumes: [{ name: "films", export: "films" }],
  nfs_csi_images: {
    plugin: "own/plugin:1",
    provisioner: "own/provisioner:1",
    resizer: "own/resizer:1",
    liveness_probe: "own/livenessprobe:1",
    registrar: "own/registrar:1",
  },
};
/** Starts an API server; succeeds when it answers. */
const API_SERVER = `
cd /root
[ -e admin.conf ] || {
  apt-get update -qq
  apt-get install -y --no-install-recommends etcd-server
  ssh-keygen -q -t rsa -m PEM -N '' -f sa.key
  echo '{apiVersion: v1, kind: Config, current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}], users: [{name: a, user: {token: admin}}], clusters: [{name: a, cluster: {server: "https://127.0.0.1:6443", insecure-skip-tls-verify: true}}]}' > admin.conf
  echo admin,admin,admin,system:masters > tokens
  systemctl start etcd
  systemd-run --unit api kube-apiserver --etcd-servers=http://127.0.0.1:2379 --cert-dir=/root/certs \
    --service-account-issuer=lab --service-account-key-file=/root/sa.key --service-account-signing-key-file=/root/sa.key \
    --service-cluster-ip-range=10.96.0.0/16 --authorization-mode=RBAC --allow-privileged=true --token-auth-file=/root/tokens
}
kubectl --kubeconfig admin.conf get --raw /readyz`;

describe("the role nfs on bare hosts", function () {
  this.timeout(300_000);
  const lab = useLab({ name: "nfs-test", count: 3, profile: "kubernetes" });
  let folder: RunFolder;
  let foretold: string[] = [];

  before(async () => {
    folder = new RunFolder(lab());
    // Nothing on an overlay can be exported: this stands for the disk.
    await said(folder.host(3), "mkdir -p /srv/nfs && mount -t tmpfs tmpfs /srv/nfs");
  });
  after(async () => folder?.remove());

  const play = (...args: string[]): Promise<Finished> =>
    runRole(folder, lab(), {
      playbook: `- import_playbook: ${PLAYBOOK}\n`,
      hosts: { "nfs-test-1": {}, "nfs-test-2": {}, "nfs-test-3": {} },
      groups: { masters: ["nfs-test-1"], workers: ["nfs-test-2"], nfs: ["nfs-test-3"] },
      args: ["-e", JSON.stringify(SETTINGS), ...args],
    });

  it("refuses what cannot be, before anything is changed, all of it at once", async () => {
    const wrong = { nfs_networks: ["10.0.0/8", "10.1.0.0/16"], nfs_disk_label: "a-very-long-label" };
    const { code, all } = await play("-e", JSON.stringify(wrong));
    expect(code, all).to.equal(2);
    expect(all).to.contain("10.0.0/8: no notation of a network that NFS knows");
    expect(all).to.contain("1 to 12 characters");
    expect(all).not.to.contain("10.1.0.0/16");
    for (const [setting, words] of [
      ["nfs_disk=/dev/vdx", "has no disk /dev/vdx"],
      ["nfs_server_kind=kernel", "set nfs_server_kind to ganesha"],
      ["nfs_server_kind=samba", "must be one of: kernel, ganesha"],
    ] as const) {
      const finished = await play("--limit", "nfs-test-3", "-e", setting);
      expect(finished.code, finished.all).to.equal(2);
      expect(finished.all).to.contain(words);
      expect(finished.stdout).not.to.match(/^changed:/m);
    }
  });

  it("foretells what it then does", async () => {
    foretold = changesIn(await play("--check"));
    const undecided = ["nfs : Start the server on nfs-test-3"];
    expect(foretold.filter((one) => one.startsWith("undecided "))).to.deep.equal(
      undecided.map((one) => `undecided ${one}`),
    );
    const done = changesIn(await play());
    expect(done.filter((one) => !undecided.includes(one))).to.deep.equal(
      foretold.filter((one) => !one.startsWith("undecided ")),
    );
    expect(done).to.include(undecided[0]);
  });

  it("changes nothing when run again, and foretells that too", async () => {
    expect(changesIn(await play())).to.deep.equal([]);
    expect(changesIn(await play("--check"))).to.deep.equal([]);
  });

  it("lets one client read what another one wrote, before and after a restart of the server", async () => {
    const [one, two, server] = [folder.host(1), folder.host(2), folder.host(3)];
    await said(one, `echo from the first > f && nfs-cp f '${SHARE}/f?version=4'`);
    expect(await said(two, `nfs-cat '${SHARE}/f?version=4'`)).to.equal("from the first");
    await said(server, "systemctl restart nfs-ganesha");
    const again = `n=0; until nfs-cat '${SHARE}/f?version=4' 2>/dev/null; do n=$((n+1)); [ $n -lt 100 ] || exit 1; sleep 0.2; done`;
    expect(await said(two, again)).to.equal("from the first");
    await said(two, `echo from the second > f && nfs-cp f '${SHARE}/g?version=4'`);
    expect(await said(one, `nfs-cat '${SHARE}/g?version=4'`)).to.equal("from the second");
    expect(await said(server, "cat /srv/nfs/data/g")).to.equal("from the second");
  });

  it("lets nobody write what is read-only, nor in who is of another network, and opens one port", async () => {
    const one = folder.host(1);
    const films = SHARE.replace("/data", "/films");
    expect(await said(one, `nfs-cp f '${films}/f?version=4' 2>&1; true`)).to.match(/ROFS|PERM|ACCES/);
    expect(await said(one, `nfs-ls '${SHARE.replace("/data", "/closed")}?version=4' 2>&1; true`)).to.match(
      /NOENT|ACCES|PERM/,
    );
    expect(await said(folder.host(3), "ss -Hltn | awk '{print $4}' | sort -u | xargs")).to.equal(
      "*:2049 0.0.0.0:22 [::]:22",
    );
    expect(await said(folder.host(3), "systemctl --failed --no-legend")).to.equal("");
  });

  describe("the storage class", () => {
    const found = PROGRAMS.filter((name) => existsSync(join(BINARIES, name)));
    const apply = (kind: string, ...args: string[]): Promise<Finished> =>
      runRole(folder, lab(), {
        playbook: "- {hosts: masters, tasks: [{include_role: {name: nfs, tasks_from: storage-class}}]}\n",
        hosts: { "nfs-test-1": {}, "nfs-test-2": {}, "nfs-test-3": {} },
        groups: { masters: ["nfs-test-1"], nfs: ["nfs-test-3"] },
        args: ["-e", JSON.stringify({ ...SETTINGS, ...CLUSTER, nfs_storage_class_kind: kind }), ...args],
      });

    before(async function () {
      if (found.length < PROGRAMS.length) {
        console.log(`    skipped: ${BINARIES} has no ${PROGRAMS.join(" and ")}; the suite k8s makes them`);
        this.skip();
      }
      const host = folder.host(1);
      for (const name of PROGRAMS) await host.upload(join(BINARIES, name), `/usr/local/bin/${name}`, { mode: 0o755 });
      await until(host, API_SERVER, 90);
    });

    it("is what an API server takes, each kind of it, and nothing is left to do then", async () => {
      for (const kind of ["csi", "provisioner", "static"]) {
        const dry = changesIn(await apply(kind, "--check"));
        expect(changesIn(await apply(kind)), kind).to.deep.equal(dry);
        expect(dry).to.include("nfs : The storage class on nfs-test-1");
        expect(changesIn(await apply(kind)), kind).to.deep.equal([]);
        await said(folder.host(1), "kubectl --kubeconfig /root/admin.conf delete storageclass nfs");
      }
      const kubectl = "kubectl --kubeconfig /root/admin.conf";
      expect(
        await said(
          folder.host(1),
          `${kubectl} -n kube-system get daemonset csi-nfs-node -o jsonpath='{.spec.template.spec.containers[*].image}'`,
        ),
      ).to.equal("own/livenessprobe:1 own/registrar:1 own/plugin:1");
      expect(
        await said(
          folder.host(1),
          `${kubectl} get pv films -o jsonpath='{.spec.nfs.server}:{.spec.nfs.path} {.spec.mountOptions}'`,
        ),
      ).to.equal(`${folder.address(3)}:/srv/nfs/films ["nfsvers=4","hard","noatime"]`);
    });
  });

  it("restarts the server where its exports change, and foretells it", async () => {
    const more = ["-e", JSON.stringify({ nfs_exports: [...SETTINGS.nfs_exports, { name: "music" }] })];
    const dry = changesIn(await play("--check", ...more));
    expect(dry).to.include("nfs : Restart the NFS server on nfs-test-3");
    expect(changesIn(await play(...more))).to.deep.equal(dry);
    expect(
      await said(folder.host(2), `nfs-ls '${SHARE.replace("/data", "/music")}?version=4' && echo served`),
    ).to.contain("served");
  });
});
