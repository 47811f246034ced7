// The behaviour that every agent owes, run against each of them.

import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect } from "chai";
import { bytesOf, textOf } from "../../../engine/core/bytes.ts";
import { Failure } from "../../../engine/core/problem.ts";
import type { Host, HostError } from "../../../engine/host/host.ts";
import type { OpenHost } from "../../../engine/host/hosts.ts";
import { failureOf } from "../../failure.ts";

/** Names that break naive quoting; the last is not UTF-8. */
const NAMES = [
  "plain",
  "with space",
  'it\'s "quoted"',
  "new\nline",
  "-dash",
  "$HOME;`x`",
  "ümlaut",
  textOf(Buffer.from("b\xe4d", "latin1")),
];

const sha1 = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("hex");

/** `open` gives a host whose files are this machine's own, so that tests can look from outside. */
export function agentSuite(title: string, open: () => OpenHost): void {
  describe(title, () => {
    let opened: OpenHost;
    let host: Host;
    let folder: string;

    before(() => {
      opened = open();
      host = opened.host;
      folder = mkdtempSync(join(tmpdir(), "agent-suite-"));
    });
    after(async () => {
      await opened.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const at = (name: string): string => `${folder}/${name}`;
    const onDisk = (path: string): Buffer => readFileSync(bytesOf(path));

    it("writes and reads names of any bytes", async () => {
      for (const name of NAMES) {
        await host.write(at(name), `content of ${name}`);
        expect(onDisk(at(name)).equals(Buffer.from(bytesOf(`content of ${name}`))), name).to.equal(true);
        expect(textOf(await host.read(at(name)))).to.equal(`content of ${name}`);
        expect((await host.stat(at(name)))?.type, name).to.equal("file");
      }
      const listed = await host.walk(folder);
      expect(listed.map((entry) => entry.name)).to.have.members(NAMES);
      for (const name of NAMES) await host.remove(at(name));
      expect(readdirSync(folder)).to.deep.equal([]);
    });

    it("keeps every byte, NULs and line ends among them", async () => {
      const bytes = Buffer.concat([Buffer.from([...Array(256).keys()]), Buffer.from("\r\n\0\n\n")]);
      await host.write(at("binary"), bytes);
      expect((await host.read(at("binary"))).equals(bytes)).to.equal(true);
      await host.write(at("binary"), "");
      expect((await host.read(at("binary"))).length).to.equal(0);
    });

    it("tells what a path is, and nothing of one that is not there", async () => {
      writeFileSync(at("a"), "abc");
      chmodSync(at("a"), 0o640);
      symlinkSync("a", at("to-a"));
      symlinkSync("nowhere", at("dangling"));
      const [file, link, followed, dangling, missing, below] = await Promise.all([
        host.stat(at("a"), { checksum: "sha1" }),
        host.stat(at("to-a")),
        host.stat(at("to-a"), { follow: true, checksum: "sha256" }),
        host.stat(at("dangling"), { follow: true }),
        host.stat(at("missing")),
        host.stat(at("a/below")),
      ]);
      const real = statSync(at("a"));
      expect(file).to.include({
        type: "file",
        mode: 0o640,
        size: 3,
        uid: real.uid,
        gid: real.gid,
        inode: real.ino,
        links: 1,
      });
      expect(file?.checksum).to.equal(sha1(Buffer.from("abc")));
      expect(Math.floor(file?.mtime ?? 0)).to.equal(Math.floor(real.mtimeMs / 1000));
      expect(link).to.include({ type: "link", target: "a" });
      expect(followed).to.include({ type: "file", checksum: createHash("sha256").update("abc").digest("hex") });
      expect([dangling, missing, below]).to.deep.equal([undefined, undefined, undefined]);
      expect(await host.stat("/dev/null")).to.include({ type: "character" });
    });

    it("hashes large files too", async () => {
      const bytes = randomBytes(100_000);
      writeFileSync(at("large"), bytes);
      expect((await host.stat(at("large"), { checksum: "sha1" }))?.checksum).to.equal(sha1(bytes));
    });

    it("reads files of /proc, whose size is not told, and refuses more than the limit", async () => {
      expect((await host.read("/proc/self/status")).length).to.be.greaterThan(100);
      const failure = await failureOf(host.read(at("large"), { limit: 1000 }));
      expect((failure as HostError).errno).to.equal("EFBIG");
      expect((await failureOf(host.read(folder))) as HostError).to.include({ errno: "EISDIR" });
      expect((await failureOf(host.read(at("missing")))) as HostError).to.include({ errno: "ENOENT" });
    });

    it("walks below a folder as deep as asked", async () => {
      mkdirSync(at("tree/one/two"), { recursive: true });
      writeFileSync(at("tree/.hidden"), "");
      writeFileSync(at("tree/one/two/leaf"), "leaf");
      const names = async (depth?: number): Promise<string[]> =>
        (await host.walk(at("tree"), { depth, checksum: "sha1" })).map((entry) => entry.path.slice(at("tree/").length));
      expect(await names(1)).to.deep.equal([".hidden", "one"]);
      expect(await names()).to.deep.equal([".hidden", "one", "one/two", "one/two/leaf"]);
      const leaf = (await host.walk(at("tree"), { checksum: "sha1" })).at(-1);
      expect(leaf?.stat.checksum).to.equal(sha1(Buffer.from("leaf")));
      expect((await failureOf(host.walk(at("missing")))) as HostError).to.include({ errno: "ENOENT" });
      expect((await failureOf(host.walk(at("tree/.hidden")))) as HostError).to.include({ errno: "ENOTDIR" });
      expect((await failureOf(host.walk(at("tree"), { limit: 2 }))).message).to.contain("more than 2 entries");
    });

    it("expands patterns and resolves links", async () => {
      writeFileSync(at("g one.x"), "");
      writeFileSync(at("g two.x"), "");
      expect(await host.glob(at("g *.x"))).to.deep.equal([at("g one.x"), at("g two.x")]);
      expect(await host.glob(at("none*"))).to.deep.equal([]);
      expect(await host.realpath(at("to-a"))).to.equal(at("a"));
      expect(await host.realpath(at("dangling"))).to.equal(undefined);
    });

    it("looks up users and groups without their passwords", async () => {
      const [byName] = (await host.getent("passwd", "root")) ?? [];
      const [byId] = (await host.getent("passwd", "0")) ?? [];
      expect(byName?.slice(0, 4)).to.deep.equal(["root", "x", "0", "0"]);
      expect(byId).to.deep.equal(byName);
      expect(await host.getent("group", "no-such-group")).to.equal(undefined);
      expect((await host.getent("passwd"))?.some(([name]) => name === "root")).to.equal(true);
    });

    it("replaces a file under its own mode, or the one that is wanted", async () => {
      writeFileSync(at("kept"), "old");
      chmodSync(at("kept"), 0o604);
      await host.write(at("kept"), "new");
      expect(lstatSync(at("kept")).mode & 0o7777).to.equal(0o604);
      await host.write(at("kept"), "newer", { mode: 0o4750 });
      expect(lstatSync(at("kept")).mode & 0o7777).to.equal(0o4750);
      await host.write(at("fresh"), "x", { mode: 0o600 });
      expect(lstatSync(at("fresh")).mode & 0o7777).to.equal(0o600);
    });

    it("leaves the old content when the new one does not pass its validation, and no trace of the new", async () => {
      await host.write(at("valid"), "old");
      const seen: string[] = [];
      const failure = await failureOf(
        host.write(at("valid"), "new", {
          validate: async (path) => {
            seen.push(readFileSync(path, "utf8"));
            throw new Failure({ code: "not-valid", message: "no" });
          },
        }),
      );
      expect(failure.problem.code).to.equal("not-valid");
      expect(seen).to.deep.equal(["new"]);
      expect(readFileSync(at("valid"), "utf8")).to.equal("old");
      await host.write(at("valid"), "new", { validate: async () => {} });
      expect(readFileSync(at("valid"), "utf8")).to.equal("new");
      expect(readdirSync(folder).filter((name) => name.startsWith(".tsplay"))).to.deep.equal([]);
    });

    it("writes in place where a file must keep its inode", async () => {
      await host.write(at("place"), "a longer text");
      const before = lstatSync(at("place")).ino;
      await host.write(at("place"), "short", { inPlace: true });
      expect(lstatSync(at("place")).ino).to.equal(before);
      expect(readFileSync(at("place"), "utf8")).to.equal("short");
    });

    it("streams content of any size there and back", async () => {
      const block = randomBytes(64 * 1024);
      const count = 40;
      const hash = createHash("sha1");
      for (let index = 0; index < count; index++) hash.update(block);
      const expected = hash.digest("hex");
      const stream = (): Readable =>
        Readable.from(
          (function* () {
            for (let index = 0; index < count; index++) yield block;
          })(),
        );
      await host.write(at("stream"), { stream, size: block.length * count });
      expect(sha1(readFileSync(at("stream")))).to.equal(expected);
      const back = await host.download(at("stream"), at("back"));
      expect(back).to.deep.equal({ size: block.length * count, sha1: expected });
      await host.upload(at("back"), at("again"), { mode: 0o640 });
      expect(sha1(readFileSync(at("again")))).to.equal(expected);
      expect(lstatSync(at("again")).mode & 0o777).to.equal(0o640);
    });

    it("refuses a stream that is shorter than it said, and keeps the old file", async () => {
      await host.write(at("short"), "old");
      const failure = await failureOf(
        host.write(at("short"), { stream: () => Readable.from([Buffer.from("abc")]), size: 4 }),
      );
      expect(failure.problem.code).to.equal("content-size");
      expect(readFileSync(at("short"), "utf8")).to.equal("old");
      expect(readdirSync(folder).filter((name) => name.startsWith(".tsplay"))).to.deep.equal([]);
    });

    it("says why a file cannot be written", async () => {
      const missing = (await failureOf(host.write(at("no/such/folder"), "x"))) as HostError;
      expect([missing.errno, missing.message]).to.deep.equal([
        "ENOENT",
        `cannot write ${at("no/such/folder")}: no such file or directory`,
      ]);
      mkdirSync(at("a-folder"));
      expect((await failureOf(host.write(at("a-folder"), "x"))) as HostError).to.include({ errno: "EISDIR" });
      expect((await failureOf(host.write(at("owned"), "x", { owner: "no-such-user" }))).message).to.contain(
        "no-such-user",
      );
      expect(existsSync(at("owned"))).to.equal(false);
    });

    it("copies, renames, links and removes", async () => {
      await host.write(at("one"), "1", { mode: 0o640 });
      await host.copy(at("one"), at("two"), { mode: 0o600 });
      expect(readFileSync(at("two"), "utf8")).to.equal("1");
      await host.rename(at("two"), at("three"));
      expect(existsSync(at("two"))).to.equal(false);
      await host.link("symbolic", "one", at("soft"));
      await host.link("symbolic", "three", at("soft"));
      expect((await host.stat(at("soft")))?.target).to.equal("three");
      await host.link("hard", at("one"), at("hard"));
      expect(lstatSync(at("hard")).ino).to.equal(lstatSync(at("one")).ino);
      await host.remove(at("soft"));
      expect(existsSync(at("three"))).to.equal(true);
      await host.remove(at("never-was"));
      expect((await failureOf(host.remove(at("tree")))) as HostError).to.include({ errno: "EISDIR" });
      await host.remove(at("tree"), { recursive: true });
      expect(existsSync(at("tree"))).to.equal(false);
    });

    it("looks at a copy before it counts", async () => {
      await host.write(at("checked"), "old");
      const refuse = async (path: string): Promise<void> => {
        throw new Failure({ code: "not-valid", message: readFileSync(path, "utf8") });
      };
      expect((await failureOf(host.copy(at("one"), at("checked"), { validate: refuse }))).message).to.equal("1");
      expect(readFileSync(at("checked"), "utf8")).to.equal("old");
      await host.copy(at("one"), at("checked"), { validate: async () => {}, mode: 0o604 });
      expect([readFileSync(at("checked"), "utf8"), lstatSync(at("checked")).mode & 0o777]).to.deep.equal(["1", 0o604]);
      expect(readdirSync(folder).filter((name) => name.startsWith(".tsplay"))).to.deep.equal([]);
    });

    it("makes folders, and is content with one that is there", async () => {
      await host.makeDirectory(at("dir"), { mode: 0o2750 });
      await host.makeDirectory(at("dir"), { mode: 0o2750 });
      expect(lstatSync(at("dir")).mode & 0o7777).to.equal(0o2750);
      expect((await failureOf(host.makeDirectory(at("x/y")))) as HostError).to.include({ errno: "ENOENT" });
      expect((await failureOf(host.makeDirectory(at("one")))) as HostError).to.include({ errno: "EEXIST" });
    });

    it("sets mode and times", async () => {
      await host.setAttributes(at("one"), { mode: 0o604, mtime: 1_000_000_000, atime: 1_100_000_000 });
      const stat = lstatSync(at("one"));
      expect([stat.mode & 0o777, stat.mtimeMs, stat.atimeMs]).to.deep.equal([0o604, 1e12, 1.1e12]);
      expect((await failureOf(host.setAttributes(at("missing"), { mode: 0o600 }))) as HostError).to.include({
        errno: "ENOENT",
      });
    });

    it("makes temporary files and folders that only their owner may use", async () => {
      const file = await host.temporary({ folder, prefix: "t.", suffix: ".conf" });
      const directory = await host.temporary({ type: "directory", folder });
      expect(file).to.match(/\/t\.[0-9a-f]+\.conf$/);
      expect([lstatSync(file).mode & 0o777, lstatSync(directory).mode & 0o777]).to.deep.equal([0o600, 0o700]);
    });

    it("runs a command with its arguments as they are", async () => {
      const result = await host.run({
        argv: ["printf", "%s|", "a b", "", "$HOME", "*", "'", "x\ny", textOf(Buffer.from([0xff]))],
      });
      expect(result.stdout.toString("latin1")).to.equal("a b||$HOME|*|'|x\ny|\xff|");
      expect(result).to.include({ code: 0, dropped: 0, timedOut: false });
      expect(result.end).to.be.at.least(result.start);
    });

    it("gives exit status, signal and both outputs apart", async () => {
      const result = await host.run({ script: "echo out; echo err >&2; exit 7" });
      expect([result.code, result.stdout.toString(), result.stderr.toString()]).to.deep.equal([7, "out\n", "err\n"]);
      expect(await host.run({ script: "kill -USR1 $$" })).to.include({ code: 128 + 10, signal: "SIGUSR1" });
    });

    it("gives the command its folder, environment, umask and input", async () => {
      const result = await host.run({
        script: 'pwd; echo "$GREETING"; umask; cat',
        cwd: folder,
        env: { GREETING: "it's = a test\n" },
        umask: 0o027,
        stdin: Buffer.from("in\0put"),
      });
      expect(result.stdout.toString()).to.equal(`${folder}\nit's = a test\n\n0027\nin\0put`);
      expect((await host.run({ argv: ["cat"] })).stdout.length).to.equal(0);
    });

    it("takes large input and output without a knot", async () => {
      const input = randomBytes(1_500_000);
      const result = await host.run({ argv: ["cat"], stdin: input });
      expect(result.stdout.equals(input)).to.equal(true);
    });

    it("says when a command or its folder is not there", async () => {
      expect((await failureOf(host.run({ argv: ["no-such-command"] }))) as HostError).to.include({
        errno: "ENOENT",
        path: "no-such-command",
      });
      expect((await failureOf(host.run({ argv: ["true"], cwd: at("missing") }))) as HostError).to.include({
        errno: "ENOENT",
        path: at("missing"),
      });
      writeFileSync(at("not-executable"), "x", { mode: 0o600 });
      expect((await failureOf(host.run({ argv: [at("not-executable")] }))) as HostError).to.include({
        errno: "EACCES",
      });
    });

    it("keeps output up to the limit and counts the rest", async () => {
      const result = await host.run({ script: "head -c 300000 /dev/zero", limit: 1000 });
      expect(result.stdout.length).to.equal(1000);
      expect(result.dropped).to.be.within(290_000, 299_000);
      expect(result.code).to.equal(0);
    });

    it("shows output as it comes", async () => {
      const seen: string[] = [];
      await host.run({
        script: "echo one; echo two >&2",
        onOutput: (stream, chunk) => seen.push(`${stream} ${chunk}`),
      });
      expect(seen).to.have.members(["stdout one\n", "stderr two\n"]);
    });

    it("ends a command and all it started at its deadline", async () => {
      const result = await host.run({
        script: `sleep 97 & echo $! > '${at("pid")}'; trap '' TERM; sleep 98`,
        timeout: 0.3,
      });
      expect(result.timedOut).to.equal(true);
      expect(result.code).to.be.greaterThan(128);
      const pid = readFileSync(at("pid"), "utf8").trim();
      expect(existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")).to.equal(false);
    });

    it("does not wait for a daemon that keeps the output open", async () => {
      const result = await host.run({ script: `setsid sleep 30 & echo $! > '${at("daemon")}'; echo started` });
      expect(result.stdout.toString()).to.equal("started\n");
      const pid = Number(readFileSync(at("daemon"), "utf8"));
      process.kill(pid, "SIGKILL");
    });

    it("has no answer mixed up when much is asked at once", async () => {
      const answers = await Promise.all(
        [...Array(30).keys()].map(async (index) => {
          if (index % 3 === 0) return (await host.run({ argv: ["echo", String(index)] })).stdout.toString().trim();
          if (index % 3 === 1) return (await host.stat(`/nowhere/${index}`)) === undefined ? String(index) : "found";
          await host.write(at(`many-${index}`), String(index));
          return (await host.read(at(`many-${index}`))).toString();
        }),
      );
      expect(answers).to.deep.equal([...Array(30).keys()].map(String));
    });

    it("sends what is read in the same tick as one message", async () => {
      const before = opened.stats.roundTrips;
      await Promise.all([...Array(20).keys()].map((index) => host.stat(`/etc/${index}`)));
      expect(opened.stats.roundTrips - before).to.equal(1);
    });
  });
}
