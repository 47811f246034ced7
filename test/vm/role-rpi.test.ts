// What a container cannot show of the role rpi: a processor as a Pi's, a boot partition of FAT, swap that is really in use, kernel
// modules, a wrong clock, chrony, and a reboot of a machine.

import { expect } from "chai";
import { before, describe, it } from "mocha";
import { MODEL_FILE, PI_OF_BOOKWORM } from "../e2e/role-rpi-host.ts";
import { changesIn } from "../e2e/role-rpi-run.ts";
import { useVirtualMachines } from "../e2e/vm-fixture.ts";
import { VmRun } from "./vm-run.ts";

const PLAYBOOK = "- hosts: all\n  roles: [rpi]\n";

const VARIABLES = {
  rpi_model_file: MODEL_FILE,
  rpi_upgrades: false,
  // The machines reach no time server, and get their /etc/hosts from their seed at each boot.
  rpi_clock_wait: 0,
  rpi_manage_hosts_file: false,
};

/** A boot partition of FAT, and swap in use: a file named in fstab, and a unit. */
const SETUP = `
set -eu
mkfs.vfat -n bootfs /dev/vdb >/dev/null
mkdir -p /boot/firmware
mount /dev/vdb /boot/firmware
cp /etc/fstab /root/fstab
${PI_OF_BOOKWORM}
sed -i '\\#^/dev/sda2#d; \\#/boot/firmware#d' /etc/fstab
cat /root/fstab >>/etc/fstab
echo 'LABEL=bootfs /boot/firmware vfat defaults 0 2' >>/etc/fstab
for name in one two; do
  dd if=/dev/zero of=/var/$name bs=1M count=16 status=none; chmod 600 /var/$name; mkswap /var/$name >/dev/null
done
echo '/var/one none swap sw 0 0' >>/etc/fstab
printf '[Swap]\\nWhat=/var/two\\n[Install]\\nWantedBy=swap.target\\n' >/etc/systemd/system/var-two.swap
systemctl daemon-reload
systemctl -q enable var-two.swap
systemctl start var-one.swap var-two.swap
date --set='2023-02-03' >/dev/null
`;

describe("the role rpi on an arm64 machine", function () {
  this.timeout(1_800_000);
  const vms = useVirtualMachines({
    name: "pi",
    arch: "arm64",
    machines: [{ disks: [64] }],
    packages: ["dosfstools"],
  });
  const here = new VmRun(vms);

  /** The output of a run that went well. */
  function run(...args: string[]): string {
    const { code, stdout, all } = here.run(PLAYBOOK, "-e", JSON.stringify(VARIABLES), ...args);
    expect(code, all).to.equal(0);
    return stdout;
  }
  const says = (script: string): string => vms().ssh(1, script).trim();

  before(() => {
    vms().ssh(1, SETUP);
    expect(says("tail -n +2 /proc/swaps | wc -l")).to.equal("2");
  });

  it("changes what its dry run tells, with a clock that is years behind", () => {
    const dry = run("--check");
    const foretold = changesIn(dry);
    expect(foretold).to.include.members(["Set the clock from the controller's", "Stop using swap", "Reboot"]);
    // What comes with a package that is not there yet is called undecided.
    const undecided = changesIn(dry.replaceAll(/^undecided: /gm, "changed: ")).filter((one) => !foretold.includes(one));
    expect(
      undecided.every((one) => /chrony|the time/.test(one)),
      undecided.join(", "),
    ).to.equal(true);
    expect(changesIn(run()).filter((one) => !undecided.includes(one))).to.deep.equal(foretold);
    expect(Math.abs(Number(says("date +%s")) - Date.now() / 1000)).to.be.lessThan(60);
  });

  it("has rebooted, without swap, with modules and settings", () => {
    expect(says("wc -l </var/lib/lab/boots")).to.equal("2");
    expect(says("tail -n +2 /proc/swaps")).to.equal("");
    expect(
      says("systemctl is-enabled var-two.swap dphys-swapfile; systemctl is-active dphys-swapfile || true"),
    ).to.equal("disabled\nmasked\ninactive");
    expect(says("grep -cE '^(overlay|br_netfilter) ' /proc/modules")).to.equal("2");
    expect(says("sysctl -n net.bridge.bridge-nf-call-iptables fs.inotify.max_user_instances")).to.equal("1\n1024");
    expect(says("systemctl is-active chrony; hostname")).to.equal("active\npi-1");
    expect(says("uname -m; dpkg --print-architecture")).to.equal("aarch64\narm64");
    expect(says("findmnt -no FSTYPE /boot/firmware; wc -l </boot/firmware/cmdline.txt")).to.equal("vfat\n1");
  });

  it("changes nothing when run again, and reboots no more", () => {
    expect(changesIn(run("--check"))).to.deep.equal([]);
    expect(changesIn(run())).to.deep.equal([]);
    expect(says("wc -l </var/lib/lab/boots")).to.equal("2");
  });
});
