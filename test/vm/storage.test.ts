// LVM in a virtual machine, and the role containers on a thin pool: what they make is still there after a reboot, and nothing that
// holds data is overwritten.

import { expect } from "chai";
import { before, describe, it } from "mocha";
import { useVirtualMachines } from "../e2e/vm-fixture.ts";
import { STORAGE_PACKAGES, VmRun } from "./vm-run.ts";

const LVM = `
- hosts: storage-1
  gather_facts: false
  vars: {size: 1g}
  tasks:
    - name: The group
      community.general.lvg: {vg: fast-vg, pvs: [/dev/vdb, /dev/vdc]}
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

/** The thin volume is larger than the disk below its pool. */
const CONTAINERS = `
- hosts: storage-1
  roles:
    - role: containers
      container_storage: thinpool
      containers_storage_devices: ["{{ disk | default('/dev/vdd') }}"]
      containers_storage_size: "{{ size | default('2g') }}"
`;

/** An image of no more than one file. */
const IMAGE = `
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.copy: {dest: "{{ playbook_dir }}/word", content: kept}
    - oci_image:
        runtime: archive
        dest: "{{ playbook_dir }}/word.tar"
        name: registry.test/word:1
        files: [{src: "{{ playbook_dir }}/word", dest: /word}]
- hosts: storage-1
  tasks:
    - ansible.builtin.include_role: {name: containers, tasks_from: import-images}
      vars: {containers_images: ["{{ playbook_dir }}/word.tar"]}
`;

const play = (tasks: readonly object[]): string =>
  `${JSON.stringify([{ hosts: "storage-1", gather_facts: false, tasks }])}\n`;

describe("LVM in a virtual machine", function () {
  this.timeout(1_800_000);
  const vms = useVirtualMachines({
    name: "storage",
    machines: [{ disks: [1024, 512, 1024, 512] }],
    packages: STORAGE_PACKAGES,
  });
  const here = new VmRun(vms);

  describe("volumes", () => {
    it("are foretold with their pool, file systems and mount, and made", () => {
      const dry = here.changes(LVM, "--check");
      expect(dry).to.have.lengthOf(8);
      expect(here.changes(LVM)).to.deep.equal(dry);
      vms().ssh(1, "echo kept > /var/lib/thin/file; sync");
    });

    it("are left alone when all is run again", () => {
      expect(here.changes(LVM)).to.deep.equal([]);
      expect(here.changes(LVM, "--check")).to.deep.equal([]);
    });

    it("grow with their file systems while they are in use", () => {
      const size = (): number => Number(vms().ssh(1, "df --output=size /var/lib/thin | tail -1"));
      const before = size();
      expect(here.changes(LVM, "-e", "size=2g")).to.deep.equal([
        "It fills the volume on storage-1",
        "The thin volume on storage-1",
      ]);
      expect(size()).to.be.greaterThan(before * 1.9);
      expect(here.changes(LVM, "-e", "size=2g")).to.deep.equal([]);
    });

    it("are not destroyed unasked, nor while they are in use", () => {
      const refused = [
        ["lvol", { vg: "fast-vg", lv: "plain", state: "absent" }, "without force=true"],
        ["lvol", { vg: "fast-vg", thinpool: "pool", state: "absent", force: true }, "mounted at /var/lib/thin"],
        ["lvg", { vg: "fast-vg", state: "absent", force: true }, "is not removed"],
        ["lvg", { vg: "fast-vg", pvs: ["/dev/vdc"] }, "pvmove"],
        ["lvg", { vg: "slow-vg", pvs: ["/dev/vdb"] }, "fast-vg"],
        ["filesystem", { dev: "/dev/vdb", fstype: "ext4" }, "already used as LVM2_member"],
        ["filesystem", { dev: "/dev/vdb", fstype: "ext4", force: true }, "is mounted at /var/lib/thin"],
        ["filesystem", { dev: "/dev/vda", fstype: "xfs", force: true }, "is mounted at /"],
        ["parted", { device: "/dev/vdb", number: 1, state: "present" }, "would destroy it"],
      ] as const;
      const { all } = here.run(
        play(refused.map(([module, params]) => ({ [`community.general.${module}`]: params, ignore_errors: true }))),
      );
      expect(all).to.match(/changed=0 .*failed=0 .*ignored=9\b/);
      const told = all.split(/^TASK /m).slice(1);
      for (const [index, [, , said]] of refused.entries())
        expect(told[index]).to.contain(said).and.contain("...ignoring");
      expect(vms().ssh(1, "cat /var/lib/thin/file")).to.equal("kept");
    });

    it("are removed by force", () => {
      const plain = (params: object): string[] =>
        here.changes(play([{ "community.general.lvol": { vg: "fast-vg", lv: "plain", force: true, ...params } }]));
      expect(plain({ size: "100m" })).to.have.lengthOf(1);
      expect(plain({ state: "absent" })).to.have.lengthOf(1);
      expect(plain({ state: "absent" })).to.have.lengthOf(0);
      expect(vms().ssh(1, "lvs --noheadings -o lv_name fast-vg | sort | xargs")).to.equal("before pool thin");
    });
  });

  describe("the role containers with its images on a thin pool", () => {
    const size = (): number => Number(vms().ssh(1, "df --output=size -m /var/lib/containerd | tail -1"));

    it("takes no disk that holds something, and hides no images", () => {
      vms().ssh(1, "mkfs.vfat /dev/vde; mkdir -p /var/lib/containerd/images");
      expect(here.refused(CONTAINERS)).to.contain("a disk mounted there would hide what the runtime has");
      vms().ssh(1, "rmdir /var/lib/containerd/images");
      expect(here.refused(CONTAINERS, "-e", "disk=/dev/vde")).to.match(/\/dev\/vde.*vfat/);
      expect(vms().ssh(1, "blkid -o value -s TYPE /dev/vde")).to.equal("vfat");
    });

    it("foretells what it then does on a bare machine", () => {
      const dry = here.changes(CONTAINERS, "--check");
      expect(dry).to.include.members(
        ["The volume group", "The thin pool", "The thin volume", "The file system", "The file system in its place"].map(
          (name) => `containers : ${name} on storage-1`,
        ),
      );
      expect(here.changes(CONTAINERS)).to.deep.equal(dry);
      expect(vms().ssh(1, "findmnt -no SOURCE,FSTYPE /var/lib/containerd")).to.match(
        /^\/dev\/mapper\/containers-containerd +ext4$/,
      );
      expect(size()).to.be.greaterThan(1900);
    });

    it("keeps images there, which the runtime can mount", () => {
      here.changes(IMAGE);
      const kept =
        "mkdir -p /mnt/word; ctr -n k8s.io images mount registry.test/word:1 /mnt/word >/dev/null; cat /mnt/word/word";
      expect(vms().ssh(1, kept)).to.equal("kept");
      vms().ssh(1, "ctr -n k8s.io images unmount /mnt/word >/dev/null");
    });

    it("lets the volume grow with its file system", () => {
      expect(here.changes(CONTAINERS, "-e", "size=3g")).to.include("containers : The thin volume on storage-1");
      expect(size()).to.be.greaterThan(2850);
    });

    it("changes nothing when run again", () => {
      expect(here.changes(CONTAINERS, "--check")).to.deep.equal([]);
      expect(here.changes(CONTAINERS)).to.deep.equal([]);
    });
  });

  describe("a reboot", () => {
    before(() => vms().reboot(1));

    it("brings volumes and their file systems back", () => {
      expect(vms().ssh(1, "cat /var/lib/thin/file")).to.equal("kept");
      expect(vms().ssh(1, "lvs --noheadings -o lv_active fast-vg/pool | xargs")).to.equal("active");
    });

    it("brings the runtime back with its volume and its images", () => {
      expect(vms().ssh(1, "findmnt -no SOURCE /var/lib/containerd; systemctl is-active containerd")).to.equal(
        "/dev/mapper/containers-containerd\nactive",
      );
      expect(vms().ssh(1, "ctr -n k8s.io images ls -q")).to.contain("registry.test/word:1");
      expect(vms().ssh(1, "systemctl --failed --no-legend")).to.equal("");
      expect(here.changes(CONTAINERS)).to.deep.equal([]);
    });
  });
});
