import { expect } from "chai";
import { volumeSize } from "../../../engine/modules/lvm.ts";
import { commands, foretold, type Lvm, refusal, storageHost } from "./storage-host.ts";

const MIB = 1024 * 1024;
const EXTENT = 4 * MIB;
const GROUP = {
  vg_name: "v",
  vg_size: String(511 * EXTENT),
  vg_free: String(349 * EXTENT),
  vg_extent_size: String(EXTENT),
};
const pv = (name: string, group: string, used = 0, device = 2147483648) => ({
  pv_name: name,
  vg_name: group,
  pv_size: String(511 * EXTENT),
  pv_used: String(used),
  dev_size: String(device),
  pe_start: String(MIB),
});
const lv = (name: string, size: number, more: Readonly<Record<string, string>> = {}) => ({
  vg_name: "v",
  lv_name: name,
  lv_size: String(size),
  lv_attr: "-wi-a-----",
  lv_active: "active",
  pool_lv: "",
  origin: "",
  ...more,
});
const MEMBER = { blkid: ["TYPE=LVM2_member"] };
const VOLUMES = [
  lv("pool", 125 * EXTENT, { lv_attr: "twi-aotz--" }),
  lv("thin", 512 * EXTENT, { lv_attr: "Vwi-a-tz--", pool_lv: "pool" }),
  lv("snap", 512 * EXTENT, { lv_attr: "Vwi---tz-k", pool_lv: "pool", origin: "thin", lv_active: "" }),
  lv("plain", 25 * EXTENT),
];
const lvm: Lvm = { vg: [GROUP], pv: [pv("/dev/vdb", "v", 162 * EXTENT)], lv: VOLUMES };
const host = (more: Lvm = {}) =>
  storageHost(
    { "/dev/vdb": MEMBER, "/dev/vdc": {}, "/dev/v/plain": {}, "/dev/v/thin": {}, "/dev/v/pool": {} },
    { ...lvm, ...more },
  );

describe("module lvg", () => {
  it("makes a group of blank devices, and is done then", async () => {
    const params = { vg: "v", pvs: ["/dev/vdb", "/dev/vdc"], pesize: "8" };
    expect(await commands("lvg", params, storageHost({ "/dev/vdb": {}, "/dev/vdc": {} }))).to.deep.equal([
      "pvcreate --yes /dev/vdb",
      "pvcreate --yes /dev/vdc",
      "vgcreate -s 8 v /dev/vdb /dev/vdc",
    ]);
    expect(await commands("lvg", { vg: "v", pvs: ["/dev/vdb"] }, host())).to.deep.equal([]);
  });

  it("refuses devices that hold something, are in use, or are another group's", async () => {
    const params = { vg: "new", pvs: ["/dev/vdb"] };
    const ext4 = storageHost({ "/dev/vdb": { blkid: ["TYPE=ext4"] } });
    expect(await refusal("lvg", params, ext4)).to.equal(
      "/dev/vdb is already used as ext4, use force=true to overwrite",
    );
    expect(await commands("lvg", { ...params, force: true }, ext4)).to.deep.equal([
      "wipefs --all /dev/vdb",
      "pvcreate --yes -ff /dev/vdb",
      "vgcreate -s 4 new /dev/vdb",
    ]);
    const root = storageHost({ "/dev/vdb": { blkid: ["TYPE=ext4"], mountpoint: "/" } });
    expect(await refusal("lvg", { ...params, force: true }, root)).to.contain("mounted at /");
    expect(await refusal("lvg", { ...params, force: true }, host())).to.equal(
      "Device /dev/vdb is already in v volume group.",
    );
    expect(await refusal("lvg", { vg: "new" }, host())).to.equal("No physical volumes given.");
    expect(await refusal("lvg", { vg: "new", pvs: ["/dev/none"] }, host())).to.equal("Device /dev/none not found.");
  });

  it("takes devices in and out, but none that holds data", async () => {
    expect(await commands("lvg", { vg: "v", pvs: ["/dev/vdb", "/dev/vdc"] }, host())).to.deep.equal([
      "pvcreate --yes /dev/vdc",
      "vgextend v /dev/vdc",
    ]);
    const two = [pv("/dev/vdb", "v", 162 * EXTENT), pv("/dev/vdc", "v")];
    const withTwo = storageHost({ "/dev/vdb": MEMBER, "/dev/vdc": MEMBER }, { ...lvm, pv: two });
    expect(await commands("lvg", { vg: "v", pvs: ["/dev/vdb"] }, withTwo)).to.deep.equal(["vgreduce v /dev/vdc"]);
    expect(await commands("lvg", { vg: "v", pvs: ["/dev/vdb"], remove_extra_pvs: false }, withTwo)).to.deep.equal([]);
    expect(await refusal("lvg", { vg: "v", pvs: ["/dev/vdc"] }, withTwo)).to.contain("pvmove");
  });

  it("lets a physical volume grow with its device", async () => {
    const params = { vg: "v", pvs: ["/dev/vdb"], pvresize: true };
    expect(await commands("lvg", params, host())).to.deep.equal([]);
    const larger = host({ pv: [pv("/dev/vdb", "v", 0, 4294967296)] });
    expect(await commands("lvg", params, larger)).to.deep.equal(["pvresize /dev/vdb"]);
  });

  it("makes volumes usable or not, snapshots that are left out aside", async () => {
    expect(await commands("lvg", { vg: "v", state: "active" }, host())).to.deep.equal([]);
    expect(await commands("lvg", { vg: "v", state: "inactive" }, host())).to.deep.equal(["vgchange --activate n v"]);
  });

  it("removes an empty group, a full one by force, and none that is mounted", async () => {
    expect(await commands("lvg", { vg: "v", state: "absent" }, host({ lv: [] }))).to.deep.equal(["vgremove v"]);
    expect(await commands("lvg", { vg: "other", state: "absent" }, host())).to.deep.equal([]);
    const absent = { vg: "v", state: "absent" };
    expect(await refusal("lvg", absent, host())).to.equal(
      "Refuse to remove non-empty volume group v without force=true",
    );
    const mounted = storageHost({ "/dev/v/plain": { mountpoint: "/srv" } }, { ...lvm, lv: [lv("plain", EXTENT)] });
    expect(await refusal("lvg", { ...absent, force: true }, mounted)).to.contain("mounted at /srv");
    expect(await commands("lvg", { ...absent, force: true }, host())).to.deep.equal(["vgremove --force v"]);
  });

  it("resets UUIDs each time it is asked to", async () => {
    expect(await commands("lvg", { vg: "v", reset_vg_uuid: true, reset_pv_uuid: true }, host())).to.deep.equal([
      "vgchange --uuid v",
      "pvchange --uuid /dev/vdb",
    ]);
  });
});

describe("module lvol", () => {
  const made = async (params: Record<string, string | boolean | string[]>): Promise<string | undefined> =>
    (await commands("lvol", { vg: "v", ...params }, host()))[0];

  it("makes volumes, pools, thin volumes and snapshots", async () => {
    expect(await made({ lv: "a", size: "512" })).to.equal("lvcreate --yes --name a -L 512m v");
    expect(await made({ lv: "a", size: "1.25g", pvs: ["/dev/vdb"], opts: "-i 1" })).to.equal(
      "lvcreate --yes --name a -L 1.25g -i 1 v /dev/vdb",
    );
    expect(await made({ lv: "a", size: "100%FREE", active: false })).to.equal(
      "lvcreate --yes --activate n --name a -l 100%FREE v",
    );
    expect(await made({ thinpool: "p2", size: "60%VG" })).to.equal("lvcreate --yes -l 60%VG --thinpool v/p2");
    expect(await made({ thinpool: "pool", lv: "t2", size: "10T" })).to.equal(
      "lvcreate --yes --name t2 --virtualsize 10t --thin v/pool",
    );
    expect(await made({ lv: "thin", snapshot: "s2" })).to.equal("lvcreate --yes --snapshot --name s2 v/thin");
    expect(await made({ lv: "plain", snapshot: "s3", size: "20%ORIGIN" })).to.equal(
      "lvcreate --yes --snapshot -l 20%ORIGIN --name s3 v/plain",
    );
  });

  it("leaves alone what has its size already", async () => {
    const alike: Record<string, string | boolean>[] = [
      { lv: "plain", size: "100" },
      { lv: "plain", size: "98m" },
      { lv: "plain" },
      { lv: "plain", size: "5%VG" },
      { thinpool: "pool", size: "20%FREE" },
      { thinpool: "pool", lv: "thin", size: "2g" },
      { lv: "thin", snapshot: "snap" },
      { lv: "plain", size: "50", shrink: false },
    ];
    for (const params of alike) expect(await made(params), JSON.stringify(params)).to.equal(undefined);
  });

  it("extends, with the file system if asked, and by so much more", async () => {
    expect(await made({ lv: "plain", size: "200", resizefs: true })).to.equal(
      `lvextend --yes --resizefs -L ${200 * MIB}b v/plain`,
    );
    expect(await made({ lv: "plain", size: "+1g" })).to.equal(`lvextend --yes -L ${1124 * MIB}b v/plain`);
    expect(await made({ lv: "plain", size: "100%FREE" })).to.equal(`lvextend --yes -L ${374 * EXTENT}b v/plain`);
    expect(await made({ thinpool: "pool", lv: "thin", size: "9g" })).to.equal(
      `lvextend --yes -L ${9216 * MIB}b v/thin`,
    );
    expect(await made({ thinpool: "pool", size: "600" })).to.equal(`lvextend --yes -L ${600 * MIB}b v/pool`);
  });

  it("shrinks and removes by force only", async () => {
    const refused = (params: Record<string, string | boolean>) => refusal("lvol", { vg: "v", ...params }, host());
    expect(await refused({ lv: "plain", size: "50" })).to.contain("Sorry, no shrinking of plain without force=true.");
    expect(await refused({ lv: "plain", size: "-10m" })).to.contain("no shrinking");
    expect(await made({ lv: "plain", size: "52", force: true })).to.equal(
      `lvreduce --yes --force -L ${52 * MIB}b v/plain`,
    );
    expect(await refused({ thinpool: "pool", size: "50", force: true })).to.contain("cannot shrink");
    expect(await refused({ lv: "plain", state: "absent" })).to.contain(
      "Sorry, no removal of logical volume plain without force=true.",
    );
    expect(await made({ lv: "plain", state: "absent", force: true })).to.equal("lvremove --force v/plain");
    expect(await made({ lv: "none", state: "absent" })).to.equal(undefined);
    const mounted = storageHost({ "/dev/v/pool": {}, "/dev/v/snap": {}, "/dev/v/thin": { mountpoint: "/srv" } }, lvm);
    expect(await refusal("lvol", { vg: "v", thinpool: "pool", state: "absent", force: true }, mounted)).to.contain(
      "mounted at /srv",
    );
  });

  it("makes a volume usable or not", async () => {
    const inactive = lv("plain", 25 * EXTENT, { lv_active: "", lv_attr: "-wi-------" });
    expect(await commands("lvol", { vg: "v", lv: "plain" }, host({ lv: [inactive] }))).to.deep.equal([
      "lvchange --activate y v/plain",
    ]);
    expect(await made({ lv: "plain", active: false })).to.equal("lvchange --activate n v/plain");
  });

  it("says what is wrong with what was asked", async () => {
    const refused = (params: Record<string, string | boolean>) => refusal("lvol", { vg: "v", ...params }, host());
    expect(await refused({ lv: "a" })).to.equal("No size given.");
    expect(await refused({ lv: "a", size: "9g" })).to.contain("of the volume group are free");
    expect(await refused({ lv: "plain", size: "9g" })).to.contain("Not enough free space left");
    expect(await refused({ lv: "a", size: "ten" })).to.contain("Bad size specification of 'ten'");
    expect(await refused({ lv: "a", size: "+1g" })).to.contain("for creating LV");
    expect(await refused({ lv: "a", size: "50%FREE", thinpool: "pool" })).to.contain(
      "Thin volume sizing with percentage",
    );
    expect(await refused({ lv: "t", size: "1g", thinpool: "none" })).to.contain("v/none does not exist: make it first");
    expect(await refused({ lv: "plain", size: "1g", thinpool: "pool" })).to.contain("is no thin volume of the pool");
    expect(await refused({ lv: "pool" })).to.contain("is a thin pool: name it as thinpool");
    expect(await refused({ thinpool: "plain" })).to.contain("is no thin pool");
    expect(await refused({ lv: "none", snapshot: "s", size: "1g" })).to.contain(
      "Snapshot origin LV none does not exist",
    );
    expect(await refused({ lv: "plain", snapshot: "snap" })).to.contain("is no snapshot of plain");
    expect(await refused({ lv: "a", vg: "other", size: "1g" })).to.equal("Volume group other does not exist.");
    expect(await refused({})).to.contain("lv, thinpool");
  });

  it("foretells group, pool, volume and file system of a blank disk", async () => {
    const tasks = [
      ["lvg", { vg: "new", pvs: ["/dev/vdc"] }],
      ["lvol", { vg: "new", thinpool: "pool", size: "90%FREE" }],
      ["lvol", { vg: "new", thinpool: "pool", lv: "data", size: "10g" }],
      ["filesystem", { dev: "/dev/new/data", fstype: "ext4" }],
    ] as const;
    const twice = tasks.flatMap((task) => [task, task]);
    expect(await foretold(host(), twice)).to.deep.equal([true, false, true, false, true, false, true, false]);
  });
});

describe("sizes of volumes", () => {
  it("are read as lvcreate reads them", () => {
    const bytes = (text: string): unknown => volumeSize(text)?.amount;
    expect(bytes("1")).to.deep.equal({ bytes: MIB });
    expect(bytes("1K")).to.deep.equal({ bytes: 1024 });
    expect(bytes("2s")).to.deep.equal({ bytes: 1024 });
    expect(bytes("7b")).to.deep.equal({ bytes: 7 });
    expect(bytes("0.5t")).to.deep.equal({ bytes: 512 * 1024 ** 3 });
    expect(bytes("+50%free")).to.deep.equal({ percent: 50, of: "FREE" });
    for (const text of ["", "1x", "101%VG", "10%", "1 g 2"]) expect(bytes(text), text).to.equal(undefined);
  });
});
