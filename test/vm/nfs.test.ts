// The kernel's NFS on two machines: a server with a disk of its own, which is also a client, and another client. What one of them
// writes the other one reads, while the server is restarted and while its machine is.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";
import { useVirtualMachines } from "../e2e/vm-fixture.ts";
import { STORAGE_PACKAGES, VmRun } from "./vm-run.ts";

const SHARE = {
  nfs_disk: "/dev/disk/by-id/virtio-disk1",
  nfs_disk_partition: true,
  nfs_networks: ["10.76.0.0/24", "192.0.2.0/24"],
  nfs_lease_seconds: 5,
  nfs_exports: [{ name: "kubernetes" }, { name: "films", read_only: true }],
  nfs_mounts: [
    { path: "/mnt/share", export: "kubernetes" },
    { path: "/mnt/films", export: "films", automount: false },
  ],
};
const PLAYBOOK = "playbooks/nfs.yml";

/** Appends numbers to a file, one after the other, until it is told to stop; keeps those of writes that failed. */
const writer = (file: string): string =>
  `n=0; until [ -e /root/stop ]; do n=$((n+1)); { echo $n >>${file} && sync -d ${file}; } || echo $n >>/root/failed; sleep 0.2; done; touch /root/done`;
/** Waits until a condition of the shell holds. */
const until = (condition: string): string =>
  `n=0; until ${condition}; do n=$((n+1)); [ $n -lt 160 ] || exit 1; sleep 1; done`;

describe("the role nfs on virtual machines", function () {
  this.timeout(1_800_000);
  const vms = useVirtualMachines({
    name: "nfs",
    machines: [{ disks: [512, 256] }, { memory: 768 }],
    packages: STORAGE_PACKAGES,
  });
  const here = new VmRun(vms, { nfs: ["nfs-1"], workers: ["nfs-2"], masters: [] });
  const words = (...args: string[]): string[] => {
    const file = join(vms().folder, "share.json");
    writeFileSync(file, JSON.stringify(SHARE));
    return ["-e", `@${file}`, ...args];
  };
  const share = (...args: string[]): string[] => here.changes(PLAYBOOK, ...words(...args));
  /** The second machine writes, the server is disturbed, and the first machine reads all that was written before and after. */
  async function writesThrough(file: string, disturb: () => void | Promise<void>): Promise<void> {
    const last = (): number => Number(vms().ssh(1, `tail -n 1 ${file}`));
    vms().ssh(2, `rm -f /root/stop /root/done /root/failed; nohup sh -c '${writer(file)}' >/dev/null 2>&1 &`);
    vms().ssh(1, until(`grep -sqx 5 ${file}`));
    await disturb();
    vms().ssh(1, until(`grep -qx ${last() + 5} ${file}`));
    vms().ssh(2, `touch /root/stop; ${until("[ -e /root/done ]")}; ! cat /root/failed 2>/dev/null`);
    const count = last();
    const lines = vms().ssh(1, `cat ${file}`).split("\n").map(Number);
    expect(lines).to.deep.equal(Array.from({ length: count }, (_, index) => index + 1));
  }

  it("refuses the disk of the system, one that holds data, and one that is not there", () => {
    vms().ssh(1, "mkfs.vfat /dev/vdc");
    for (const [disk, said] of [
      ["/dev/vda", "is in use: /dev/vda is mounted at /"],
      ["/dev/vdc", "/dev/vdc of nfs-1 holds vfat"],
      ["/dev/vdx", "has no disk /dev/vdx"],
    ] as const)
      expect(here.refused(PLAYBOOK, ...words("-e", `nfs_disk=${disk}`))).to.contain(said);
  });

  it("foretells what it then does on bare machines", () => {
    const foretold = share("--check");
    const undecided = foretold.filter((one) => one.startsWith("undecided ")).map((one) => one.slice(10));
    const done = share().filter((one) => !undecided.includes(one));
    expect(done).to.deep.equal(foretold.filter((one) => !one.startsWith("undecided ")));
    expect(done).to.include.members(["nfs : The file system on nfs-1", "nfs : Mount the disk on nfs-1"]);
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
    expect(vms().ssh(1, "exportfs -s")).to.match(/films\s+10\.76\.0\.0\/24\(.*\bro\b/);
    for (const number of [1, 2]) {
      expect(vms().ssh(number, "findmnt -n -o FSTYPE,OPTIONS -t nfs4 /mnt/share")).to.match(/nfs4 .*vers=4\.2.*hard/);
      expect(vms().ssh(number, "touch /mnt/films/x 2>&1; true")).to.contain("Read-only file system");
      expect(vms().ssh(number, "systemctl --failed --no-legend")).to.equal("");
    }
  });

  it("lets one client read what the other one writes, while the server is restarted", async () => {
    await writesThrough("/mnt/share/restarted", () => {
      vms().ssh(1, "systemctl restart nfs-server");
    });
  });

  it("follows changes of exports and mounts", () => {
    const settings = {
      nfs_mount_options: "nfsvers=4.1,hard",
      nfs_exports: [{ name: "kubernetes" }, { name: "films" }],
    };
    const more = ["-e", JSON.stringify(settings)];
    expect(share(...more)).to.include.members([
      "nfs : Export anew on nfs-1",
      "nfs : Unmount what is mounted otherwise on nfs-2",
    ]);
    expect(share(...more)).to.deep.equal([]);
    expect(vms().ssh(2, "touch /mnt/films/x; findmnt -n -o OPTIONS -t nfs4 /mnt/films")).to.contain("vers=4.1");
  });

  it("lets the client go on where it was when the server's machine was rebooted", async () => {
    await writesThrough("/mnt/share/rebooted", () => vms().reboot(1));
    expect(vms().ssh(1, "systemctl is-active nfs-server; findmnt -n -o SOURCE /srv/nfs")).to.equal("active\n/dev/vdb1");
    expect(vms().ssh(1, "systemctl --failed --no-legend")).to.equal("");
  });

  it("is mounted again on a client that was rebooted", async () => {
    await vms().reboot(2);
    expect(vms().ssh(2, "head -n 1 /mnt/share/rebooted; systemctl --failed --no-legend")).to.equal("1");
    vms().ssh(2, "echo again >/mnt/share/rebooted");
    expect(vms().ssh(1, "cat /srv/nfs/kubernetes/rebooted")).to.equal("again");
  });
});
