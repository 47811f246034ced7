import { expect } from "chai";
import { mount } from "../../../engine/modules/mount.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const ROOT = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n";
const SHARE = `${ROOT}2 1 0:5 / /srv/share rw - nfs4 10.0.0.9:/srv/nfs rw\n`;
const share = { path: "/srv/share", src: "10.0.0.9:/srv/nfs", fstype: "nfs" };

function hostWith(mountinfo: string): SimulatedHost {
  return new SimulatedHost({
    files: { "/etc/fstab": "", "/srv/share/.keep": "", "/proc/self/mountinfo": mountinfo },
  }).onRun(/^u?mount/);
}

describe("module mount, for what is on the network", () => {
  it("keeps _netdev and systemd's options in the table, and mounts by the table", async () => {
    const host = hostWith(ROOT);
    const opts = "_netdev,x-systemd.automount,x-systemd.idle-timeout=60,nfsvers=4.2";
    await planAndApply(mount, { ...share, opts, state: "mounted" }, host);
    expect(host.text("/etc/fstab")).to.equal(`10.0.0.9:/srv/nfs /srv/share nfs ${opts} 0 0\n`);
    expect(host.commands).to.deep.equal(["mount /srv/share"]);
  });

  it("takes a place that systemd mounts at its first use for mounted", async () => {
    const waiting = hostWith(`${ROOT}2 1 0:5 / /srv/share rw - autofs systemd-1 rw,fd=1\n`);
    const params = { ...share, opts: "x-systemd.automount", state: "mounted" };
    await planAndApply(mount, { ...params, state: "present" }, waiting);
    expect((await planOnly(mount, params, waiting)).changed).to.equal(false);
  });

  it("remounts what is mounted, and mounts anew what cannot be remounted", async () => {
    const host = hostWith(SHARE);
    await planAndApply(mount, { path: "/srv/share", state: "remounted" }, host);
    expect(host.commands).to.deep.equal(["mount -o remount /srv/share"]);
    const stubborn = hostWith(SHARE).onRun(/remount/, { code: 32, stderr: "mount.nfs: an incorrect mount option" });
    await planAndApply(mount, { path: "/srv/share", state: "remounted" }, stubborn);
    expect(stubborn.commands.slice(1)).to.deep.equal(["umount /srv/share", "mount /srv/share"]);
    const message = await messageOf(planOnly(mount, { path: "/srv/share", state: "remounted" }, hostWith(ROOT)));
    expect(message).to.contain("it is not mounted");
  });

  it("mounts for now only, and refuses a place where something else is mounted", async () => {
    const params = { ...share, opts: "nfsvers=4.2", state: "ephemeral" };
    const host = hostWith(ROOT);
    await planAndApply(mount, params, host);
    expect(host.commands).to.deep.equal(["mount -t nfs -o nfsvers=4.2 10.0.0.9:/srv/nfs /srv/share"]);
    expect(host.text("/etc/fstab")).to.equal("");
    expect((await planOnly(mount, params, hostWith(SHARE))).changed).to.equal(false);
    const other = await messageOf(planOnly(mount, { ...params, src: "10.0.0.8:/x" }, hostWith(SHARE)));
    expect(other).to.contain("already mounted with a different source");
  });
});
