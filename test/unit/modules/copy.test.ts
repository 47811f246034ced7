import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Failure } from "../../../engine/core/problem.ts";
import { Undecided } from "../../../engine/core/unknown.ts";
import { copy } from "../../../engine/modules/copy.ts";
import type { AnyModule } from "../../../engine/modules/module.ts";
import { template } from "../../../engine/modules/template.ts";
import { messageOf } from "../../failure.ts";
import { type DriverOptions, planAndApply, planOnly, type RawParams, recoversFromFailures } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const make = (files: NonNullable<ConstructorParameters<typeof SimulatedHost>[0]>["files"] = {}) =>
  new SimulatedHost({ users: { ann: { uid: 1000 } }, files });
const run = (on: SimulatedHost, params: RawParams, options?: DriverOptions, module: AnyModule = copy) =>
  planAndApply(module, params, on, options);
const message = (on: SimulatedHost, params: RawParams, module?: AnyModule) => messageOf(run(on, params, {}, module));

async function converges(
  on: SimulatedHost,
  params: RawParams,
  options?: DriverOptions,
  module: AnyModule = copy,
): Promise<void> {
  const before = on.snapshot();
  expect((await planOnly(module, params, on, options)).changed).to.equal(true);
  expect(on.snapshot()).to.deep.equal(before);
  expect((await run(on, params, options, module)).changed).to.equal(true);
  expect((await run(on, params, options, module)).changed).to.equal(false);
}

describe("module copy", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "copy-"));
    mkdirSync(join(folder, "tree/sub/empty"), { recursive: true });
    writeFileSync(join(folder, "tree/a"), "A\n", { mode: 0o755 });
    writeFileSync(join(folder, "tree/sub/b"), "B\n");
    symlinkSync("a", join(folder, "tree/link"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("writes content with owner and mode, and returns what Ansible returns", async () => {
    const on = make();
    const params = { dest: "/etc/motd", content: "hello\n", mode: "0600", owner: "ann" };
    const { result } = await run(on, params);
    expect(result).to.deep.include({
      dest: "/etc/motd",
      checksum: "f572d396fae9206628714fb2ce00f72e94f2258f",
      md5sum: "b1946ac92492d2347c6235b4d2611184",
      mode: "0600",
      owner: "ann",
      state: "file",
      size: 6,
    });
    expect((await run(on, params)).result).to.deep.include({ changed: false, path: "/etc/motd", dest: "/etc/motd" });
  });
  it("writes mappings as the JSON that Python would", async () => {
    const on = make();
    await run(on, { dest: "/etc/x", content: { a: [1, "é"], b: null } });
    expect(on.text("/etc/x")).to.equal('{"a": [1, "\\u00e9"], "b": null}');
  });
  it("predicts the content and shows both versions", async () => {
    const on = make({ "/etc/motd": "old\n" });
    const dry = await planOnly(copy, { dest: "/etc/motd", content: "new\n" }, on);
    expect(dry.diff).to.deep.equal([
      { before: "old\n", after: "new\n", beforeHeader: "/etc/motd", afterHeader: "/etc/motd" },
    ]);
    expect(dry.predictions[0]).to.deep.include({ kind: "path", path: "/etc/motd", type: "file", mode: 0o644 });
  });
  it("keeps the old file under Ansible's name for it", async () => {
    const on = make({ "/etc/motd": { content: "old\n", mode: 0o640, owner: "ann" } });
    const { result } = await run(on, { dest: "/etc/motd", content: "new\n", backup: true });
    expect(result.backup_file).to.match(/^\/etc\/motd\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~$/);
    expect(on.text(String(result.backup_file))).to.equal("old\n");
    expect((await on.stat(String(result.backup_file)))?.mode).to.equal(0o640);
    expect((await on.stat("/etc/motd"))?.owner).to.equal("ann");
  });
  it("leaves the old file alone when the new one is not valid, and gives what the check said", async () => {
    const on = make({ "/etc/sudoers": "old\n" });
    on.onRun(/^visudo -cf \/etc\/\S+tmp$/, { code: 1, stderr: "parse error" });
    const error = await run(on, { dest: "/etc/sudoers", content: "bad\n", validate: "visudo -cf %s" }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(Failure);
    expect((error as Failure).message).to.equal("failed to validate: parse error");
    expect((error as { result?: object }).result).to.deep.include({ exit_status: 1, stderr: "parse error" });
    expect(on.text("/etc/sudoers")).to.equal("old\n");
    expect(await message(on, { dest: "/etc/sudoers", content: "x", validate: "visudo -c" })).to.equal(
      "validate must contain %s: visudo -c",
    );
  });
  it("with force off leaves what is there", async () => {
    const on = make({ "/etc/motd": "mine\n" });
    expect((await run(on, { dest: "/etc/motd", content: "new\n", force: false })).changed).to.equal(false);
    expect(on.text("/etc/motd")).to.equal("mine\n");
  });
  it("replaces a link, or with follow what it leads to", async () => {
    const files = { "/srv/real": "old\n", "/srv/l": { target: "real" } };
    const replaced = make(files);
    await converges(replaced, { dest: "/srv/l", content: "new\n" });
    expect([replaced.text("/srv/l"), replaced.text("/srv/real")]).to.deep.equal(["new\n", "old\n"]);
    const followed = make(files);
    await converges(followed, { dest: "/srv/l", content: "new\n", follow: true });
    expect([(await followed.stat("/srv/l"))?.type, followed.text("/srv/real")]).to.deep.equal(["link", "new\n"]);
  });
  it("puts a file into a folder, and makes a folder that is written with a slash", async () => {
    const on = make();
    await converges(on, { src: join(folder, "tree/a"), dest: "/etc" });
    await converges(on, { src: join(folder, "tree/a"), dest: "/srv/new/deep/", directory_mode: "0700" });
    expect([on.text("/etc/a"), on.text("/srv/new/deep/a")]).to.deep.equal(["A\n", "A\n"]);
    expect((await on.stat("/srv/new"))?.mode).to.equal(0o700);
  });
  it("keeps the source's mode with preserve", async () => {
    const on = make();
    await converges(on, { src: join(folder, "tree/a"), dest: "/etc/a", mode: "preserve" });
    expect((await on.stat("/etc/a"))?.mode).to.equal(0o755);
  });
  it("copies a folder by name, or its content with a slash at the end", async () => {
    const byName = make();
    await converges(byName, { src: join(folder, "tree"), dest: "/srv", mode: "0640", directory_mode: "0750" });
    expect([byName.text("/srv/tree/a"), byName.text("/srv/tree/sub/b"), byName.text("/srv/tree/link")]).to.deep.equal([
      "A\n",
      "B\n",
      "A\n",
    ]);
    expect((await byName.stat("/srv/tree/sub/empty"))?.mode).to.equal(0o750);
    const content = make();
    await converges(content, { src: `${join(folder, "tree")}/`, dest: "/srv/x" });
    expect(content.text("/srv/x/sub/b")).to.equal("B\n");
    const links = make();
    await converges(links, { src: `${join(folder, "tree")}/`, dest: "/srv/x", local_follow: false });
    expect((await links.stat("/srv/x/link"))?.target).to.equal("a");
  });
  it("copies files and folders of the host itself", async () => {
    const on = make({ "/opt/d/x": { content: "X", mode: 0o700 }, "/opt/d/s/y": "Y" });
    await converges(on, { src: "/opt/d/x", dest: "/srv/x", remote_src: true, mode: "preserve" });
    expect((await on.stat("/srv/x"))?.mode).to.equal(0o700);
    await converges(on, { src: "/opt/d/", dest: "/srv/copy", remote_src: true });
    await converges(on, { src: "/opt/d", dest: "/srv/copy", remote_src: true });
    expect([on.text("/srv/copy/s/y"), on.text("/srv/copy/d/s/y")]).to.deep.equal(["Y", "Y"]);
    expect(await message(on, { src: "/opt/none", dest: "/srv/x", remote_src: true })).to.equal(
      "Source /opt/none not found",
    );
  });
  it("says what is wrong", async () => {
    const on = make();
    expect(await message(on, { dest: "/srv/none/x", content: "" })).to.equal(
      "Destination directory /srv/none does not exist",
    );
    expect(await message(on, { dest: "/etc", content: "" })).to.equal("can not use content with a dir as dest");
    expect(await message(on, { dest: "/etc/", content: "" })).to.equal("can not use content with a dir as dest");
    expect(await message(on, { dest: "/etc/x" })).to.equal("src (or content) is required");
    expect(await message(on, { dest: "/etc/x", content: "", src: "a" })).to.equal(
      "src and content are mutually exclusive",
    );
    expect(await message(on, { dest: "/etc/x", content: "", owner: "bob" })).to.equal(
      "chown failed: failed to look up user bob",
    );
    expect(await message(on, { dest: "/etc/x", content: "a", checksum: "b" })).to.contain(
      "does not match the expected checksum",
    );
    expect(await message(on, { dest: "/etc/x", src: "nope" })).to.contain("Could not find or access 'nope'");
  });
  it("converges by running again after any verb failed", async () => {
    const params = {
      src: `${join(folder, "tree")}/`,
      dest: "/srv/x",
      mode: "0640",
      directory_mode: "0750",
      owner: "ann",
    };
    await recoversFromFailures(make, (on) => run(on, params));
  });
});

describe("module template", () => {
  const options = { controllerFiles: { "a.conf.j2": "port 80\n" } };
  it("puts what was rendered where it belongs", async () => {
    const on = make();
    await converges(on, { src: "a.conf.j2", dest: "/etc/a.conf", mode: "0640" }, options, template);
    expect(on.text("/etc/a.conf")).to.equal("port 80\n");
    await converges(on, { src: "a.conf.j2", dest: "/srv/" }, options, template);
    expect(on.text("/srv/a.conf.j2")).to.equal("port 80\n");
  });
  it("is undecided when the template is", async () => {
    const unknown = {
      ...options,
      render: () => {
        throw new Undecided("the output of 'x'");
      },
    };
    const error = await planOnly(template, { src: "a.conf.j2", dest: "/etc/a" }, make(), unknown).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(Undecided);
  });
  it("encodes as asked", async () => {
    const on = make();
    await run(on, { src: "t", dest: "/etc/a", output_encoding: "latin-1" }, { controllerFiles: { t: "é" } }, template);
    expect((await on.read("/etc/a")).toString("hex")).to.equal("e9");
  });
  it("converges by running again after any verb failed", async () => {
    const params = { src: "a.conf.j2", dest: "/etc/a.conf", mode: "0640", owner: "ann" };
    await recoversFromFailures(
      () => make({ "/etc/a.conf": "old\n" }),
      (on) => run(on, params, options, template),
      {
        halfway: (on) => expect(["old\n", "port 80\n"]).to.include(on.text("/etc/a.conf")),
        end: async (on) =>
          expect([on.text("/etc/a.conf"), (await on.stat("/etc/a.conf"))?.mode]).to.deep.equal(["port 80\n", 0o640]),
      },
    );
  });
});
