// The role rpi on a host that looks like a Pi 4 with Raspberry Pi OS bookworm on a fresh card.

import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { useLab } from "./lab-fixture.ts";
import { PI_OF_BOOKWORM } from "./role-rpi-host.ts";
import { changesIn, NODE, PiRun } from "./role-rpi-run.ts";
import { recapOf } from "./spawned-run.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPXQ6D3vZlhWQ2mYfQ0eYzv1oS0gkq0cJ0cV1m5dXkqL anna@desk";

describe("the role rpi on a Pi with bookworm", function () {
  this.timeout(240_000);
  const lab = useLab({ name: "rpi-b", count: 1, suite: "bookworm" });
  let pi: PiRun;
  let line = "";

  before(async () => {
    pi = new PiRun(lab(), {
      rpi_locale: "en_GB.UTF-8",
      rpi_timezone: "Europe/Berlin",
      rpi_users: [{ name: "anna", groups: ["adm"], keys: [KEY], sudo: "nopassword" }],
    });
    await pi.says(PI_OF_BOOKWORM);
    line = await pi.says("cat /boot/firmware/cmdline.txt; echo .");
  });
  after(() => pi?.remove());

  it("refuses wrong input, all of it at once, and changes nothing", async () => {
    const wrong = {
      rpi_hostname: "Kitchen_Pi",
      rpi_cmdline: ["cgroup_enable=memory quiet", "cgroup_memory=0"],
      rpi_config: ["[pi4]", `dtoverlay=${"x".repeat(98)}`],
      rpi_watchdog_seconds: 20,
      rpi_locale: "english",
      rpi_sysctls: { "net ipv4": 1 },
      rpi_kernel_modules: ["br netfilter"],
      rpi_users: [{ name: "Anna Maria" }],
      rpi_hosts_group: "nodes",
      rpi_ntp_pools: [],
      rpi_sshd: { PermitRootLogin: "no" },
      node_address: "kitchen.example.org",
    };
    const done = await pi.folder.run(undefined, ["-e", JSON.stringify(wrong)]);
    expect(done.code).to.equal(2);
    for (const sentence of [
      "rpi_hostname Kitchen_Pi is no host name that Kubernetes takes",
      "rpi_cmdline this does: cgroup_enable=memory quiet",
      "wanted and unwanted at once (rpi_cmdline, rpi_cmdline_absent): cgroup_memory=0",
      "the firmware reads 98 characters of a line of config.txt",
      "rpi_config holds sections ([pi4])",
      "rpi_watchdog_seconds 20 is more than the 15 that the watchdog of a Pi can count",
      "rpi_locale english is no locale with its encoding",
      "names of sysctls are written with dots; not so: net ipv4",
      "no names of kernel modules: br netfilter",
      "no names of users: Anna Maria",
      "the group nodes of rpi_hosts_group is not in the inventory",
      "name rpi_ntp_servers or rpi_ntp_pools",
      "node_address kitchen.example.org is no IP address",
      "rpi_sshd would lock you out: root may not log in any more (PermitRootLogin)",
    ])
      expect(done.stdout).to.contain(sentence);
    expect(recapOf(done, NODE).changed).to.equal(0);
  });

  it("refuses boot files that a Pi would not start with", async () => {
    await pi.says("printf 'one\\ntwo\\n' >/tmp/two; mount --bind /tmp/two /boot/firmware/cmdline.txt");
    const two = await pi.folder.run();
    await pi.says("umount /boot/firmware/cmdline.txt; mv /boot/firmware /boot/away; mv /boot/cmdline.txt /boot/note");
    const none = await pi.folder.run();
    await pi.says("mv /boot/away /boot/firmware; mv /boot/note /boot/cmdline.txt");
    expect([two.code, none.code]).to.deep.equal([2, 2]);
    expect(two.stdout).to.contain("/boot/firmware/cmdline.txt has several lines, of which the firmware reads one");
    expect(none.stdout).to.contain(
      "Raspberry Pi 4 Model B Rev 1.4, but neither /boot/firmware/cmdline.txt nor /boot/cmdline.txt",
    );
  });

  it("changes exactly what its dry run tells, and reboots once, saying why", async () => {
    const boots = await pi.boots();
    const done = await pi.foretoldAndDone();
    expect(changesIn(done.stdout)).to.include("Words that the kernel command line must have (cgroup_enable=memory)");
    expect(done.stdout).to.contain(
      `${NODE} is rebooted: the running kernel was started without cgroup_enable=memory cgroup_memory=1`,
    );
    expect(await pi.boots()).to.equal(boots + 1);
    expect(await pi.says("grep '^memory' /proc/cgroups | cut -f4")).to.equal("1");
  });

  it("leaves cmdline.txt one line that ends as before", async () => {
    const now = await pi.says("cat /boot/firmware/cmdline.txt; echo .");
    expect(now).to.equal(line.replace("\n", " cgroup_enable=memory cgroup_memory=1\n"));
  });

  it("names the host and the others, and cloud-init does not", async () => {
    expect(await pi.says("hostname; cat /etc/hostname")).to.equal(`${NODE}\n${NODE}`);
    expect(await pi.says(`getent ahostsv4 ${NODE} | head -1 | cut -d' ' -f1`)).to.equal(pi.folder.address(1));
    expect(await pi.says("grep -c 127.0.1.1 /etc/hosts /etc/cloud/templates/hosts.debian.tmpl")).to.equal(
      "/etc/hosts:0\n/etc/cloud/templates/hosts.debian.tmpl:0",
    );
    expect(await pi.says("cat /etc/cloud/cloud.cfg.d/99-rpi.cfg")).to.contain("preserve_hostname: true");
    expect(await pi.says("cat /boot/firmware/user-data")).to.contain("manage_etc_hosts: false\nenable_ssh: true");
  });

  it("turns off swap of dphys-swapfile and of fstab", async () => {
    expect(await pi.says("systemctl is-enabled dphys-swapfile; ls /run/swapping /var/swapfile 2>&1 | wc -l")).to.equal(
      "masked\n2",
    );
    expect(await pi.says("grep swap /etc/fstab")).to.equal("# off (role rpi): /dev/sda2 none swap sw 0 0");
  });

  it("sets language, time zone, users, sshd and what runs by itself", async () => {
    expect(
      await pi.says(". /etc/default/locale; echo $LANG; locale -a | grep -c en_GB; readlink /etc/localtime"),
    ).to.equal("en_GB.UTF-8\n1\n../usr/share/zoneinfo/Europe/Berlin");
    expect(await pi.says("cat ~anna/.ssh/authorized_keys; id -nG anna; su anna -c 'sudo -n id -u'")).to.equal(
      `${KEY}\nanna adm\n0`,
    );
    expect(await pi.says("sshd -T | grep -E '^(permitrootlogin|x11forwarding)'")).to.equal(
      "permitrootlogin without-password\nx11forwarding no",
    );
    const apt = await pi.says("apt-config dump");
    expect(apt).to.contain('Package-Blacklist:: "kube"').and.to.contain('Automatic-Reboot "false"');
    expect(await pi.says("systemctl show --property=RuntimeWatchdogUSec,RebootWatchdogUSec")).to.contain("=15s");
    expect(await pi.says("sysctl -n net.ipv4.ip_forward; cat /etc/modules-load.d/rpi.conf | tail -1")).to.equal(
      "1\nbr_netfilter",
    );
    expect(
      await pi.says("systemctl is-enabled chrony; dpkg-query -W -f '${db:Status-Abbrev}' unattended-upgrades"),
    ).to.equal("enabled\nii");
  });

  it("says what the firmware knows of power and heat", async () => {
    const { stdout } = await pi.play();
    expect(stdout).to.contain(
      `${NODE}: the voltage is too low, the processor is throttled. Since the boot: the voltage was too low, the processor was throttled. Use a stronger power supply or a better cable.`,
    );
  });

  it("changes nothing when run again, and foretells that too", async () => {
    const boots = await pi.boots();
    expect(changesIn((await pi.foretoldAndDone()).stdout)).to.deep.equal([]);
    expect(await pi.boots()).to.equal(boots);
  });
});
