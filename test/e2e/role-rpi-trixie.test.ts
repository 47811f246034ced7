// The role rpi on a host that looks like a Pi 5 with Raspberry Pi OS trixie on a fresh card, and on one that is no Pi.

import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { useLab } from "./lab-fixture.ts";
import { PI_OF_TRIXIE } from "./role-rpi-host.ts";
import { changesIn, NODE, PiRun } from "./role-rpi-run.ts";

describe("the role rpi on a Pi with trixie", function () {
  this.timeout(240_000);
  const lab = useLab({ name: "rpi-t", count: 1, suite: "trixie" });
  let pi: PiRun;

  before(async () => {
    // What bookworm's test has shown, and takes time, is left out.
    pi = new PiRun(lab(), { rpi_upgrades: false, rpi_journal: "volatile" });
    await pi.says(PI_OF_TRIXIE);
  });
  after(() => pi?.remove());

  it("changes exactly what its dry run tells, and reboots once", async () => {
    const boots = await pi.boots();
    await pi.foretoldAndDone();
    expect(await pi.boots()).to.equal(boots + 1);
  });

  it("leaves cmdline.txt one line without an end, and without what it must not have", async () => {
    expect(await pi.says("cat /boot/firmware/cmdline.txt; echo .")).to.equal(
      "console=serial0,115200 console=tty1 root=PARTUUID=4e639091-02 rootfstype=ext4 rootwait cgroup_enable=memory cgroup_memory=1.",
    );
  });

  it("turns off swap of rpi-swap, of compressed memory and of the administrator's unit", async () => {
    expect(await pi.says("cat /etc/rpi/swap.conf.d/90-rpi.conf")).to.match(/^\[Main\]\nMechanism=none$/m);
    expect(await pi.says("grep -v '^#' /etc/systemd/zram-generator.conf || echo none")).to.equal("none");
    expect(await pi.says("ls /run/systemd/generator | grep -c swap || true")).to.equal("0");
    expect(await pi.says("systemctl is-enabled dev-zram0.swap 'dev-disk-by\\x2dlabel-swap.swap'")).to.equal(
      "masked\ndisabled",
    );
  });

  it("writes the language behind Debian's link, and keeps the journal in memory", async () => {
    expect(await pi.says("readlink /etc/default/locale; cat /etc/locale.conf")).to.equal(
      "../locale.conf\nLANG=C.UTF-8",
    );
    expect(await pi.says("journalctl --header | grep -m1 'File path'")).to.contain("/run/log/journal/");
  });

  it("changes nothing when run again, and foretells that too", async () => {
    const boots = await pi.boots();
    expect(changesIn((await pi.foretoldAndDone()).stdout)).to.deep.equal([]);
    expect(await pi.boots()).to.equal(boots);
  });

  it("puts settings of the firmware under [all], and leaves the reboot to whoever wants that", async () => {
    const boots = await pi.boots();
    const settings = { rpi_config: ["dtparam=pciex1_gen=3"], rpi_page_size: "4k" };
    const left = await pi.foretoldAndDone({ ...settings, rpi_reboot: "never" });
    expect(left.stdout).to.contain(`${NODE} needs a reboot: changed since the boot: config.txt`);
    expect(await pi.boots()).to.equal(boots);
    expect(await pi.says("tail -n6 /boot/firmware/config.txt")).to.equal(
      "dtoverlay=vc4-kms-v3d\n# BEGIN settings of the role rpi\n[all]\ndtparam=pciex1_gen=3\nkernel=kernel8.img\n# END settings of the role rpi",
    );
    // As after a run that ended before its reboot: the next one finds out by itself.
    const done = await pi.foretoldAndDone(settings);
    expect(changesIn(done.stdout)).to.deep.equal(["Reboot"]);
    expect(await pi.boots()).to.equal(boots + 1);
    expect(await pi.says("tail -n2 /run/firmware/config.txt | head -1")).to.equal("kernel=kernel8.img");
  });

  it("takes its settings away again when they are no longer wanted", async () => {
    const done = await pi.foretoldAndDone({ rpi_config: [], rpi_reboot: "never" });
    expect(changesIn(done.stdout)).to.include("Settings of the firmware");
    expect(await pi.says("grep -c 'role rpi' /boot/firmware/config.txt || true")).to.equal("0");
  });

  it("leaves boot files alone on a host that is no Pi", async () => {
    const done = await pi.play({ rpi_model_file: "/etc/lab/none", rpi_watchdog_seconds: 60, rpi_config: ["a=1"] });
    expect(changesIn(done.stdout)).to.deep.equal(["The watchdog", "Reboot"]);
    expect(await pi.says("grep -c a=1 /boot/firmware/config.txt || true")).to.equal("0");
  });
});
