// Disks, LVM and the kernel's NFS in virtual machines: what the role nfs and the modules make is still there after a
// reboot, and nothing that holds data is overwritten.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { before, describe, it } from "mocha";
import { changesIn } from "../e2e/role-run.ts";
import { useVirtualMachines } from "../e2e/vm-fixture.ts";

const PROJECT = resolve(import.meta.dirname, "../..");

const SHARE = {
  nfs_disk: "/dev/disk/by-id/virtio-disk1",
  nfs_disk_partition: true,
  nfs_networks: ["10.0.2.0/24", "192.0.2.0/24"],
  nfs_lease_seconds: 5,
  nfs_exports: [{ name: "kubernetes" }, { name: "films", read_only: true }],
  nfs_mounts: [
    { path: "/mnt/share", export: "kubernetes" },
    { path: "/mnt/films", export: "films", automount: false },
  ],
};

const LVM = `
- hosts: storage-1
  gather_facts: false
  vars: {size: 1g}
  tasks:
    - name: The group
      community.general.lvg: {vg: fast-vg, pvs: [/dev/vdc, /dev/vdd]}
    - name: The pool
      community.general.lvol: {vg: fast-vg, thinpool: pool, size: 70%FREE}
    - name: The thin volume
      community.general.lvol: {vg: fast-vg, thinpool: pool, lv: thin, size: "{{ size }}"}
    - name: The file system
      community.general.filesystem: {dev: /dev/fast-vg/thin, fstype: ext4}
    - name: Its mount
      ansible.posix.mount: {path: /var/lib/thin, src: /dev/fast-vg/thin, fstype: ext4, state: mounted}
    - name: It fills the volume
      community.general.filesystem: {dev: /dev/fast-vg/thin, fstype: ext4, resizefs: true}
    - name: A plain volume
      community.general.lvol: {vg: fast-vg, lv: plain, size: 20%VG}
    - name: Its file system
      community.general.filesystem: {dev: /dev/fast-vg/plain, fstype: xfs}
    - name: A snapshot
      community.general.lvol: {vg: fast-vg, lv: thin, snapshot: before}
`;

const task = (module: string, params: object): string =>
  JSON.stringify([{ hosts: "storage-1", gather_facts: false, tasks: [{ [module]: params }] }]);

describe("disks, LVM and NFS in virtual machines", function () {
  this.timeout(600_000);
  const vms = useVirtualMachines({
    name: "storage",
    machines: [{ disks: [512, 1024, 512] }],
    packages: ["parted", "lvm2", "thin-provisioning-tools", "xfsprogs", "dosfstools"],
  });
  let foretold: string[] = [];

  function run(playbook: string, ...args: string[]): { code: number | null; stdout: string; all: string } {
    const { folder, machines } = vms();
    const hosts = Object.fromEntries(machines.map((one) => [one.name, vms().hostVars(one)]));
    const children = { nfs: { hosts: { "storage-1": null } }, workers: {}, masters: {} };
    writeFileSync(join(folder, "hosts.yml"), JSON.stringify({ all: { hosts, children } }));
    writeFileSync(join(folder, "share.json"), JSON.stringify(SHARE));
    const words = [join(PROJECT, "bin/tsplay"), "run", playbook, "-i", join(folder, "hosts.yml"), ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: "utf8" });
    return { code: status, stdout, all: stdout + stderr };
  }
  const changes = (playbook: string, ...args: string[]): string[] =>
    changesIn({ signal: null, stderr: "", took: 0, ...run(playbook, ...args) });
  const share = (...args: string[]): string[] =>
    changes(join(PROJECT, "playbooks/nfs.yml"), "-e", `@${join(vms().folder, "share.json")}`, ...args);
  function written(text: string): string {
    const file = join(vms().folder, "site.yml");
    writeFileSync(file, text);
    return file;
  }
  const refused = (module: string, params: object): string => {
    const { code, all } = run(written(task(module, params)));
    expect(code, all).to.equal(2);
    return all;
  };

  describe("LVM", () => {
    it("foretells a thin pool, a volume, its file system and its mount, and makes them", () => {
      const dry = changes(written(LVM), "--check");
      const real = changes(written(LVM));
      expect(dry.map((one) => one.replace("undecided ", ""))).to.include.members(real);
      expect(real).to.have.lengthOf(8);
      expect(dry.filter((one) => one.startsWith("undecided"))).to.deep.equal([]);
      vms().ssh(1, "echo kept > /var/lib/thin/file; sync");
    });

    it("changes nothing when run again", () => {
      expect(changes(written(LVM))).to.deep.equal([]);
      expect(changes(written(LVM), "--check")).to.deep.equal([]);
    });

    it("lets a volume and its file system grow while they are in use", () => {
      const before = Number(vms().ssh(1, "df --output=size /var/lib/thin | tail -1"));
      expect(changes(written(LVM), "-e", "size=2g")).to.deep.equal([
        "It fills the volume on storage-1",
        "The thin volume on storage-1",
      ]);
      expect(Number(vms().ssh(1, "df --output=size /var/lib/thin | tail -1"))).to.be.greaterThan(before * 1.9);
      expect(changes(written(LVM), "-e", "size=2g")).to.deep.equal([]);
    });

    it("destroys nothing unasked, and nothing that is in use", () => {
      expect(refused("community.general.lvol", { vg: "fast-vg", lv: "plain", state: "absent" })).to.contain(
        "without force=true",
      );
      expect(
        refused("community.general.lvol", { vg: "fast-vg", thinpool: "pool", state: "absent", force: true }),
      ).to.contain("mounted at /var/lib/thin");
      expect(refused("community.general.lvg", { vg: "fast-vg", state: "absent", force: true })).to.contain(
        "is not removed",
      );
      expect(refused("community.general.filesystem", { dev: "/dev/vdc", fstype: "ext4" })).to.contain(
        "already used as LVM2_member",
      );
      expect(refused("community.general.filesystem", { dev: "/dev/vdc", fstype: "ext4", force: true })).to.contain(
        "is mounted at /var/lib/thin",
      );
      expect(refused("community.general.parted", { device: "/dev/vdc", number: 1, state: "present" })).to.contain(
        "would destroy it",
      );
      expect(refused("community.general.filesystem", { dev: "/dev/vda", fstype: "xfs", force: true })).to.contain(
        "is mounted at /",
      );
      expect(refused("community.general.lvg", { vg: "fast-vg", pvs: ["/dev/vdd"] })).to.contain("pvmove");
      expect(vms().ssh(1, "cat /var/lib/thin/file")).to.equal("kept");
    });

    it("removes what it is told to, by force", () => {
      const one = (module: string, params: object) => changes(written(task(module, params)));
      expect(one("community.general.lvol", { vg: "fast-vg", lv: "plain", size: "100m", force: true })).to.have.lengthOf(
        1,
      );
      expect(
        one("community.general.lvol", { vg: "fast-vg", lv: "plain", state: "absent", force: true }),
      ).to.have.lengthOf(1);
      expect(
        one("community.general.lvol", { vg: "fast-vg", lv: "plain", state: "absent", force: true }),
      ).to.have.lengthOf(0);
      expect(vms().ssh(1, "lvs --noheadings -o lv_name fast-vg | sort | xargs")).to.equal("before pool thin");
    });
  });

  describe("the role nfs", () => {
    it("refuses the disk of the system, one that holds data, and one that is not there", () => {
      vms().ssh(1, "blkid -p /dev/vdd || mkfs.vfat /dev/vdd");
      const playbook = join(PROJECT, "playbooks/nfs.yml");
      const file = ["-e", `@${join(vms().folder, "share.json")}`];
      for (const [disk, said] of [
        ["/dev/vda", "is in use: /dev/vda is mounted at /"],
        ["/dev/vdd", "/dev/vdd of storage-1 holds "],
        ["/dev/vdx", "has no disk /dev/vdx"],
      ] as const) {
        const { code, all } = run(playbook, ...file, "-e", `nfs_disk=${disk}`);
        expect(code, all).to.equal(2);
        expect(all).to.contain(said);
      }
    });

    it("foretells what it then does on bare machines", () => {
      foretold = share("--check");
      const done = share();
      const undecided = foretold.filter((one) => one.startsWith("undecided ")).map((one) => one.slice(10));
      expect(done.filter((one) => !undecided.includes(one))).to.deep.equal(
        foretold.filter((one) => !one.startsWith("undecided ")),
      );
      expect(foretold).to.include("nfs : The file system on storage-1");
      expect(foretold).to.include("nfs : Mount the disk on storage-1");
    });

    it("changes nothing when run again", () => {
      expect(share()).to.deep.equal([]);
      expect(share("--check")).to.deep.equal([]);
    });

    it("serves version 4 alone, to the networks that it was told", () => {
      expect(vms().ssh(1, "cat /proc/fs/nfsd/versions")).to.match(/-3 \+4/);
      expect(vms().ssh(1, "ss -Hltn 'sport != 22' | awk '{print $4}' | grep -v '%lo' | sort -u | xargs")).to.equal(
        "0.0.0.0:2049 [::]:2049",
      );
      expect(vms().ssh(1, "exportfs -s")).to.match(/films\s+10\.0\.2\.0\/24\(.*\bro\b/);
      expect(vms().ssh(1, "findmnt -n -o FSTYPE,OPTIONS -t nfs4 /mnt/share")).to.match(/nfs4 .*vers=4\.2.*hard/);
      expect(vms().ssh(1, "touch /mnt/films/x 2>&1; true")).to.contain("Read-only file system");
      expect(vms().ssh(1, "systemctl --failed --no-legend")).to.equal("");
    });

    it("lets one client read what the other one writes, while the server is restarted", () => {
      vms().ssh(
        1,
        "nohup sh -c 'n=0; while [ $n -lt 60 ]; do n=$((n+1)); echo $n >> /mnt/share/log || echo failed >> /root/failed; sync -d /mnt/share/log; sleep 0.2; done; touch /root/done' >/dev/null 2>&1 &",
      );
      vms().ssh(1, "sleep 2; systemctl restart nfs-server");
      vms().ssh(
        1,
        "n=0; until [ -e /root/done ]; do n=$((n+1)); [ $n -lt 600 ] || exit 1; sleep 0.1; done; ! test -e /root/failed",
      );
      const lines = vms().ssh(1, "cat /mnt/share/log").split("\n").map(Number);
      expect(lines).to.deep.equal(Array.from({ length: 60 }, (_, index) => index + 1));
    });

    it("follows changes of exports and mounts", () => {
      const more = [
        "-e",
        '{"nfs_mount_options":"nfsvers=4.1,hard","nfs_exports":[{"name":"kubernetes"},{"name":"films"}]}',
      ];
      const changed = share(...more);
      expect(changed).to.include("nfs : Export anew on storage-1");
      expect(changed).to.include("nfs : Unmount what is mounted otherwise on storage-1");
      expect(share(...more)).to.deep.equal([]);
      expect(vms().ssh(1, "touch /mnt/films/x; findmnt -n -o OPTIONS -t nfs4 /mnt/films")).to.contain("vers=4.1");
    });
  });

  describe("a reboot", () => {
    before(() => vms().reboot(1));

    it("brings volumes and their file systems back", () => {
      expect(vms().ssh(1, "cat /var/lib/thin/file")).to.equal("kept");
      expect(vms().ssh(1, "lvs --noheadings -o lv_active fast-vg/pool | xargs")).to.equal("active");
    });

    it("brings the share and its mounts back", () => {
      expect(vms().ssh(1, "systemctl is-active nfs-server; findmnt -n -o SOURCE /srv/nfs")).to.equal(
        "active\n/dev/vdb1",
      );
      expect(vms().ssh(1, "tail -1 /mnt/share/log")).to.equal("60");
      vms().ssh(1, "echo again > /mnt/share/log");
      expect(vms().ssh(1, "cat /srv/nfs/kubernetes/log")).to.equal("again");
      expect(vms().ssh(1, "systemctl --failed --no-legend")).to.equal("");
    });
  });
});
