import { expect } from "chai";
import type { AnyModule } from "../../../engine/modules/module.ts";
import { findModule } from "../../../engine/modules/registry.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const user = findModule("user") as AnyModule;
const group = findModule("group") as AnyModule;
const authorizedKey = findModule("authorized_key") as AnyModule;

/** A host whose shadow file is known too. */
class ShadowHost extends SimulatedHost {
  shadow: Record<string, string[]> = {};
  override getent(database: string, key?: string): Promise<readonly (readonly string[])[] | undefined> {
    if (database !== "shadow") return super.getent(database, key);
    const entry = this.shadow[key ?? ""];
    return Promise.resolve(entry ? [entry] : undefined);
  }
}

function withBob(): ShadowHost {
  const host = new ShadowHost({
    users: { bob: { uid: 1000, home: "/home/bob", shell: "/bin/bash", comment: "Bob" } },
    groups: { adm: { gid: 4, members: ["bob"] }, sudo: { gid: 27 } },
    files: { "/home/bob": { type: "directory", mode: 0o700, owner: "bob" } },
  });
  host.shadow.bob = ["bob", "$6$salt$hash", "20000", "0", "99999", "7", "", "", ""];
  host.onRun(() => true, {});
  return host;
}

describe("user", () => {
  it("makes a user with exact arguments, the hash on standard input", async () => {
    const host = withBob();
    const outcome = await planAndApply(
      user,
      {
        name: "etcd",
        system: true,
        home: "/var/lib/etcd",
        shell: "/usr/sbin/nologin",
        create_home: false,
        groups: ["adm", "sudo"],
        password: "$6$a$b",
      },
      host,
    );
    expect(outcome.changed).to.equal(true);
    expect(host.commands).to.deep.equal([
      "useradd -G adm,sudo -d /var/lib/etcd -s /usr/sbin/nologin -M -r etcd",
      "chpasswd -e",
    ]);
    expect(host.requests[1]?.stdin).to.equal("etcd:$6$a$b\n");
    expect(outcome.predictions[0]).to.deep.include({ kind: "user", name: "etcd", exists: true, home: "/var/lib/etcd" });
    expect(JSON.stringify(outcome.result)).to.not.contain("$6$a$b");
  });

  it("has nothing to do for a user who is as asked, in one look", async () => {
    const host = withBob();
    const params = {
      name: "bob",
      uid: 1000,
      shell: "/bin/bash",
      comment: "Bob",
      groups: ["adm"],
      password: "$6$salt$hash",
    };
    const outcome = await planAndApply(user, params, host);
    expect(outcome.changed).to.equal(false);
    expect(host.commands).to.deep.equal([]);
    expect(outcome.result).to.include({ uid: 1000, home: "/home/bob", password: "NOT_LOGGING_PASSWORD" });
  });

  it("adds to groups with append, and sets them without", async () => {
    const appended = withBob();
    await planAndApply(user, { name: "bob", groups: ["sudo"], append: true }, appended);
    expect(appended.commands).to.deep.equal(["usermod -G adm,sudo bob"]);
    const set = withBob();
    await planAndApply(user, { name: "bob", groups: ["sudo"] }, set);
    expect(set.commands).to.deep.equal(["usermod -G sudo bob"]);
    const none = withBob();
    await planAndApply(user, { name: "bob", groups: [] }, none);
    expect(none.requests[0]?.argv).to.deep.equal(["usermod", "-G", "", "bob"]);
  });

  it("leaves a password alone that is only for new users, and sets one that differs", async () => {
    const host = withBob();
    expect(
      (await planOnly(user, { name: "bob", password: "$6$x$y", update_password: "on_create" }, host)).changed,
    ).to.equal(false);
    const outcome = await planOnly(user, { name: "bob", password: "$6$x$y" }, host);
    expect(outcome.what).to.deep.equal(["set the password of bob"]);
    expect(JSON.stringify([outcome.what, outcome.diff, outcome.result])).to.not.contain("$6$x$y");
  });

  it("locks and unlocks", async () => {
    const host = withBob();
    expect((await planOnly(user, { name: "bob", password_lock: false }, host)).changed).to.equal(false);
    await planAndApply(user, { name: "bob", password_lock: true }, host);
    expect(host.commands).to.deep.equal(["usermod -L bob"]);
  });

  it("compares the end of an account by days", async () => {
    const host = withBob();
    host.shadow.bob = ["bob", "x", "20000", "0", "99999", "7", "", "20833", ""];
    expect((await planOnly(user, { name: "bob", expires: 1_800_000_000 }, host)).changed).to.equal(false);
    await planAndApply(user, { name: "bob", expires: -1 }, host);
    expect(host.requests[0]?.argv).to.deep.equal(["usermod", "-e", "", "bob"]);
  });

  it("warns of a password that is no hash and refuses unknown groups", async () => {
    const host = withBob();
    expect((await planOnly(user, { name: "new", password: "secret" }, host)).warnings[0]).to.contain(
      "not to have been hashed",
    );
    const message = await messageOf(planOnly(user, { name: "bob", groups: ["nope"] }, host));
    expect(message).to.equal("Group nope does not exist");
  });

  it("gives a key's passphrase on standard input, never as an argument", async () => {
    const host = withBob();
    host.onRun(/^ssh-keygen -q/, (request, target) => {
      target.seed("/home/bob/.ssh/id_ed25519", "private");
      target.seed("/home/bob/.ssh/id_ed25519.pub", "ssh-ed25519 AAAA bob\n");
      return { stdout: String(request.stdin).length > 0 ? "" : "" };
    });
    const outcome = await planAndApply(
      user,
      { name: "bob", generate_ssh_key: true, ssh_key_type: "ed25519", ssh_key_passphrase: "very secret" },
      host,
    );
    expect(outcome.result.ssh_public_key).to.equal("ssh-ed25519 AAAA bob");
    expect(host.commands.join("\n")).to.not.contain("very secret");
    expect(host.requests.some((request) => request.stdin === "very secret\nvery secret\n")).to.equal(true);
  });

  it("removes a user, and nobody twice", async () => {
    const host = withBob();
    await planAndApply(user, { name: "bob", state: "absent", remove: true, force: true }, host);
    expect(host.commands).to.deep.equal(["userdel -f -r bob"]);
    expect((await planOnly(user, { name: "ghost", state: "absent" }, host)).changed).to.equal(false);
  });
});

describe("group", () => {
  it("adds, changes and removes groups, and is done the second time", async () => {
    const host = withBob();
    await planAndApply(group, { name: "etcd", gid: 400, system: true }, host);
    await planAndApply(group, { name: "sudo", gid: 28 }, host);
    await planAndApply(group, { name: "adm", state: "absent" }, host);
    expect(host.commands).to.deep.equal(["groupadd -g 400 -r etcd", "groupmod -g 28 sudo", "groupdel adm"]);
    expect((await planOnly(group, { name: "sudo", gid: 27 }, host)).changed).to.equal(false);
  });
});

describe("authorized_key", () => {
  const KEY = "ssh-ed25519 AAAAC3Nza a@b";
  const FILE = "/home/bob/.ssh/authorized_keys";

  it("makes the folder and the file for the user, and is done the second time", async () => {
    const host = withBob();
    expect((await planAndApply(authorizedKey, { user: "bob", key: KEY }, host)).changed).to.equal(true);
    expect(host.text(FILE)).to.equal(`${KEY}\n`);
    const stat = await host.stat(FILE);
    expect([stat?.mode, stat?.owner, (await host.stat("/home/bob/.ssh"))?.mode]).to.deep.equal([0o600, "bob", 0o700]);
    expect((await planAndApply(authorizedKey, { user: "bob", key: KEY }, host)).changed).to.equal(false);
  });

  it("keeps comments and other keys, changes options, and with exclusive drops all other lines, as the reference does", async () => {
    const host = withBob();
    host.seed(FILE, `# mine\nssh-rsa AAAAother x y z\n${KEY}\n`);
    await planAndApply(authorizedKey, { user: "bob", key: KEY, key_options: 'command="a b",no-pty' }, host);
    expect(host.text(FILE)).to.equal(`# mine\nssh-rsa AAAAother x y z\ncommand="a b",no-pty ${KEY}\n`);
    await planAndApply(authorizedKey, { user: "bob", key: KEY, exclusive: true }, host);
    expect(host.text(FILE)).to.equal(`${KEY}\n`);
    await planAndApply(authorizedKey, { user: "bob", key: KEY, state: "absent" }, host);
    expect(host.text(FILE)).to.equal("");
  });

  it("refuses what is no key and who is no user", async () => {
    const host = withBob();
    const say = (params: Record<string, string>) => messageOf(planOnly(authorizedKey, params, host));
    expect(await say({ user: "bob", key: "hello" })).to.contain("invalid key");
    expect(await say({ user: "ghost", key: KEY })).to.contain("no such user");
  });
});
