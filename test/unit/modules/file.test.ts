import { expect } from "chai";
import { file } from "../../../engine/modules/file.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams, recoversFromFailures } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const host = (files: ConstructorParameters<typeof SimulatedHost>[0] = {}) =>
  new SimulatedHost({ users: { ann: { uid: 1000 } }, ...files });
const run = (on: SimulatedHost, params: RawParams) => planAndApply(file, params, on);

/** First run changes, second does not, and what a dry run predicts are the paths that change. */
async function converges(on: SimulatedHost, params: RawParams): Promise<void> {
  const before = on.snapshot();
  const dry = await planOnly(file, params, on);
  expect(on.snapshot()).to.deep.equal(before);
  expect(dry.changed).to.equal(true);
  expect(dry.predictions.length).to.be.greaterThan(0);
  expect((await run(on, params)).changed).to.equal(true);
  expect((await run(on, params)).changed).to.equal(false);
}

describe("module file", () => {
  it("makes a folder with its missing parents, all with the attributes that were asked for", async () => {
    const on = host();
    await converges(on, { path: "/srv/a/b/c/", state: "directory", mode: "0750", owner: "ann" });
    for (const path of ["/srv/a", "/srv/a/b", "/srv/a/b/c"]) {
      const stat = await on.stat(path);
      expect([stat?.type, stat?.mode, stat?.owner]).to.deep.equal(["directory", 0o750, "ann"]);
    }
  });
  it("returns what Ansible returns", async () => {
    const on = host({ files: { "/etc/x": "abc" } });
    expect((await run(on, { path: "/etc/x", mode: "0600" })).result).to.deep.include({
      path: "/etc/x",
      state: "file",
      mode: "0600",
      owner: "root",
      group: "root",
      uid: 0,
      gid: 0,
      size: 3,
      changed: true,
    });
  });
  it("shows attributes before and after", async () => {
    const on = host({ files: { "/etc/x": "abc" } });
    const { diff } = await planOnly(file, { path: "/etc/x", mode: "u=rw,go=", owner: "ann" }, on);
    expect(JSON.parse(diff[0]?.before ?? "")).to.deep.equal({ path: "/etc/x", mode: "0644", owner: "root" });
    expect(JSON.parse(diff[0]?.after ?? "")).to.deep.equal({ path: "/etc/x", mode: "0600", owner: "ann" });
  });
  it("sets attributes of everything below with recurse, X only where it means something", async () => {
    const on = host({
      files: { "/srv/d/f": { mode: 0o600 }, "/srv/d/s/p": { mode: 0o700 }, "/srv/d/l": { target: "/etc" } },
    });
    await converges(on, { path: "/srv/d", state: "directory", recurse: true, mode: "u=rwX,go=rX", group: "ann" });
    expect((await on.stat("/srv/d/f"))?.mode).to.equal(0o644);
    expect((await on.stat("/srv/d/s/p"))?.mode).to.equal(0o755);
  });
  it("refuses src where no link is made", async () => {
    const states: readonly RawParams[] = [{ state: "absent" }, { state: "directory" }, { state: "touch" }, {}];
    for (const state of states) {
      expect(await messageOf(run(host(), { path: "/srv/x", src: "/a", ...state }))).to.equal(
        "src option requires state to be 'link' or 'hard'",
      );
    }
  });
  it("removes files, links without what they lead to, and whole folders", async () => {
    for (const path of ["/srv/f", "/srv/l", "/srv/d"]) {
      const on = host({ files: { "/srv/f": "1", "/srv/l": { target: "/srv/d" }, "/srv/d/x": "2" } });
      await converges(on, { path, state: "absent" });
      expect(on.text("/srv/d/x")).to.equal(path === "/srv/d" ? undefined : "2");
    }
  });
  it("touches: makes an empty file, and sets the times of one that is there, each time", async () => {
    const on = host();
    expect((await run(on, { path: "/etc/t", state: "touch", mode: "0600" })).result).to.deep.include({
      dest: "/etc/t",
      state: "file",
      mode: "0600",
    });
    expect((await run(on, { path: "/etc/t", state: "touch" })).changed).to.equal(true);
    const keep = { path: "/etc/t", state: "touch", modification_time: "preserve", access_time: "preserve" };
    expect((await run(on, keep)).changed).to.equal(false);
  });
  it("sets a given time, which the host reads in its own time zone", async () => {
    const on = host({ files: { "/etc/t": "" } });
    on.onRun("date -d 2020-01-02 03:04:05 +%s", { stdout: "1577934245\n" });
    await converges(on, { path: "/etc/t", modification_time: "202001020304.05" });
    expect((await on.stat("/etc/t"))?.mtime).to.equal(1577934245);
  });
  it("makes symbolic links, relative ones too, and moves them", async () => {
    const on = host({ files: { "/srv/a": "1", "/srv/b": "2" } });
    await converges(on, { path: "/srv/l", src: "a", state: "link" });
    await converges(on, { path: "/srv/l", src: "/srv/b", state: "link" });
    expect(on.text("/srv/l")).to.equal("2");
  });
  it("refuses links to nothing and links in the place of files, unless forced", async () => {
    const on = host({ files: { "/srv/a": "1", "/srv/d/x": "" } });
    const refused = (params: RawParams) => messageOf(run(on, params));
    expect(await refused({ path: "/srv/l", src: "nope", state: "link" })).to.equal(
      "src file does not exist, use 'force=yes' if you really want to create the link: /srv/nope",
    );
    expect(await refused({ path: "/srv/a", src: "/etc", state: "link" })).to.equal(
      "refusing to convert from file to symlink for /srv/a",
    );
    expect(await refused({ path: "/srv/d", src: "/etc", state: "link", force: true })).to.contain("is not empty");
    await converges(on, { path: "/srv/l", src: "nope", state: "link", force: true });
    await converges(on, { path: "/srv/a", src: "/etc", state: "link", force: true });
  });
  it("makes hard links", async () => {
    const on = host({ files: { "/srv/a": "1", "/srv/b": "2" } });
    await converges(on, { path: "/srv/h", src: "/srv/a", state: "hard" });
    expect((await on.stat("/srv/h"))?.links).to.equal(2);
  });
  it("says what is in the way", async () => {
    const on = host({ files: { "/srv/a": "1" } });
    const message = (params: RawParams) => messageOf(run(on, params));
    expect(await message({ path: "/srv/none" })).to.equal("file (/srv/none) is absent, cannot continue");
    expect(await message({ path: "/srv/none", state: "file" })).to.equal("file (/srv/none) is absent, cannot continue");
    expect(await message({ path: "/srv/a", state: "directory" })).to.equal("/srv/a already exists as a file");
    expect(await message({ path: "/srv/a/b", state: "directory" })).to.contain("/srv/a is not a directory");
    expect(await message({ path: "/srv/a", owner: "bob" })).to.equal("chown failed: failed to look up user bob");
    expect(await message({ path: "/srv/a", mode: "u=q" })).to.contain("bad symbolic permission");
    expect(await message({ path: "/srv/a", recurse: true, state: "file" })).to.equal(
      "recurse option requires state to be 'directory'",
    );
  });
  it("follows a link to set attributes, or not", async () => {
    const on = host({ files: { "/srv/a": "1", "/srv/l": { target: "a" } } });
    await run(on, { path: "/srv/l", mode: "0600", state: "file" });
    expect((await on.stat("/srv/a"))?.mode).to.equal(0o600);
  });
  it("needs one round of reads when nothing is to be done", async () => {
    const on = host({ files: { "/srv/d/x": "" } });
    await run(on, { path: "/srv/d", state: "directory", mode: "0755" });
    expect(on.log).to.deep.equal(["stat /srv/d", "stat /srv/d"]);
  });
  it("converges by running again after any verb failed", async () => {
    const params = { path: "/srv/a/b", state: "directory", mode: "0700", owner: "ann" };
    await recoversFromFailures(host, (on) => run(on, params));
  });
});
