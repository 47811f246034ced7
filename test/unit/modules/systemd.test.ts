import { expect } from "chai";
import { Undecided } from "../../../engine/core/unknown.ts";
import type { Prediction, Predictions } from "../../../engine/host/prediction.ts";
import type { AnyModule } from "../../../engine/modules/module.ts";
import { findModule } from "../../../engine/modules/registry.ts";
import { errorOf, messageOf } from "../../failure.ts";
import { planAndApply, planOnly } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const systemd = findModule("systemd") as AnyModule;
const service = findModule("service") as AnyModule;

interface Unit {
  load?: string;
  active?: string;
  file?: string;
  reload?: boolean;
}

function withUnit({ load = "loaded", active = "inactive", file = "disabled", reload = false }: Unit): SimulatedHost {
  const host = new SimulatedHost();
  host.onRun(/^systemctl/, {});
  host.onRun(/^systemctl (--user )?show/, {
    stdout: `Id=x.service\nLoadState=${load}\nActiveState=${active}\nUnitFileState=${file}\nNeedDaemonReload=${reload ? "yes" : "no"}\n`,
  });
  return host;
}

const given = (...all: Prediction[]): { predictions: Predictions } => ({
  predictions: { of: (kind) => all.filter((one) => one.kind === kind) as never },
});

const acts = (host: SimulatedHost): string[] => host.commands.filter((command) => !command.includes(" show "));

describe("systemd", () => {
  it("asks once and acts only for what differs", async () => {
    const host = withUnit({ active: "active" });
    const outcome = await planAndApply(systemd, { name: "x", state: "started", enabled: true }, host);
    expect(outcome.changed).to.equal(true);
    expect(host.commands).to.deep.equal(["systemctl show --no-pager -- x.service", "systemctl enable -- x.service"]);
    expect(outcome.result.status).to.include({ ActiveState: "active" });
    expect(outcome.predictions).to.deep.equal([{ kind: "unit", name: "x.service", enabled: true }]);
  });

  it("has nothing to do for a unit that is as asked", async () => {
    const host = withUnit({ active: "active", file: "enabled" });
    const outcome = await planAndApply(
      systemd,
      { name: "x.service", state: "started", enabled: true, masked: false },
      host,
    );
    expect(outcome.changed).to.equal(false);
    expect(acts(host)).to.deep.equal([]);
  });

  it("always acts for restarted and reloaded, and starts what does not run", async () => {
    const running = withUnit({ active: "active" });
    await planAndApply(systemd, { name: "x", state: "restarted" }, running);
    expect(acts(running)).to.deep.equal(["systemctl restart -- x.service"]);
    const stopped = withUnit({});
    await planAndApply(systemd, { name: "x", state: "reloaded" }, stopped);
    expect(acts(stopped)).to.deep.equal(["systemctl start -- x.service"]);
  });

  it("reloads units first, and only if systemd says that it must; that is no change", async () => {
    const stale = withUnit({ active: "active", file: "enabled", reload: true });
    const outcome = await planAndApply(systemd, { name: "x", daemon_reload: true, state: "started" }, stale);
    expect(acts(stale)).to.deep.equal(["systemctl daemon-reload"]);
    expect(outcome.changed).to.equal(false);
    const fresh = withUnit({ active: "active", file: "enabled" });
    await planAndApply(systemd, { name: "x", daemon_reload: true, state: "started" }, fresh);
    expect(acts(fresh)).to.deep.equal([]);
    const alone = withUnit({});
    expect((await planAndApply(systemd, { daemon_reload: true }, alone)).changed).to.equal(false);
    expect(alone.commands).to.deep.equal(["systemctl daemon-reload"]);
  });

  it("treats static, generated and masked units as what they are", async () => {
    for (const file of ["static", "generated"]) {
      const host = withUnit({ file });
      expect((await planOnly(systemd, { name: "x", enabled: true }, host)).changed, file).to.equal(false);
      expect((await planOnly(systemd, { name: "x", enabled: false }, host)).changed, file).to.equal(false);
    }
    const masked = withUnit({ load: "masked", file: "masked" });
    expect((await planOnly(systemd, { name: "x", masked: false }, masked)).what).to.deep.equal(["unmask x.service"]);
  });

  it("fails for a unit that is not there in Ansible's words", async () => {
    const host = withUnit({ load: "not-found", file: "" });
    const message = await messageOf(planOnly(systemd, { name: "nope", state: "started" }, host));
    expect(message).to.equal("Could not find the requested service nope: host");
  });

  it("shows why a unit did not start", async () => {
    const host = withUnit({});
    host.onRun("systemctl start -- x.service", { code: 1, stderr: "Job for x.service failed." });
    host.onRun(/^systemctl status/, { stdout: "x[1]: no such port" });
    const error = await errorOf(planAndApply(systemd, { name: "x", state: "started" }, host));
    expect(error.message).to.equal("Unable to start service x: Job for x.service failed.");
    expect(error).to.have.nested.property("result.stdout").that.contains("no such port");
  });

  it("uses a user's manager with its runtime folder", async () => {
    const host = withUnit({});
    await planAndApply(systemd, { name: "x", state: "started", scope: "user" }, host);
    expect(host.commands.at(-1)).to.equal("systemctl --user start -- x.service");
    expect(host.requests.at(-1)?.env).to.include({ XDG_RUNTIME_DIR: "/run/user/0" });
  });

  it("knows a unit from a file that an earlier task writes", async () => {
    const host = withUnit({ load: "not-found", file: "" });
    host.seed("/etc/systemd/system/etcd.service", "[Unit]\n");
    const file: Prediction = {
      kind: "path",
      path: "/etc/systemd/system/etcd.service",
      type: "file",
      content: "[Unit]\n",
    };
    const outcome = await planOnly(systemd, { name: "etcd", enabled: true, state: "started" }, host, given(file));
    expect(outcome.what).to.deep.equal(["enable etcd.service", "start etcd.service"]);
  });

  it("cannot tell of a unit that a package to be installed may bring", async () => {
    const host = withUnit({ load: "not-found", file: "" });
    const brought: Prediction = { kind: "package", name: "etcd-server", version: "3.4" };
    const error = await planOnly(systemd, { name: "etcd", state: "started" }, host, given(brought)).catch(
      (one: unknown) => one,
    );
    expect(error).to.be.instanceOf(Undecided);
  });

  it("sees what earlier tasks predicted of the unit", async () => {
    const host = withUnit({});
    const started: Prediction = { kind: "unit", name: "x.service", active: true, enabled: true };
    expect(
      (await planOnly(systemd, { name: "x", state: "started", enabled: true }, host, given(started))).changed,
    ).to.equal(false);
  });

  it("enables units where systemd does not run, but refuses to start them", async () => {
    const host = new SimulatedHost();
    host.onRun(/^systemctl enable/, {});
    host.onRun(/^systemctl show/, { code: 1, stderr: "System has not been booted with systemd as init system" });
    host.onRun(/^systemctl is-enabled/, { code: 1, stdout: "disabled\n" });
    expect((await planAndApply(systemd, { name: "x", enabled: true }, host)).changed).to.equal(true);
    const message = await messageOf(planOnly(systemd, { name: "x", state: "started" }, host));
    expect(message).to.contain("systemd does not run");
  });
});

describe("service", () => {
  it("is systemd's where systemd manages services", async () => {
    const host = withUnit({});
    await planAndApply(service, { name: "x", state: "started" }, host, { facts: { service_mgr: "systemd" } });
    expect(acts(host)).to.deep.equal(["systemctl start -- x.service"]);
  });

  it("uses init scripts where there is no systemd", async () => {
    const host = new SimulatedHost({ files: { "/etc/init.d/x": "" } });
    host.onRun("/etc/init.d/x status", { code: 3, stdout: "x is not running" });
    host.onRun("/etc/init.d/x start", {});
    host.onRun(/^update-rc.d/, {});
    const outcome = await planAndApply(service, { name: "x", state: "started", enabled: true }, host, {
      facts: { service_mgr: "sysvinit" },
    });
    expect(outcome.changed).to.equal(true);
    expect(host.commands).to.deep.equal([
      "/etc/init.d/x status",
      "update-rc.d x defaults",
      "update-rc.d x enable",
      "/etc/init.d/x start",
    ]);
  });
});
