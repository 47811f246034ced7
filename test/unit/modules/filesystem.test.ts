import { expect } from "chai";
import { commands, foretold, refusal, storageHost } from "./storage-host.ts";

const EXT4 = [
  "DEVNAME=/dev/vdb",
  "UUID=78a7d30e-4455-4f28-bd88-1f9a15729385",
  "VERSION=1.0",
  "TYPE=ext4",
  "USAGE=filesystem",
];
const DUMPE2FS = "dumpe2fs -h /dev/vdb";
const dev = "/dev/vdb";

describe("module filesystem", () => {
  it("makes a file system on a blank device, and leaves the same one alone", async () => {
    const params = { dev, fstype: "ext4", opts: "-L 'my data' -m 0" };
    expect(await commands("filesystem", params, storageHost({ [dev]: {} }))).to.deep.equal([
      "mkfs.ext4 -L my data -m 0 /dev/vdb",
    ]);
    expect(await commands("filesystem", params, storageHost({ [dev]: { blkid: EXT4 } }))).to.deep.equal([]);
  });

  it("refuses to overwrite a file system, a physical volume and a partition table, and does so by force", async () => {
    const there = {
      ext4: EXT4,
      LVM2_member: ["TYPE=LVM2_member"],
      "a disk with a partition table (gpt)": ["PTUUID=1", "PTTYPE=gpt"],
    };
    for (const [content, blkid] of Object.entries(there)) {
      const host = storageHost({ [dev]: { blkid } });
      expect(await refusal("filesystem", { dev, fstype: "xfs" }, host)).to.equal(
        `'/dev/vdb' is already used as ${content}, use force=true to overwrite`,
      );
      const forced = await commands("filesystem", { dev, fstype: "xfs", force: true }, host);
      expect(forced).to.deep.equal([
        ...(content.includes("gpt") ? ["wipefs --all /dev/vdb"] : []),
        "mkfs.xfs -f /dev/vdb",
      ]);
    }
  });

  it("takes nothing that is in use, even by force", async () => {
    const forced = { dev, fstype: "xfs", force: true };
    const uses = {
      "/dev/vdb is mounted at /": { blkid: EXT4, mountpoint: "/" },
      "/dev/vdb is used as swap": { blkid: ["TYPE=swap"], mountpoint: "[SWAP]" },
      "/dev/vdb2 is mounted at /srv": {
        blkid: ["PTTYPE=gpt"],
        parts: { "/dev/vdb1": { type: "part" }, "/dev/vdb2": { type: "part", mountpoint: "/srv" } },
      },
      "/dev/mapper/v-data (lvm) is built on it": {
        blkid: ["TYPE=LVM2_member"],
        parts: { "/dev/mapper/v-data": { type: "lvm" } },
      },
    };
    for (const [use, device] of Object.entries(uses)) {
      expect(await refusal("filesystem", forced, storageHost({ [dev]: device }))).to.contain(use);
      expect(
        await refusal("filesystem", { dev, state: "absent" }, storageHost({ [dev]: { ...device, blkid: EXT4 } })),
      ).to.contain(use);
    }
  });

  it("says what it cannot read and what is not there", async () => {
    const host = storageHost({ [dev]: {} }).onRun(/^blkid/, { code: 2, stderr: "error: /dev/vdb: Permission denied" });
    expect(await refusal("filesystem", { dev, fstype: "ext4" }, host)).to.contain("is this task run as root?");
    expect(await refusal("filesystem", { dev: "/dev/none", fstype: "ext4" }, host)).to.equal(
      "Device /dev/none not found.",
    );
    expect(await refusal("filesystem", { dev: "/etc", fstype: "ext4" }, host)).to.contain("no block device");
    const several = storageHost({ [dev]: {} }).onRun(/^blkid/, { code: 8, stderr: "ambivalent result" });
    expect(await refusal("filesystem", { dev, fstype: "ext4" }, several)).to.contain("several kinds of file systems");
    expect(await refusal("filesystem", { dev, fstype: "ufs" }, host)).to.contain("fstype");
  });

  it("wipes what is there when asked, once", async () => {
    const absent = { dev, state: "absent" };
    expect(await commands("filesystem", absent, storageHost({ [dev]: { blkid: EXT4 } }))).to.deep.equal([
      "wipefs --all /dev/vdb",
    ]);
    expect(await commands("filesystem", absent, storageHost({ [dev]: {} }))).to.deep.equal([]);
    expect(await commands("filesystem", absent, storageHost({}))).to.deep.equal([]);
  });

  it("lets a file system grow to its device, checking it first where it is not mounted", async () => {
    const params = { dev, fstype: "ext4", resizefs: true };
    const blocks = (count: number) => ({
      stdout: `Block count:              ${count}\nBlock size:               4096\n`,
    });
    const grow = (mountpoint?: string) =>
      storageHost({ [dev]: { blkid: EXT4, ...(mountpoint ? { mountpoint } : {}) } }).onRun(DUMPE2FS, blocks(262144));
    expect(await commands("filesystem", params, grow())).to.deep.equal(["e2fsck -f -p /dev/vdb", "resize2fs /dev/vdb"]);
    expect(await commands("filesystem", params, grow("/srv"))).to.deep.equal(["resize2fs /dev/vdb"]);
    expect(await commands("filesystem", params, grow("/srv").onRun(DUMPE2FS, blocks(524288)))).to.deep.equal([]);
  });

  it("lets xfs grow where it is mounted, and says that it must be", async () => {
    const params = { dev, fstype: "xfs", resizefs: true };
    const device = { blkid: ["TYPE=xfs"], mountpoint: "/srv" };
    const info =
      "meta-data=/dev/vdb bsize=9\ndata     =                       bsize=4096   blocks=262144, imaxpct=25\n";
    expect(
      await commands("filesystem", params, storageHost({ [dev]: device }).onRun("xfs_info /srv", { stdout: info })),
    ).to.deep.equal(["xfs_growfs /srv"]);
    expect(await refusal("filesystem", params, storageHost({ [dev]: { blkid: ["TYPE=xfs"] } }))).to.contain(
      "to be mounted",
    );
    expect(
      await refusal("filesystem", { ...params, fstype: "vfat" }, storageHost({ [dev]: { blkid: ["TYPE=vfat"] } })),
    ).to.contain("does not support resizing vfat");
  });

  it("compares a UUID that is given, and sets it", async () => {
    const uuid = "78A7D30E-4455-4f28-bd88-1f9a15729385";
    const host = storageHost({ [dev]: { blkid: EXT4 } });
    expect(await commands("filesystem", { dev, fstype: "ext4", uuid }, host)).to.deep.equal([]);
    expect(await commands("filesystem", { dev, fstype: "ext4", uuid: "random" }, host)).to.deep.equal([
      "tune2fs -U random /dev/vdb",
    ]);
    expect(await commands("filesystem", { dev, fstype: "xfs", uuid }, storageHost({ [dev]: {} }))).to.deep.equal([
      `mkfs.xfs -m uuid=${uuid} /dev/vdb`,
    ]);
  });

  it("foretells a second task as done", async () => {
    const task = ["filesystem", { dev, fstype: "ext4" }] as const;
    expect(await foretold(storageHost({ [dev]: {} }), [task, task])).to.deep.equal([true, false]);
  });
});
