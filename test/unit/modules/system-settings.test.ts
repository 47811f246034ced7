import { expect } from "chai";
import type { AnyModule } from "../../../engine/modules/module.ts";
import { findModule } from "../../../engine/modules/registry.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { SimulatedHost as BareHost, type SimulatedOptions } from "../simulated-host.ts";

/** A host that has the tools which a Debian usually has. */
class SimulatedHost extends BareHost {
  constructor(options: SimulatedOptions = {}) {
    super(options);
    for (const tool of ["sysctl", "modprobe", "crontab"]) this.seed(`/usr/sbin/${tool}`, "");
  }
}

const module = (name: string): AnyModule => findModule(name) as AnyModule;

/** Applies and checks that the second run has nothing to do. */
async function converges(name: string, params: RawParams, host: SimulatedHost): Promise<void> {
  expect((await planAndApply(module(name), params, host)).changed, `${name}, first`).to.equal(true);
  expect((await planAndApply(module(name), params, host)).changed, `${name}, again`).to.equal(false);
}

describe("tools that a minimal host lacks", () => {
  it("are told with their package while planning", async () => {
    const host = new BareHost({ files: { "/proc/modules": "" } });
    expect(await messageOf(planOnly(module("modprobe"), { name: "overlay" }, host))).to.equal(
      "modprobe is not on this host; the package kmod brings it",
    );
    expect(await messageOf(planOnly(module("cron"), { name: "j", job: "x" }, host))).to.contain(
      "the package cron brings it",
    );
    expect(await messageOf(planOnly(module("sysctl"), { name: "a.b", value: "1" }, host))).to.contain(
      "the package procps brings it",
    );
  });
});

describe("sysctl", () => {
  it("writes a line, loads the file and is done the second time", async () => {
    const host = new SimulatedHost({ files: { "/etc/sysctl.d/k8s.conf": "# keep\nvm.swappiness = 10\n" } });
    host.onRun(/^sysctl/, {});
    await converges("sysctl", { name: "net.ipv4.ip_forward", value: "1", sysctl_file: "/etc/sysctl.d/k8s.conf" }, host);
    expect(host.text("/etc/sysctl.d/k8s.conf")).to.equal("# keep\nvm.swappiness = 10\nnet.ipv4.ip_forward=1\n");
    expect(host.commands).to.deep.equal(["sysctl -p /etc/sysctl.d/k8s.conf"]);
    expect(
      (
        await planOnly(
          module("sysctl"),
          { name: "vm.swappiness", value: "10", sysctl_file: "/etc/sysctl.d/k8s.conf" },
          host,
        )
      ).changed,
    ).to.equal(false);
  });

  it("compares with the running kernel when asked, white space aside", async () => {
    const host = new SimulatedHost({
      files: {
        "/proc/sys/net/ipv4/tcp_rmem": "4096\t131072\t6291456\n",
        "/etc/sysctl.conf": "net.ipv4.tcp_rmem=4096 131072 6291456\n",
      },
    });
    host.onRun(/^sysctl/, {});
    const same = { name: "net.ipv4.tcp_rmem", value: "4096 131072 6291456", sysctl_set: true };
    expect((await planOnly(module("sysctl"), same, host)).changed).to.equal(false);
    await planAndApply(module("sysctl"), { ...same, value: "1 2 3", reload: false }, host);
    expect(host.requests[0]?.argv).to.deep.equal(["sysctl", "-w", "net.ipv4.tcp_rmem=1 2 3"]);
    expect(
      await messageOf(planOnly(module("sysctl"), { name: "no.such", value: "1", sysctl_set: true }, host)),
    ).to.contain("no parameter no.such");
  });

  it("takes a parameter out", async () => {
    const host = new SimulatedHost({ files: { "/etc/sysctl.conf": "a.b=1\nc.d=2\n" } });
    host.onRun(/^sysctl/, {});
    await converges("sysctl", { name: "a.b", state: "absent" }, host);
    expect(host.text("/etc/sysctl.conf")).to.equal("c.d=2\n");
  });
});

describe("modprobe", () => {
  const kernel = {
    "/proc/modules": "overlay 1 0 - Live 0x0\n",
    "/proc/sys/kernel/osrelease": "6.1\n",
    "/lib/modules/6.1/modules.builtin": "kernel/net/ipv4/netfilter/ip_tables.ko\n",
  };

  it("loads what is neither loaded nor built in", async () => {
    const host = new SimulatedHost({ files: kernel });
    host.onRun(/^modprobe/, {});
    for (const name of ["overlay", "ip-tables"])
      expect((await planOnly(module("modprobe"), { name }, host)).changed, name).to.equal(false);
    await planAndApply(module("modprobe"), { name: "br_netfilter", params: "a=1 b=2" }, host);
    expect(host.commands).to.deep.equal(["modprobe -- br_netfilter a=1 b=2"]);
  });

  it("writes the files for the boot", async () => {
    const folders = { "/etc/modules-load.d/a": "", "/etc/modprobe.d/a": "" };
    const host = new SimulatedHost({ files: { ...kernel, ...folders } });
    await converges("modprobe", { name: "overlay", persistent: "present", params: "x=1" }, host);
    expect(host.text("/etc/modules-load.d/overlay.conf")).to.equal("overlay\n");
    expect(host.text("/etc/modprobe.d/overlay.conf")).to.equal("options overlay x=1\n");
  });
});

describe("hostname", () => {
  it("changes file and kernel, and returns the names as facts", async () => {
    const host = new SimulatedHost({ files: { "/etc/hostname": "old\n", "/proc/sys/kernel/hostname": "old\n" } });
    host.onRun(/^hostnamectl/, { code: 1 });
    host.onRun("hostname node1.lan", () => {
      host.seed("/proc/sys/kernel/hostname", "node1.lan\n");
      return {};
    });
    host.onRun("uname -n", { stdout: "node1.lan\n" });
    const outcome = await planAndApply(module("hostname"), { name: "node1.lan" }, host);
    expect(outcome.result.ansible_facts).to.include({ ansible_hostname: "node1", ansible_domain: "lan" });
    expect((await planAndApply(module("hostname"), { name: "node1.lan" }, host)).changed).to.equal(false);
  });
});

describe("mount", () => {
  const tmpfs = { path: "/mnt/a b", src: "tmpfs", fstype: "tmpfs", opts: "size=1M" };
  const seeded = (): SimulatedHost => {
    const host = new SimulatedHost({
      files: {
        "/etc/fstab": "# table\nUUID=1 / ext4 defaults 0 1\n",
        "/proc/self/mountinfo": "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n",
      },
    });
    host.onRun(/^mount/, () => {
      host.seed(
        "/proc/self/mountinfo",
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:5 / /mnt/a\\040b rw - tmpfs tmpfs rw\n",
      );
      return {};
    });
    host.onRun(/^umount/, () => {
      host.seed("/proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
      return {};
    });
    host.onRun(/^rmdir/, () => {
      host.inodes.delete("/mnt/a b");
      return {};
    });
    return host;
  };

  it("makes folder, line and mount, and is done the second time; names with blanks work", async () => {
    const host = seeded();
    await converges("mount", { ...tmpfs, state: "mounted" }, host);
    expect(host.text("/etc/fstab")).to.equal(
      "# table\nUUID=1 / ext4 defaults 0 1\ntmpfs /mnt/a\\040b tmpfs size=1M 0 0\n",
    );
    expect(host.requests.map((request) => request.argv)).to.deep.equal([["mount", "/mnt/a b"]]);
    await planAndApply(module("mount"), { ...tmpfs, opts: "size=2M", state: "mounted" }, host);
    expect(host.commands.at(-1)).to.equal("mount -o remount,size=2M /mnt/a b");
    await converges("mount", { path: "/mnt/a b", state: "absent" }, host);
    expect(host.text("/etc/fstab")).to.equal("# table\nUUID=1 / ext4 defaults 0 1\n");
  });

  it("keeps an ephemeral mount out of the table", async () => {
    const host = seeded();
    await converges("mount", { ...tmpfs, state: "ephemeral" }, host);
    expect(host.commands).to.deep.equal(["mount -t tmpfs -o size=1M tmpfs /mnt/a b"]);
    expect(host.text("/etc/fstab")).to.not.contain("tmpfs");
    await converges("mount", { path: "/mnt/a b", state: "unmounted" }, host);
  });

  it("does not show options that hold a secret", async () => {
    const params = { ...tmpfs, opts: "password=geheim", opts_no_log: true, state: "present" };
    const outcome = await planOnly(module("mount"), params, seeded());
    expect(JSON.stringify([outcome.diff, outcome.result])).to.not.contain("geheim");
  });
});

describe("cron", () => {
  const TABLE = "/var/spool/cron/crontabs/root";
  const seeded = (): SimulatedHost => {
    const host = new SimulatedHost({
      files: {
        "/etc/cron.d/.placeholder": "",
        [TABLE]:
          "# DO NOT EDIT THIS FILE - edit the master and reinstall.\n# (- installed on Sat)\n# (Cron version -- x)\n0 1 * * * mine\n",
      },
    });
    host.onRun("crontab -", (request) => {
      host.seed(TABLE, String(request.stdin));
      return {};
    });
    return host;
  };

  it("adds, changes and removes a job without touching others", async () => {
    const host = seeded();
    await converges("cron", { name: "a job", minute: "5", job: "/bin/true %x" }, host);
    expect(host.text(TABLE)).to.equal("0 1 * * * mine\n#Ansible: a job\n5 * * * * /bin/true %x\n");
    await converges("cron", { name: "a job", special_time: "daily", job: "y", disabled: true }, host);
    expect(host.text(TABLE)).to.equal("0 1 * * * mine\n#Ansible: a job\n#@daily y\n");
    await converges("cron", { name: "a job", state: "absent" }, host);
    expect(host.text(TABLE)).to.equal("0 1 * * * mine\n");
  });

  it("writes variables at the top or beside others", async () => {
    const host = seeded();
    await converges("cron", { name: "PATH", env: true, job: "/bin" }, host);
    await converges("cron", { name: "MAILTO", env: true, job: "a@b", insertafter: "PATH" }, host);
    expect(host.text(TABLE)).to.equal('PATH="/bin"\nMAILTO="a@b"\n0 1 * * * mine\n');
    expect(
      await messageOf(planOnly(module("cron"), { name: "X", env: true, job: "1", insertafter: "NO" }, host)),
    ).to.contain("'NO' not found");
  });

  it("writes files of cron.d with the user, and removes a file that has nothing left", async () => {
    const host = seeded();
    await converges("cron", { name: "j", job: "x", user: "www", cron_file: "web" }, host);
    expect(host.text("/etc/cron.d/web")).to.equal("#Ansible: j\n* * * * * www x\n");
    await converges("cron", { name: "j", state: "absent", cron_file: "web" }, host);
    expect(host.text("/etc/cron.d/web")).to.equal(undefined);
  });
});

describe("apt sources", () => {
  const REPO = "deb [arch=amd64 signed-by=/k.gpg] https://packages.example.com/apt/debian bookworm main";
  const FILE = "/etc/apt/sources.list.d/packages_example_com_apt_debian.list";
  const fresh = (): SimulatedHost =>
    new SimulatedHost({
      files: {
        "/etc/apt/sources.list": "deb http://d.org/debian bookworm main\n",
        "/var/lib/apt/lists/lock": "",
        "/etc/apt/sources.list.d/README": "",
      },
    });

  it("adds an entry under Ansible's name for it, refreshes the lists, and finds it again however it is written", async () => {
    const host = fresh();
    host.onRun(/update$/, {});
    await converges("apt_repository", { repo: REPO }, host);
    expect(host.text(FILE)).to.equal(`${REPO}\n`);
    expect(
      (await planOnly(module("apt_repository"), { repo: "deb   http://d.org/debian  bookworm main" }, host)).changed,
    ).to.equal(false);
    await converges("apt_repository", { repo: REPO, state: "absent" }, host);
    expect(host.text(FILE)).to.equal(undefined);
  });

  it("takes the entry back when the lists cannot be refreshed with it", async () => {
    const host = fresh();
    host.onRun(/update$/, { code: 100, stderr: "E: The repository 'x' does not have a Release file.\n" });
    expect(
      await messageOf(planAndApply(module("apt_repository"), { repo: REPO, update_cache_retries: 0 }, host)),
    ).to.contain("does not have a Release file");
    expect(host.text(FILE)).to.equal(undefined);
  });

  it("writes a deb822 stanza as Ansible does", async () => {
    const host = fresh();
    const params = {
      name: "My Repo.x",
      types: ["deb", "deb-src"],
      uris: "https://a",
      suites: "stable",
      components: ["main", "contrib"],
      signed_by: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabcd\n-----END PGP PUBLIC KEY BLOCK-----",
      enabled: false,
    };
    await converges("deb822_repository", params, host);
    expect(host.text("/etc/apt/sources.list.d/my-repox.sources")).to.equal(
      "Components: main contrib\nEnabled: no\nX-Repolib-Name: My Repo.x\nSigned-By:\n    -----BEGIN PGP PUBLIC KEY BLOCK-----\n    .\n    abcd\n    -----END PGP PUBLIC KEY BLOCK-----\nSuites: stable\nTypes: deb deb-src\nURIs: https://a\n",
    );
    await converges("deb822_repository", { name: "My Repo.x", state: "absent" }, host);
  });

  it("fetches a key from a URL to a file of its own", async () => {
    const host = fresh();
    host.onRun((request) => request.script?.includes("TSPLAY_URL") === true, {
      stdout: "-----BEGIN PGP PUBLIC KEY BLOCK-----\nx\n",
    });
    await converges(
      "deb822_repository",
      { name: "k8s", uris: "https://a", suites: "/", signed_by: "https://a/key" },
      host,
    );
    expect(host.text("/etc/apt/keyrings/k8s.asc")).to.contain("BEGIN PGP");
    expect(host.text("/etc/apt/sources.list.d/k8s.sources")).to.contain("Signed-By: /etc/apt/keyrings/k8s.asc\n");
  });

  it("refuses PPAs before anything runs", async () => {
    expect(await messageOf(planOnly(module("apt_repository"), { repo: "ppa:a/b" }, fresh()))).to.contain("PPAs");
  });
});

describe("getent, package_facts, service_facts", () => {
  it("give facts in Ansible's shapes", async () => {
    const host = new SimulatedHost();
    host.onRun(/^dpkg-query/, { stdout: "tree\tamd64\t2.1\tinstall\tinstalled\t\ttree\tDebian\tutils\toptional\n" });
    host.onRun(/list-units /, {
      stdout: "ssh.service loaded active running OpenBSD\n● bad.service loaded failed failed x\n",
    });
    host.onRun(/list-unit-files/, { stdout: "ssh.service enabled enabled\ngetty@.service static -\n" });
    const root = await planOnly(module("getent"), { database: "passwd", key: "root" }, host);
    expect(root.result.ansible_facts).to.deep.equal({
      getent_passwd: { root: ["x", "0", "0", "", "/root", "/bin/sh"] },
    });
    expect(await messageOf(planOnly(module("getent"), { database: "passwd", key: "ghost" }, host))).to.contain(
      "could not be found",
    );
    const packages = await planOnly(module("package_facts"), {}, host);
    expect(packages.result.ansible_facts).to.deep.equal({
      packages: {
        tree: [{ name: "tree", version: "2.1", arch: "amd64", category: "utils", origin: "Debian", source: "apt" }],
      },
    });
    const services = await planOnly(module("service_facts"), {}, host);
    expect(services.result.ansible_facts).to.deep.equal({
      services: {
        "ssh.service": { name: "ssh.service", state: "running", status: "enabled", source: "systemd" },
        "bad.service": { name: "bad.service", state: "failed", status: "unknown", source: "systemd" },
        "getty@.service": { name: "getty@.service", state: "unknown", status: "static", source: "systemd" },
      },
    });
  });
});
