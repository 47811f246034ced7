import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { archiveFormat, refuseOutside, strippedFolders, unpackedName } from "../../../engine/modules/archive-format.ts";
import { tarMembers } from "../../../engine/modules/archive-list.ts";
import { digestIn, wantedChecksum } from "../../../engine/modules/download.ts";
import { fileName, getUrl } from "../../../engine/modules/get-url.ts";
import { parseHeaders, requestOf } from "../../../engine/modules/http-request.ts";
import type { AnyModule } from "../../../engine/modules/module.ts";
import { unarchive } from "../../../engine/modules/unarchive.ts";
import { uri } from "../../../engine/modules/uri.ts";
import { encodeForm } from "../../../engine/modules/uri-body.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const failure = (module: AnyModule, params: RawParams, host: SimulatedHost) =>
  messageOf(planAndApply(module, params, host));

/** A web server behind the host's curl: path → body. */
function served(host: SimulatedHost, pages: Record<string, string>, modified = false): SimulatedHost {
  host.seed("/usr/bin/curl", { content: "", mode: 0o755 });
  return host.onRun(/^curl -q --config -/, (request, self) => {
    const config = String(request.stdin);
    const path = /^url = "http:\/\/web(\/[^"]*)"/m.exec(config)?.[1] ?? "";
    const since = /If-Modified-Since/.test(config);
    const body = pages[path];
    const status = body === undefined ? "404 Not Found" : since && !modified ? "304 Not Modified" : "200 OK";
    const sent = status.startsWith("200") ? (body ?? "") : "";
    const told = `HTTP/1.1 ${status}\r\nContent-Type: ${path.endsWith("json") ? "application/json" : "text/plain"}\r\nContent-Length: ${sent.length}\r\n\r\n\ntsplay-http-end ${status.slice(0, 3)} ${sent.length} http://web${path}\n`;
    const output = /^output = "(.*)"$/m.exec(config)?.[1] ?? "";
    if (output !== "/dev/fd/3") self.seed(output, sent);
    const stdout = request.script?.includes("sha1sum")
      ? `${createHash("sha1").update(sent).digest("hex")}  -\n`
      : output === "/dev/fd/3"
        ? sent
        : "";
    return { stdout, stderr: told };
  });
}

describe("module get_url", () => {
  const url = "http://web/a.txt";
  it("downloads what is not there, and not again what is not newer", async () => {
    const host = served(new SimulatedHost(), { "/a.txt": "hello\n" });
    const params = { url, dest: "/srv/a", mode: "0600" };
    const dry = await planOnly(getUrl, params, host);
    expect([dry.changed, host.text("/srv/a")]).to.deep.equal([true, undefined]);
    expect((await planAndApply(getUrl, params, host)).result).to.deep.include({
      changed: true,
      dest: "/srv/a",
      status_code: 200,
      msg: "OK (6 bytes)",
      mode: "0600",
      checksum_src: "f572d396fae9206628714fb2ce00f72e94f2258f",
      checksum_dest: null,
    });
    expect(host.text("/srv/a")).to.equal("hello\n");
    expect((await planAndApply(getUrl, params, host)).result).to.deep.include({ changed: false, status_code: 304 });
    expect([...host.inodes.keys()].filter((path) => path.includes("tsplay-download"))).to.deep.equal([]);
  });
  it("compares content where the server has something newer or force is on", async () => {
    const same = served(new SimulatedHost({ files: { "/srv/a": "hello\n" } }), { "/a.txt": "hello\n" }, true);
    expect((await planAndApply(getUrl, { url, dest: "/srv/a" }, same)).changed).to.equal(false);
    const other = served(new SimulatedHost({ files: { "/srv/a": "old\n" } }), { "/a.txt": "hello\n" });
    expect((await planOnly(getUrl, { url, dest: "/srv/a" }, other)).changed).to.equal(false);
    expect(
      (await planAndApply(getUrl, { url, dest: "/srv/a", force: true, backup: true }, other)).result.backup_file,
    ).to.match(/^\/srv\/a\.\d+/);
    expect(other.text("/srv/a")).to.equal("hello\n");
  });
  it("asks nobody when the checksum fits, and puts nothing in place when it does not", async () => {
    const digest = createHash("sha256").update("hello\n").digest("hex");
    const fits = served(new SimulatedHost({ files: { "/srv/a": "hello\n" } }), {});
    expect((await planAndApply(getUrl, { url, dest: "/srv/a", checksum: `sha256:${digest}` }, fits)).result).to.include(
      { changed: false, msg: "file already exists" },
    );
    expect(fits.commands).to.deep.equal([]);
    const host = served(new SimulatedHost(), { "/a.txt": "evil\n", "/SUMS": `${digest}  a.txt\n` });
    expect(await failure(getUrl, { url, dest: "/srv/a", checksum: "sha256:http://web/SUMS" }, host)).to.contain(
      "did not match",
    );
    expect(host.text("/srv/a")).to.equal(undefined);
  });
  it("keeps passwords out of arguments and out of the URL", async () => {
    const host = served(new SimulatedHost(), { "/a.txt": "x" });
    await planAndApply(
      getUrl,
      { url: "http://ann:s3cret@web/a.txt", dest: "/srv/a", headers: { "X-Token": "t0ken" } },
      host,
    );
    expect(host.commands.join("\n")).not.to.match(/s3cret|t0ken/);
    expect(String(host.requests[0]?.stdin))
      .to.contain('user = "ann:s3cret"')
      .and.to.contain('header = "X-Token: t0ken"');
  });
  it("says what the server said, and what is missing", async () => {
    expect(await failure(getUrl, { url: "http://web/none", dest: "/srv/a" }, served(new SimulatedHost(), {}))).to.equal(
      "Request failed: HTTP Error 404: Not Found",
    );
    expect(await failure(getUrl, { url, dest: "/srv/none/a" }, served(new SimulatedHost(), {}))).to.equal(
      "Destination /srv/none does not exist",
    );
    expect(await failure(getUrl, { url, dest: "/srv/a" }, new SimulatedHost())).to.equal(
      "the host has neither curl nor wget",
    );
  });
  it("uses apt's helper on a host that has nothing else", async () => {
    const host = new SimulatedHost({ files: { "/usr/lib/apt/apt-helper": "" } });
    host.onRun(/apt-helper download-file/, (request, self) => {
      self.seed(request.argv?.[3] ?? "", "hello\n");
      return {};
    });
    await planAndApply(getUrl, { url, dest: "/srv/a" }, host);
    expect(host.text("/srv/a")).to.equal("hello\n");
  });
});

describe("parts of downloads", () => {
  it("find a file's digest in lists of all forms", async () => {
    const digest = "d".repeat(64);
    for (const list of [`${digest}\n`, `${digest}  a.txt\n`, `${digest} *./x/a.txt\n`, `SHA256 (a.txt) = ${digest}\n`])
      expect(digestIn(list, "a.txt")).to.equal(digest);
    expect(digestIn(`${digest}  b.txt\n${digest}  c.txt\n`, "a.txt")).to.equal(undefined);
    const wrong = await messageOf(wantedChecksum("sha256", "a", async () => ""));
    expect(wrong).to.contain("has to be in format <algorithm>:<checksum>");
  });
  it("read the last of several answers, and names from URLs", () => {
    expect(parseHeaders("HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\nHTTP/2 200 \r\nA-B: c: d\r\n\r\n")).to.deep.equal({
      status: 200,
      reason: "",
      headers: [["a-b", "c: d"]],
    });
    expect(fileName("http://x/a%20b.txt?q=/c")).to.equal("a b.txt");
    expect(fileName("http://x")).to.equal("index.html");
    expect(requestOf("https://u:p%40@x/y", { validate_certs: true, use_proxy: true, http_agent: "a" })).to.include({
      url: "https://x/y",
      user: "u",
      password: "p@",
    });
    expect(encodeForm({ a: 1, b: ["x y", true] })).to.equal("a=1&b=x+y&b=True");
  });
});

describe("module uri", () => {
  it("returns status, headers and JSON, and never counts as a change", async () => {
    const host = served(new SimulatedHost(), { "/x.json": '{"a": [1]}' });
    const { result } = await planAndApply(uri, { url: "http://web/x.json" }, host);
    expect(result).to.deep.include({
      changed: false,
      status: 200,
      json: { a: [1] },
      content_type: "application/json",
      redirected: false,
      msg: "OK (10 bytes)",
    });
    expect(result).not.to.have.property("content");
    const dry = await planOnly(uri, { url: "http://web/x.json" }, host);
    expect([dry.result.changed, dry.plan.outcome?.keys.includes("json")]).to.deep.equal([false, true]);
  });
  it("fails on other statuses than those asked for, and sends bodies from a private file", async () => {
    const host = served(new SimulatedHost(), { "/p": "ok" });
    expect((await planAndApply(uri, { url: "http://web/none" }, host)).result).to.include({
      failed: true,
      status: 404,
      msg: "Status code was 404 and not [200]: HTTP Error 404: Not Found",
    });
    expect(
      (await planAndApply(uri, { url: "http://web/none", status_code: [200, 404] }, host)).result,
    ).not.to.have.property("failed");
    await planAndApply(
      uri,
      { url: "http://web/p", method: "post", body: { password: "s3cret" }, body_format: "json", return_content: true },
      host,
    );
    expect(host.commands.join("\n")).not.to.contain("s3cret");
    expect(String(host.requests.at(-1)?.stdin)).to.match(
      /request = "POST"[\s\S]*Content-Type: application\/json[\s\S]*data-binary = "@\/tmp\//,
    );
  });
});

describe("module unarchive", () => {
  let folder: string;
  let archive: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "archive-"));
    mkdirSync(join(folder, "app/sub"), { recursive: true });
    writeFileSync(join(folder, "app/a"), "A\n", { mode: 0o644 });
    writeFileSync(join(folder, "app/sub/b"), "B\n", { mode: 0o644 });
    archive = join(folder, "app.tar.gz");
    execFileSync("tar", ["-czf", archive, "-C", folder, "app"]);
  });
  after(() => rmSync(folder, { recursive: true }));
  const target = () => {
    const host = new SimulatedHost();
    host.onRun(/^head -c/, (request, self) => ({
      stdout: self.inodes.get(request.argv?.[3] ?? "")?.content.subarray(0, 262) ?? "",
    }));
    host.onRun(/^tar --list/, { stdout: "app/\napp/a\napp/sub/\napp/sub/b\n" });
    return host.onRun(/^tar --extract/, (request, self) => {
      const strip = request.argv?.includes("--strip-components=1");
      const root = strip ? "/srv" : "/srv/app";
      self.seed(`${root}/a`, "A\n");
      self.seed(`${root}/sub/b`, "B\n");
      return {};
    });
  };
  it("is sent only to a host that lacks some of it", async () => {
    const host = target();
    const params = { src: archive, dest: "/srv" };
    const dry = await planOnly(unarchive, params, host);
    expect(dry.predictions.map((one) => one.kind === "path" && one.path)).to.include.members([
      "/srv/app",
      "/srv/app/sub/b",
    ]);
    expect((await planAndApply(unarchive, params, host)).result).to.deep.include({
      changed: true,
      dest: "/srv",
      handler: "TgzArchive",
    });
    const { upload } = host.counts;
    expect((await planAndApply(unarchive, { ...params, list_files: true }, host)).result).to.deep.include({
      changed: false,
    });
    expect(host.counts.upload).to.equal(upload);
    host.seed("/srv/app/a", "other\n");
    expect((await planOnly(unarchive, params, host)).changed).to.equal(true);
    expect([...host.inodes.keys()].filter((path) => path.includes("tsplay-archive"))).to.deep.equal([]);
  });
  it("knows what --strip-components, include and creates mean", async () => {
    const host = target();
    const params = { src: archive, dest: "/srv", extra_opts: ["--strip-components=1"] };
    expect((await planAndApply(unarchive, params, host)).changed).to.equal(true);
    expect((await planAndApply(unarchive, params, host)).changed).to.equal(false);
    expect((await planOnly(unarchive, { ...params, creates: "/srv/a" }, host)).plan.skipped).to.equal(
      "skipped, since /srv/a exists",
    );
    host.seed("/srv/sub/b", "other");
    expect((await planOnly(unarchive, { ...params, include: ["app/a"] }, host)).changed).to.equal(false);
  });
  it("sets attributes of what is there already", async () => {
    const host = target();
    await planAndApply(unarchive, { src: archive, dest: "/srv" }, host);
    expect((await planAndApply(unarchive, { src: archive, dest: "/srv", mode: "u=rwX,go=" }, host)).changed).to.equal(
      true,
    );
    expect((await host.stat("/srv/app/a"))?.mode).to.equal(0o600);
  });
  it("streams a URL's archive through tar on the host to see whether anything differs", async () => {
    let said = "tar: : Warning: Cannot stat: No such file or directory\n";
    const host = target();
    host.seed("/usr/bin/curl", "");
    host.seed("/srv/a", "A\n");
    host.onRun(/tar --diff/, () => ({
      stdout: said,
      stderr: "HTTP/1.1 200 OK\r\n\r\n\ntsplay-http-end 200 9 http://web/app.tar.gz\n",
    }));
    const params = {
      src: "http://web/app.tar.gz",
      dest: "/srv",
      remote_src: true,
      extra_opts: ["--strip-components=1"],
    };
    expect((await planOnly(unarchive, params, host)).changed).to.equal(false);
    expect(host.counts.write ?? 0).to.equal(0);
    said = "a: Uid differs\nb: Mode differs\n";
    expect((await planOnly(unarchive, params, host)).changed).to.equal(true);
    expect((await planOnly(unarchive, { ...params, exclude: ["b"], extra_opts: [] }, host)).changed).to.equal(true);
    said = "a: Uid differs\na: Gid differs\n";
    expect((await planOnly(unarchive, params, host)).changed).to.equal(false);
  });
  it("refuses members that lead out, and what is no archive", async () => {
    expect(() => refuseOutside("a/../../etc/passwd")).to.throw("leads out of the destination");
    const evil = join(folder, "evil.tar");
    execFileSync("tar", ["-cPf", evil, "-C", folder, "--transform=s,^app/a$,../evil,", "app/a"]);
    expect((await tarMembers(evil)).map((member) => member.name)).to.deep.equal(["../evil"]);
    expect(await failure(unarchive, { src: evil, dest: "/srv" }, target())).to.contain("leads out of the destination");
    writeFileSync(join(folder, "plain.txt"), "x");
    expect(await failure(unarchive, { src: join(folder, "plain.txt"), dest: "/srv" }, target())).to.contain(
      "Failed to find handler",
    );
    expect(await failure(unarchive, { src: archive, dest: "/none" }, target())).to.equal(
      "dest '/none' must be an existing dir",
    );
  });
  it("tells kinds of archives by their first bytes, and names after stripping", () => {
    expect(archiveFormat(readFileSync(archive), "x").handler).to.equal("TgzArchive");
    expect(archiveFormat(Buffer.from("PK\x03\x04"), "x").kind).to.equal("zip");
    expect(strippedFolders(["--strip-components", "2", "--no-same-owner"])).to.equal(2);
    expect(strippedFolders(["--transform=s/a/b/"])).to.equal(undefined);
    expect(unpackedName("./a/b/c", 1, [], [])).to.equal("b/c");
    expect(unpackedName("a", 1, [], [])).to.equal(undefined);
    expect(unpackedName("a/b", 0, [], ["a/*"])).to.equal(undefined);
  });
});
