import { expect } from "chai";
import { parsePrint, partitionPath, placeInBytes } from "../../../engine/modules/parted-table.ts";
import { findModule } from "../../../engine/modules/registry.ts";
import { planOnly } from "../module-driver.ts";
import { commands, foretold, refusal, type SimulatedDevice, storageHost } from "./storage-host.ts";

const DISK = "/dev/vdb:2147483648B:virtblk:512:512";
const table = (label: string, ...lines: string[]): string =>
  `BYT;\n${DISK}:${label}:Virtio Block Device:;\n${lines.join("\n")}\n`;
const ONE = "1:1048576B:1073741823B:1072693248B:ext4:my data:lvm;";
const device = "/dev/vdb";
const first = { device, number: 1, state: "present", label: "gpt" };

const blank: SimulatedDevice = { parted: table("unknown") };
const withOne: SimulatedDevice = {
  blkid: ["PTTYPE=gpt"],
  parted: table("gpt", ONE),
  parts: { "/dev/vdb1": { type: "part" } },
};

describe("module parted", () => {
  it("makes a table and a partition with name and flags in one script", async () => {
    const params = { ...first, part_end: "1GiB", name: "my data", flags: ["lvm"] };
    expect(await commands("parted", params, storageHost({ [device]: blank }))).to.deep.equal([
      'parted -s -m -a optimal /dev/vdb -- unit KiB mklabel gpt mkpart primary 0% 1GiB name 1 "my data" set 1 lvm on',
    ]);
    expect(await commands("parted", params, storageHost({ [device]: withOne }))).to.deep.equal([]);
  });

  it("adds a partition behind another, changes names and flags", async () => {
    const host = storageHost({ [device]: withOne });
    const second = { ...first, number: 2, part_start: "1GiB", fs_type: "ext4" };
    expect(await commands("parted", second, host)).to.deep.equal([
      "parted -s -m -a optimal /dev/vdb -- unit KiB mkpart primary ext4 1GiB 100%",
    ]);
    expect(await commands("parted", { ...first, name: "x", flags: ["boot"] }, host)).to.deep.equal([
      'parted -s -m -a optimal /dev/vdb -- unit KiB name 1 "x" set 1 lvm off set 1 esp on',
    ]);
  });

  it("refuses whatever would destroy data", async () => {
    const host = storageHost({ [device]: withOne });
    expect(await refusal("parted", { ...first, label: "msdos" }, host)).to.contain(
      "partition table gpt with 1 partitions",
    );
    expect(await refusal("parted", { ...first, number: 2, part_start: "512MiB" }, host)).to.contain(
      "overlap partition 1",
    );
    expect(await refusal("parted", { ...first, part_end: "512MiB", resize: true }, host)).to.contain("would shrink");
    const raw = storageHost({ [device]: { blkid: ["TYPE=ext4"], parted: table("loop") } });
    expect(await refusal("parted", first, raw)).to.contain("already used as ext4: a partition table would destroy it");
    const busy = storageHost({ [device]: { ...blank, mountpoint: "/srv" } });
    expect(await refusal("parted", first, busy)).to.contain("in use");
  });

  it("says which number is free, and what ends before it begins", async () => {
    const host = storageHost({ [device]: withOne });
    expect(await refusal("parted", { ...first, number: 3 }, host)).to.contain("the next free number is 2");
    expect(await refusal("parted", { ...first, number: 2, part_start: "-1GiB", part_end: "10%" }, host)).to.contain(
      "before it begins",
    );
    expect(await refusal("parted", { ...first, number: 0 }, host)).to.contain("number");
    expect(await refusal("parted", { ...first, device: "/dev/none" }, host)).to.contain("not found");
  });

  it("lets a partition grow, up to the next one, once", async () => {
    const params = { ...first, resize: true };
    expect(await commands("parted", params, storageHost({ [device]: withOne }))).to.deep.equal([
      "parted -s -m -a optimal /dev/vdb -- unit KiB resizepart 1 100%",
    ]);
    const whole = { ...withOne, parted: table("gpt", "1:1048576B:2147466751B:2146418176B::my data:;") };
    expect(await commands("parted", params, storageHost({ [device]: whole }))).to.deep.equal([]);
    const two = { ...withOne, parted: table("gpt", ONE, "2:1073741824B:2147466751B:1B:::;") };
    expect(await refusal("parted", params, storageHost({ [device]: two }))).to.contain("cannot grow into partition 2");
  });

  it("removes a partition that nobody uses", async () => {
    const absent = { device, number: 1, state: "absent" };
    const part = { "/dev/vdb1": {} };
    expect(await commands("parted", absent, storageHost({ [device]: withOne, ...part }))).to.deep.equal([
      "parted -s -m -a optimal /dev/vdb -- unit KiB rm 1",
    ]);
    expect(await commands("parted", { ...absent, number: 2 }, storageHost({ [device]: withOne }))).to.deep.equal([]);
    const mounted = storageHost({ [device]: withOne, "/dev/vdb1": { mountpoint: "/srv" } });
    expect(await refusal("parted", absent, mounted)).to.contain("/dev/vdb1 is in use");
  });

  it("tells what is there in the unit that is asked for", async () => {
    const host = storageHost({ [device]: withOne });
    const parted = findModule("community.general.parted");
    if (!parted) throw new Error("no module parted");
    const { result, changed } = await planOnly(parted, { device, unit: "B" }, host);
    expect(changed).to.equal(false);
    expect(result.disk).to.include({ table: "gpt", size: 2147483648, logical_block: 512, unit: "b" });
    expect(result.partitions).to.deep.equal([
      {
        num: 1,
        begin: 1048576,
        end: 1073741823,
        size: 1072693248,
        fstype: "ext4",
        name: "my data",
        flags: ["lvm"],
        unit: "b",
      },
    ]);
  });

  it("foretells several partitions of a blank disk before parted is installed", async () => {
    const host = storageHost({ [device]: blank });
    const tasks = [
      ["parted", { ...first, part_end: "1GiB" }],
      ["parted", { ...first, number: 2, part_start: "1GiB" }],
      ["filesystem", { dev: "/dev/vdb2", fstype: "ext4" }],
    ] as const;
    expect(await foretold(host, tasks)).to.deep.equal([true, true, true]);
  });
});

describe("parted's answers and places", () => {
  it("reads disks and partitions, also without any", () => {
    expect(parsePrint("Error: what\n", "B")).to.equal(undefined);
    expect(parsePrint(table("unknown"), "B")?.partitions).to.deep.equal([]);
    expect(
      parsePrint("BYT;\n/dev/sda:100%:scsi:512:4096:msdos:A B:;\n1:0.05%:100%:99.9%:ext4::boot, lba;\n", "%")
        ?.partitions[0],
    ).to.include({
      begin: 0.05,
      name: "",
    });
  });

  it("turns places into bytes", () => {
    const disk = { size: 1000_000, sector: 512 };
    expect(
      ["0%", "50%", "2s", "1MiB", "-1kB", "3", "2cyl", "x"].map((text) => placeInBytes(text, "KiB", disk)),
    ).to.deep.equal([0, 500_000, 1024, 1048576, 999_000, 3072, undefined, undefined]);
  });

  it("names partitions as the kernel and udev do", () => {
    expect(partitionPath("/dev/sda", 2)).to.equal("/dev/sda2");
    expect(partitionPath("/dev/mmcblk0", 1)).to.equal("/dev/mmcblk0p1");
    expect(partitionPath("/dev/disk/by-id/usb-x", 1)).to.equal("/dev/disk/by-id/usb-x-part1");
  });
});
