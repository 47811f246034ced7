// The host as it would be: what a dry run reads after it predicted something.

import { expect } from "chai";
import { Undecided, Unknown } from "../../../engine/core/unknown.ts";
import type { Become, Host, HostError } from "../../../engine/host/host.ts";
import { ComesWithPackage, createPredictedHost, PredictionStore } from "../../../engine/host/predicted.ts";
import type { Prediction } from "../../../engine/host/prediction.ts";
import { errorOf } from "../../failure.ts";
import { SimulatedHost, type SimulatedOptions } from "../simulated-host.ts";

function setUp(predictions: readonly Prediction[] = [], options: SimulatedOptions = {}) {
  const real = new SimulatedHost(options);
  const store = new PredictionStore();
  store.add(predictions);
  return { real, store, host: createPredictedHost(real, store, () => 1_800_000_000) };
}

async function undecided(promise: Promise<unknown>): Promise<string> {
  const error = await errorOf(promise);
  expect(error).to.be.instanceOf(Undecided);
  return (error as Undecided).unknown.reason;
}

describe("the predicted host", () => {
  it("asks the real host once when nothing was predicted", async () => {
    const { real, host } = setUp([], { files: { "/etc/motd": "hello" } });
    expect((await host.stat("/etc/motd"))?.size).to.equal(5);
    expect(await host.stat("/etc/none")).to.equal(undefined);
    expect(real.log).to.deep.equal(["stat /etc/motd", "stat /etc/none"]);
  });

  describe("files", () => {
    it("shows a new file with its content, size, hash, mode and owner", async () => {
      const { host } = setUp(
        [{ kind: "path", path: "/etc/app.conf", type: "file", content: "abc", mode: 0o600, owner: "app" }],
        {
          users: { app: { uid: 501 } },
        },
      );
      const stat = await host.stat("/etc/app.conf", { checksum: "sha1" });
      expect(stat).to.include({ type: "file", mode: 0o600, uid: 501, owner: "app", gid: 0, group: "root", size: 3 });
      expect(stat?.checksum).to.equal("a9993e364706816aba3e25717850c26c9cd0d89d");
      expect(String(await host.read("/etc/app.conf"))).to.equal("abc");
    });

    it("gives new paths the modes of the usual umask", async () => {
      const { host } = setUp([
        { kind: "path", path: "/etc/a", type: "directory" },
        { kind: "path", path: "/etc/a/b", type: "file", content: "" },
      ]);
      expect((await host.stat("/etc/a"))?.mode).to.equal(0o755);
      expect((await host.stat("/etc/a/b"))?.mode).to.equal(0o644);
    });

    it("keeps what a prediction does not speak of", async () => {
      const { host } = setUp([{ kind: "path", path: "/etc/motd", type: "file", mode: 0o640 }], {
        files: { "/etc/motd": { content: "old", owner: "app" } },
        users: { app: { uid: 501 } },
      });
      expect(await host.stat("/etc/motd")).to.include({ mode: 0o640, owner: "app", size: 3 });
      expect(String(await host.read("/etc/motd"))).to.equal("old");
    });

    it("lets later predictions win", async () => {
      const { host, store } = setUp([{ kind: "path", path: "/etc/x", type: "file", content: "1", mode: 0o600 }]);
      expect(String(await host.read("/etc/x"))).to.equal("1");
      store.add([{ kind: "path", path: "/etc/x", type: "file", content: "22" }]);
      expect(String(await host.read("/etc/x"))).to.equal("22");
      expect((await host.stat("/etc/x"))?.mode).to.equal(0o600);
      store.add([{ kind: "path", path: "/etc/x", type: "absent" }]);
      expect(await host.stat("/etc/x")).to.equal(undefined);
    });

    it("knows that a file with unknown content exists, and says why its content is not known", async () => {
      const { host } = setUp([
        { kind: "path", path: "/opt/key", type: "file", content: new Unknown("made by a command") },
      ]);
      expect((await host.stat("/opt/key"))?.type).to.equal("file");
      expect(await undecided(host.read("/opt/key"))).to.equal("made by a command");
      expect(await undecided(host.stat("/opt/key", { checksum: "sha1" }))).to.equal("made by a command");
    });

    it("is undecided about a path of which nothing is known, and about what is below it", async () => {
      const { host, store } = setUp([], { files: { "/srv/data/a": "1" } });
      store.taint("/srv/data", new Unknown("a command may remove it"));
      expect(await undecided(host.stat("/srv/data"))).to.equal("a command may remove it");
      expect(await undecided(host.stat("/srv/data/a"))).to.equal("a command may remove it");
      expect((await host.stat("/srv"))?.type).to.equal("directory");
    });

    it("is undecided about an unknown mode", async () => {
      const { host } = setUp([
        { kind: "path", path: "/etc/x", type: "file", content: "", mode: new Unknown("from an archive") },
      ]);
      expect(await undecided(host.stat("/etc/x")))
        .to.contain("the mode of /etc/x")
        .and.contain("from an archive");
    });

    it("answers the errors that the system would", async () => {
      const { host } = setUp(
        [
          { kind: "path", path: "/etc/gone", type: "absent" },
          { kind: "path", path: "/etc/dir", type: "directory" },
          { kind: "path", path: "/etc/big", type: "file", content: "12345" },
        ],
        { files: { "/etc/gone": "x" } },
      );
      const errno = async (promise: Promise<unknown>) => ((await errorOf(promise)) as HostError).errno;
      expect(await errno(host.read("/etc/gone"))).to.equal("ENOENT");
      expect(await errno(host.read("/etc/dir"))).to.equal("EISDIR");
      expect(await errno(host.read("/etc/big", { limit: 3 }))).to.equal("EFBIG");
      expect(await errno(host.walk("/etc/gone"))).to.equal("ENOENT");
      expect(await errno(host.walk("/etc/big"))).to.equal("ENOTDIR");
    });
  });

  describe("folders", () => {
    it("hides all that was below a removed folder, also when it is made anew", async () => {
      const { host, store } = setUp([{ kind: "path", path: "/srv/app", type: "absent" }], {
        files: { "/srv/app/old/x": "1", "/srv/app2": "2" },
      });
      expect(await host.stat("/srv/app/old/x")).to.equal(undefined);
      expect((await host.stat("/srv/app2"))?.type).to.equal("file");
      store.add([{ kind: "path", path: "/srv/app", type: "directory" }]);
      expect((await host.stat("/srv/app"))?.type).to.equal("directory");
      expect(await host.stat("/srv/app/old")).to.equal(undefined);
      expect(await host.walk("/srv/app")).to.deep.equal([]);
    });

    it("lists real and predicted entries together, to the depth asked for", async () => {
      const { host } = setUp(
        [
          { kind: "path", path: "/srv/a/new", type: "directory" },
          { kind: "path", path: "/srv/a/new/deep", type: "file", content: "" },
          { kind: "path", path: "/srv/a/gone", type: "absent" },
        ],
        { files: { "/srv/a/kept": "1", "/srv/a/gone": "2" } },
      );
      expect((await host.walk("/srv/a", { depth: 1 })).map(({ name }) => name)).to.deep.equal(["kept", "new"]);
      expect((await host.walk("/srv/a")).map(({ path }) => path)).to.deep.equal([
        "/srv/a/kept",
        "/srv/a/new",
        "/srv/a/new/deep",
      ]);
    });

    it("is undecided below a folder whose entries cannot be told, except where they were predicted since", async () => {
      const { host } = setUp([
        { kind: "path", path: "/opt/tool", type: "directory", below: new Unknown("unpacked from an archive") },
        { kind: "path", path: "/opt/tool/conf", type: "file", content: "x" },
      ]);
      expect((await host.stat("/opt/tool"))?.type).to.equal("directory");
      expect(await undecided(host.stat("/opt/tool/bin"))).to.equal("unpacked from an archive");
      expect(await undecided(host.walk("/opt/tool"))).to.equal("unpacked from an archive");
      expect(await undecided(host.glob("/opt/tool/*"))).to.equal("unpacked from an archive");
      expect(String(await host.read("/opt/tool/conf"))).to.equal("x");
    });

    it("matches patterns against both", async () => {
      const { host } = setUp(
        [
          { kind: "path", path: "/etc/c.d", type: "directory" },
          { kind: "path", path: "/etc/c.d/b.conf", type: "file", content: "" },
          { kind: "path", path: "/etc/c.d/.hidden.conf", type: "file", content: "" },
          { kind: "path", path: "/etc/c.d/a.conf", type: "absent" },
        ],
        { files: { "/etc/c.d/a.conf": "", "/etc/c.d/z.conf": "" } },
      );
      expect(await host.glob("/etc/c.d/*.conf")).to.deep.equal(["/etc/c.d/b.conf", "/etc/c.d/z.conf"]);
      expect(await host.glob("/etc/c.d/[a-y]*")).to.deep.equal(["/etc/c.d/b.conf"]);
    });
  });

  describe("links", () => {
    it("follows predicted links", async () => {
      const { host } = setUp(
        [
          { kind: "path", path: "/srv/v2", type: "directory" },
          { kind: "path", path: "/srv/v2/run", type: "file", content: "two" },
          { kind: "path", path: "/srv/current", type: "link", target: "v2" },
        ],
        { files: { "/srv/current": { target: "v1" }, "/srv/v1/run": "one" } },
      );
      expect(await host.stat("/srv/current")).to.include({ type: "link", target: "v2" });
      expect((await host.stat("/srv/current", { follow: true }))?.type).to.equal("directory");
      expect(String(await host.read("/srv/current/run"))).to.equal("two");
      expect(await host.realpath("/srv/current/run")).to.equal("/srv/v2/run");
    });

    it("finds a prediction under each name of its folder", async () => {
      const { host } = setUp([{ kind: "path", path: "/var/run/app.pid", type: "file", content: "7" }], {
        files: { "/var/run": { target: "/run" }, "/run": { type: "directory" } },
      });
      expect(String(await host.read("/run/app.pid"))).to.equal("7");
      expect(String(await host.read("/var/run/app.pid"))).to.equal("7");
    });

    it("puts new attributes of a link's target on the target", async () => {
      const { host } = setUp([{ kind: "path", path: "/etc/link", type: "file", mode: 0o600 }], {
        files: { "/etc/link": { target: "real" }, "/etc/real": "x" },
      });
      expect((await host.stat("/etc/real"))?.mode).to.equal(0o600);
      expect((await host.stat("/etc/link"))?.type).to.equal("link");
    });

    it("survives links in a circle", async () => {
      const { host } = setUp([
        { kind: "path", path: "/srv/a", type: "link", target: "b" },
        { kind: "path", path: "/srv/b", type: "link", target: "a" },
      ]);
      expect(await host.stat("/srv/a", { follow: true })).to.equal(undefined);
      expect(((await errorOf(host.read("/srv/a"))) as HostError).errno).to.equal("ELOOP");
    });
  });

  describe("packages", () => {
    const nginx: Prediction = { kind: "package", name: "nginx-core", version: "1.22" };

    it("is undecided about a missing path that the package may bring, and only about those", async () => {
      const { host } = setUp([nginx]);
      expect(await undecided(host.stat("/etc/nginx/nginx.conf"))).to.contain("nginx-core");
      expect(await errorOf(host.read("/etc/nginx/nginx.conf"))).to.be.instanceOf(ComesWithPackage);
      expect(await undecided(host.stat("/usr/bin/anything"))).to.contain("nginx-core");
      for (const path of [
        "/etc/motd",
        "/root/nginx",
        "/home/a/nginx.conf",
        "/usr/local/bin/nginx",
        "/tmp/nginx",
        "/srv/nginx",
        "/etc/systemd/system/nginx.service.d/override.conf",
        "/etc/apt/keyrings/nginx.gpg",
      ])
        expect(await host.stat(path), path).to.equal(undefined);
    });

    it("takes existing folders for no evidence", async () => {
      const { host } = setUp([{ kind: "package", name: "systemd-timesyncd", version: "1" }], {
        files: { "/etc/systemd/system": { type: "directory" } },
      });
      expect(await host.stat("/etc/systemd/system/etcd.service")).to.equal(undefined);
      expect(await undecided(host.stat("/etc/systemd/timesyncd.conf"))).to.contain("systemd-timesyncd");
    });

    it("knows exactly where the package's files are listed", async () => {
      const { host } = setUp([{ ...nginx, files: ["/etc/nginx/nginx.conf"] }]);
      expect(await undecided(host.stat("/etc/nginx/nginx.conf"))).to.contain("nginx-core");
      expect(await undecided(host.stat("/etc/nginx"))).to.contain("nginx-core");
      expect(await host.stat("/etc/nginx/other")).to.equal(undefined);
    });

    it("forgets a package that is removed again", async () => {
      const { host } = setUp([nginx, { kind: "package", name: "nginx-core", version: "absent" }]);
      expect(await host.stat("/etc/nginx/nginx.conf")).to.equal(undefined);
    });

    it("knows a predicted file below a folder that the package may bring", async () => {
      const { host } = setUp([nginx, { kind: "path", path: "/etc/nginx/site", type: "file", content: "mine" }]);
      expect(String(await host.read("/etc/nginx/site"))).to.equal("mine");
    });
  });

  describe("users and groups", () => {
    it("shows a new user with its home, shell, own group and memberships", async () => {
      const { host } = setUp([
        { kind: "group", name: "ops", exists: true, gid: 900 },
        { kind: "user", name: "app", exists: true, uid: 501, groups: ["ops"], home: "/srv/app", shell: "/bin/bash" },
      ]);
      expect(await host.getent("passwd", "app")).to.deep.equal([["app", "x", "501", "", "", "/srv/app", "/bin/bash"]]);
      expect(await host.getent("passwd", "501")).to.have.length(1);
      expect(await host.getent("group", "ops")).to.deep.equal([["ops", "x", "900", "app"]]);
      expect((await host.getent("group", "app"))?.[0]?.[0]).to.equal("app");
      expect((await host.getent("passwd"))?.map(([name]) => name)).to.deep.equal(["root", "app"]);
    });

    it("leaves an id empty that is not known yet, and shows files of that user by name", async () => {
      const { host } = setUp([
        { kind: "user", name: "sys", exists: true, uid: new Unknown("a system id") },
        { kind: "path", path: "/srv/x", type: "file", content: "", owner: "sys" },
      ]);
      expect((await host.getent("passwd", "sys"))?.[0]?.[2]).to.equal("");
      const stat = await host.stat("/srv/x");
      expect(stat?.owner).to.equal("sys");
      expect(stat?.uid).to.be.NaN;
    });

    it("hides a removed user and changes one that exists", async () => {
      const { host } = setUp(
        [
          { kind: "user", name: "old", exists: false },
          { kind: "user", name: "web", exists: true, shell: "/bin/false" },
        ],
        { users: { old: { uid: 1 }, web: { uid: 2, home: "/srv/web" } } },
      );
      expect(await host.getent("passwd", "old")).to.equal(undefined);
      expect(await host.getent("passwd", "1")).to.equal(undefined);
      expect(await host.getent("passwd", "web")).to.deep.equal([["web", "x", "2", "2", "", "/srv/web", "/bin/false"]]);
    });

    it("is undecided about passwords of a predicted user", async () => {
      const { host } = setUp([{ kind: "user", name: "app", exists: true }]);
      expect(await undecided(host.getent("shadow", "app"))).to.contain("shadow");
    });

    it("reads for a user that does not exist yet as the one who connects, but runs nothing as it", async () => {
      class Other extends SimulatedHost {
        override as(become: Become | undefined): Host {
          const other = new SimulatedHost({ user: become?.user ?? "root" });
          other.failVerb(1);
          return other;
        }
      }
      const real = new Other({ files: { "/srv/x": "1" } });
      const store = new PredictionStore();
      store.add([{ kind: "user", name: "app", exists: true }]);
      const host = createPredictedHost(real, store).as({ method: "sudo", user: "app" });
      expect(host.user).to.equal("app");
      expect((await host.stat("/srv/x"))?.size).to.equal(1);
      expect(await undecided(host.run({ argv: ["id"], reads: true }))).to.contain("app");
    });
  });

  describe("commands", () => {
    it("runs those that only read, unless they are about something predicted", async () => {
      const { real, host } = setUp([
        { kind: "unit", name: "nginx", active: true },
        { kind: "path", path: "/etc/sysctl.d/1.conf", type: "file", content: "" },
        { kind: "path", path: "/etc/systemd/system/app.service", type: "file", content: "" },
        { kind: "mount", path: "/data/", mounted: true },
        { kind: "package", name: "chrony", version: "4" },
        { kind: "sysctl", name: "vm.swappiness", value: "1" },
      ]);
      real.onRun(/./, { stdout: "ok" });
      const ask = (about: Parameters<typeof host.run>[0]["about"]) => host.run({ argv: ["q"], reads: true, about });
      expect(String((await ask([{ kind: "unit", name: "cron.service" }])).stdout)).to.equal("ok");
      expect(await undecided(ask([{ kind: "unit", name: "nginx.service" }]))).to.contain("nginx");
      expect(await undecided(ask([{ kind: "unit", name: "app" }]))).to.contain("/etc/systemd/system/app.service");
      expect(await undecided(ask([{ kind: "unit", name: "chrony" }]))).to.contain("package chrony");
      expect(await undecided(ask([{ kind: "path", path: "/etc/sysctl.d" }]))).to.contain("/etc/sysctl.d/1.conf");
      expect(await undecided(ask([{ kind: "mount", path: "/data" }]))).to.contain("/data");
      expect(await undecided(ask([{ kind: "package", name: "chrony" }]))).to.contain("package chrony");
      expect(await undecided(ask([{ kind: "sysctl", name: "vm.swappiness" }]))).to.contain("vm.swappiness");
      expect(real.commands).to.have.length(1);
    });

    it("never changes the real host", async () => {
      const { real, host } = setUp();
      const before = real.snapshot();
      const verbs: (() => Promise<unknown>)[] = [
        () => host.run({ argv: ["rm", "-rf", "/"] }),
        () => host.write("/etc/x", "1"),
        () => host.copy("/etc/x", "/etc/y"),
        () => host.rename("/etc/x", "/etc/y"),
        () => host.remove("/etc", { recursive: true }),
        () => host.makeDirectory("/etc/z"),
        () => host.link("symbolic", "a", "/etc/b"),
        () => host.setAttributes("/etc", { mode: 0 }),
        () => host.temporary(),
        () => host.upload("/dev/null", "/etc/x"),
      ];
      for (const verb of verbs) expect(String(await errorOf(verb()))).to.contain("a dry run was about to");
      expect(real.snapshot()).to.deep.equal(before);
      expect(real.commands).to.deep.equal([]);
    });
  });

  it("looks ahead in a copy without touching the original, and forgets on reset", async () => {
    const { real, store, host } = setUp([{ kind: "path", path: "/etc/a", type: "file", content: "1" }]);
    const ahead = store.clone();
    ahead.add([{ kind: "path", path: "/etc/b", type: "file", content: "2" }]);
    const further = createPredictedHost(real, ahead);
    expect(String(await further.read("/etc/a"))).to.equal("1");
    expect(String(await further.read("/etc/b"))).to.equal("2");
    expect(await host.stat("/etc/b")).to.equal(undefined);
    store.reset();
    expect(await host.stat("/etc/a")).to.equal(undefined);
  });

  it("places predictions once when several reads come in the same tick", async () => {
    const { host } = setUp([
      { kind: "path", path: "/etc/d", type: "directory" },
      { kind: "path", path: "/etc/d/x", type: "file", content: "1" },
      { kind: "path", path: "/etc/d", type: "absent" },
      { kind: "path", path: "/etc/d", type: "directory" },
    ]);
    const [folder, file] = await Promise.all([host.stat("/etc/d"), host.stat("/etc/d/x")]);
    expect(folder?.type).to.equal("directory");
    expect(file).to.equal(undefined);
  });
});
