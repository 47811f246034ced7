import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { Header, list } from "tar";
import { HostError } from "../../../engine/host/host.ts";
import { createPredictedHost, PredictionStore } from "../../../engine/host/predicted.ts";
import { ociImage } from "../../../engine/modules/oci-image.ts";
import { fullName } from "../../../engine/modules/oci-names.ts";
import { digestCache } from "../../../engine/modules/oci-pieces.ts";
import { parseCheck } from "../../../engine/modules/oci-runtime.ts";
import { messageOf } from "../../failure.ts";
import { type DriverOptions, type Outcome, planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";
import { elfFile } from "./oci-elf-file.ts";

const AMD64 = 62;
const ARM64 = 183;
const LOADER = "/lib64/ld-linux-x86-64.so.2";

interface Member {
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
  readonly time: number;
  readonly target: string;
  readonly content: Buffer;
}

/** What a tar holds, as another reader of tars sees it. */
async function unpacked(archive: Buffer): Promise<Map<string, Member>> {
  const found = new Map<string, Member>();
  const waiting: Promise<void>[] = [];
  const file = join(mkdtempSync(join(tmpdir(), "tsplay-oci-read-")), "x.tar");
  writeFileSync(file, archive);
  await list({
    file,
    onReadEntry(entry) {
      const { path, type, mode, uid, gid, mtime, linkpath } = entry;
      const chunks: Buffer[] = [];
      entry.on("data", (chunk) => chunks.push(chunk));
      waiting.push(
        new Promise((done) =>
          entry.on("end", () => {
            found.set(path, {
              type,
              mode: ((mode ?? 0) & 0o7777).toString(8),
              owner: `${uid}:${gid}`,
              time: Number(mtime),
              target: linkpath ?? "",
              content: Buffer.concat(chunks),
            });
            done();
          }),
        ),
      );
    },
  });
  await Promise.all(waiting);
  rmSync(dirname(file), { recursive: true });
  return found;
}

/** The files of the last layer of an archive. */
async function layerOf(archive: Buffer): Promise<Map<string, Member>> {
  const members = await unpacked(archive);
  const [image] = JSON.parse(members.get("manifest.json")?.content.toString() ?? "") as [{ Layers: string[] }];
  return unpacked(members.get(image.Layers.at(-1) ?? "")?.content ?? Buffer.alloc(0));
}

const sha256 = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** A containerd that keeps what is imported: it believes the archive's index, as the real one does. */
function containerd(): { host: SimulatedHost; images: Map<string, string> } {
  const images = new Map<string, string>();
  const host = new SimulatedHost({ files: { "/var/tmp": { type: "directory" } } })
    .onRun(/^ctr --namespace k8s.io images check/, ({ argv = [] }) => ({
      stdout: [
        "REF TYPE DIGEST STATUS SIZE UNPACKED",
        ...argv
          .slice(5)
          .map((filter) => filter.replace("name==", ""))
          .flatMap((name) => {
            const digest = images.get(name);
            return digest ? [`${name} x.y/z+json ${digest} complete (2/2) 1.0 KiB/1.0 KiB true`] : [];
          }),
      ].join("\n"),
    }))
    .onRun(/^ctr --namespace k8s.io images import/, async ({ argv = [] }, self) => {
      const members = await unpacked(await self.read(argv.at(-1) ?? ""));
      const index = JSON.parse(members.get("index.json")?.content.toString() ?? "{}");
      for (const { digest, annotations } of index.manifests) {
        const blob = members.get(digest.replace("sha256:", "blobs/sha256/"));
        expect(sha256(blob?.content ?? Buffer.alloc(0))).to.equal(digest);
        images.set(annotations["io.containerd.image.name"], digest);
      }
      return {};
    })
    .onRun(/^ctr --namespace k8s.io images rm/, ({ argv = [] }) => {
      images.delete(argv.at(-1) ?? "");
      return {};
    });
  return { host, images };
}

describe("module oci_image", () => {
  let folder = "";
  let cache: string | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsplay-oci-"));
    cache = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = join(folder, "cache");
  });
  afterEach(() => {
    if (cache === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cache;
    rmSync(folder, { recursive: true });
  });

  /** A file of the controller. */
  function file(name: string, content: string | Buffer, mode = 0o644): string {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  /** The archive that is written for these parameters. */
  async function archive(params: RawParams, host = new SimulatedHost()): Promise<{ bytes: Buffer; outcome: Outcome }> {
    const all = { runtime: "archive", dest: "/srv/x.tar", name: "r.test/a:1", ...params };
    const outcome = await planAndApply(ociImage, all, host);
    return { bytes: await host.read("/srv/x.tar"), outcome };
  }

  async function refusal(params: RawParams, host = containerd().host, options?: DriverOptions): Promise<string> {
    return messageOf(planAndApply(ociImage, params, host, options));
  }

  describe("the image", () => {
    it("holds files, folders, texts and links, all root's and without times", async () => {
      const program = file("program", "#!/bin/sh\n", 0o700);
      file("tree/sub/data", "data");
      symlinkSync("data", join(folder, "tree/sub/link"));
      const { bytes } = await archive({
        files: [
          { src: program, dest: "/usr/bin/" },
          { src: join(folder, "tree"), dest: "/opt/tree" },
          { content: "text\n", dest: "/etc/text", mode: "0600" },
          { dest: "/tmp", mode: "1777" },
        ],
        symlinks: { "/bin/other": "/usr/bin/program" },
      });
      const layer = await layerOf(bytes);
      expect([...layer.keys()]).to.deep.equal([
        "bin/",
        "bin/other",
        "etc/",
        "etc/text",
        "opt/",
        "opt/tree/",
        "opt/tree/sub/",
        "opt/tree/sub/data",
        "opt/tree/sub/link",
        "tmp/",
        "usr/",
        "usr/bin/",
        "usr/bin/program",
      ]);
      expect([...layer.values()].every(({ owner, time }) => owner === "0:0" && time === 0)).to.equal(true);
      expect(layer.get("usr/bin/program")).to.include({ mode: "755", type: "File" });
      expect(layer.get("usr/bin/program")?.content.toString()).to.equal("#!/bin/sh\n");
      expect(layer.get("etc/text")).to.include({ mode: "600" });
      expect(layer.get("tmp/")).to.include({ mode: "1777" });
      expect(layer.get("bin/other")).to.include({ type: "SymbolicLink", target: "/usr/bin/program" });
      expect(layer.get("opt/tree/sub/link")).to.include({ target: "data" });
    });

    it("has settings that a runtime reads", async () => {
      const params = {
        files: [{ content: "x", dest: "/x" }],
        entrypoint: ["/x"],
        cmd: ["-v"],
        env: { B: "2", A: 1 },
        user: "1000:1000",
        workdir: "/srv",
        labels: { who: "me" },
        architecture: "arm",
        variant: "v7",
      };
      const { bytes, outcome } = await archive(params);
      const members = await unpacked(bytes);
      const [image] = JSON.parse(String(members.get("manifest.json")?.content));
      const config = members.get(image.Config)?.content ?? Buffer.alloc(0);
      expect(sha256(config)).to.equal(outcome.result.id);
      expect(JSON.parse(String(config))).to.deep.include({
        architecture: "arm",
        variant: "v7",
        os: "linux",
        config: {
          User: "1000:1000",
          Env: ["A=1", "B=2", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
          Entrypoint: ["/x"],
          Cmd: ["-v"],
          WorkingDir: "/srv",
          Labels: { who: "me" },
        },
      });
      expect(JSON.parse(String(config)).rootfs.diff_ids).to.deep.equal([
        sha256(members.get(image.Layers[0])?.content ?? Buffer.alloc(0)),
      ]);
    });

    it("is the same for the same content, whenever and wherever it was made", async () => {
      const one = file("one/program", "same", 0o755);
      const two = file("two/else", "same", 0o711);
      utimesSync(two, 1, 1);
      const first = await archive({ files: [{ src: one, dest: "/p" }] });
      const second = await archive({ files: [{ src: two, dest: "/p" }] });
      expect(second.bytes.equals(first.bytes)).to.equal(true);
      appendFileSync(two, "!");
      const third = await archive({ files: [{ src: two, dest: "/p" }] });
      expect(third.outcome.result.digest).to.not.equal(first.outcome.result.digest);
    });

    it("takes long names and names beyond ASCII", async () => {
      const long = `${"folder-of-a-long-name/".repeat(8)}${"n".repeat(120)}`;
      const { bytes } = await archive({
        files: [
          { content: "1", dest: `/${long}` },
          { content: "2", dest: "/naïve" },
        ],
        symlinks: { "/to": `/${long}` },
      });
      const layer = await layerOf(bytes);
      expect(layer.get(long)?.content.toString()).to.equal("1");
      expect(layer.get("naïve")?.content.toString()).to.equal("2");
      expect(layer.get("to")?.target).to.equal(`/${long}`);
    });

    it("has a folder of the controller as its root, and files laid over it", async () => {
      file("root/usr/bin/sh", "old", 0o755);
      symlinkSync("usr/bin", join(folder, "root/bin"));
      const { bytes } = await archive({
        rootfs: join(folder, "root"),
        files: [{ content: "new", dest: "/bin/sh", mode: "0755" }],
      });
      const layer = await layerOf(bytes);
      expect(layer.get("bin")).to.include({ type: "SymbolicLink" });
      expect(layer.get("usr/bin/sh")?.content.toString()).to.equal("new");
    });

    it("has a tarball as its first layer as it is, packed or not", async () => {
      const inner = Buffer.alloc(2048);
      new Header({ path: "hello", type: "File", mode: 0o644, size: 5, uid: 7, gid: 7, mtime: new Date(9000) }).encode(
        inner,
      );
      inner.write("world", 512);
      const plain = await archive({ tarball: file("plain.tar", inner) });
      const packed = await archive({ tarball: file("packed.tar.gz", gzipSync(inner)) });
      const diffs = await Promise.all(
        [plain, packed].map(async ({ bytes, outcome }) => {
          const members = await unpacked(bytes);
          const config = members.get(String(outcome.result.id).replace("sha256:", "blobs/sha256/"));
          return JSON.parse(String(config?.content)).rootfs.diff_ids;
        }),
      );
      expect(diffs).to.deep.equal([[sha256(inner)], [sha256(inner)]]);
      expect((await layerOf(plain.bytes)).get("hello")).to.include({ owner: "7:7" });
      expect(
        await refusal({ name: "a", tarball: file("x.tar.xz", Buffer.from("fd377a585a000000", "hex")) }),
      ).to.contain("is compressed with xz");
    });

    it("refuses what cannot be one image", async () => {
      const amd = file("amd", elfFile({ machine: AMD64 }), 0o755);
      const arm = file("arm", elfFile({ machine: ARM64 }), 0o755);
      const files = [{ src: amd, dest: "/a" }];
      expect(await refusal({ name: "a", files: [...files, { src: arm, dest: "/b" }] })).to.equal(
        "/b is for arm64, but /a for amd64: an image is for one architecture",
      );
      expect(await refusal({ name: "a", files, architecture: "arm64" })).to.equal(
        "the programs are for amd64, the image would be for arm64",
      );
      expect(
        await refusal({
          name: "a",
          files: [
            { content: "", dest: "/a" },
            { content: "", dest: "/a/b" },
          ],
        }),
      ).to.equal("/a/b lies below /a, which is no folder");
      expect(await refusal({ name: "A:1", files })).to.equal("'A:1' is no name of an image");
      expect(await refusal({ name: "a", files: [{ src: join(folder, "none"), dest: "/a" }] })).to.contain(
        "Could not find or access",
      );
    });

    it("is for the architecture of its programs", async () => {
      const { outcome } = await archive({ files: [{ src: file("arm", elfFile({ machine: ARM64 })), dest: "/p" }] });
      expect(outcome.result.images).to.have.nested.property("[0].architecture", "arm64");
    });
  });

  describe("libraries", () => {
    const library = (name: string, needed: readonly string[] = [], machine = AMD64) =>
      file(name, elfFile({ machine, needed }));

    it("are those of programs and of plugins, with the loader, found below the roots", async () => {
      library("root/lib/x86_64-linux-gnu/ld-2.36.so");
      mkdirSync(join(folder, "root/lib64"), { recursive: true });
      symlinkSync("/lib/x86_64-linux-gnu/ld-2.36.so", join(folder, "root", LOADER));
      library("root/usr/lib/x86_64-linux-gnu/libone.so.1", ["libtwo.so.2"]);
      library("root/usr/lib/x86_64-linux-gnu/libtwo.so.2", ["libone.so.1"]);
      library("root/lib/x86_64-linux-gnu/libm.so.6");
      library("root/opt/own/libown.so");
      library("plugins/libxt_statistic.so", ["libm.so.6"]);
      const program = file(
        "program",
        elfFile({
          machine: AMD64,
          needed: ["libone.so.1", "libown.so"],
          runpath: "$ORIGIN/../own",
          interpreter: LOADER,
        }),
      );
      const { bytes } = await archive({
        files: [
          { src: program, dest: "/opt/bin/program" },
          { src: join(folder, "plugins"), dest: "/usr/lib/x86_64-linux-gnu/xtables" },
        ],
        libraries: true,
        library_roots: [join(folder, "root")],
      });
      expect([...(await layerOf(bytes))].filter(([, { type }]) => type === "File").map(([path]) => path)).to.deep.equal(
        [
          "lib/x86_64-linux-gnu/libm.so.6",
          "lib64/ld-linux-x86-64.so.2",
          "opt/bin/program",
          "opt/own/libown.so",
          "usr/lib/x86_64-linux-gnu/libone.so.1",
          "usr/lib/x86_64-linux-gnu/libtwo.so.2",
          "usr/lib/x86_64-linux-gnu/xtables/libxt_statistic.so",
        ],
      );
    });

    it("of another machine do not count, and one that is missing is named", async () => {
      library("root/usr/lib/libone.so.1", [], ARM64);
      const program = file("program", elfFile({ machine: AMD64, needed: ["libone.so.1"] }));
      const params = { name: "a", libraries: true, library_roots: [join(folder, "root")] };
      const files = [{ src: program, dest: "/p" }];
      expect(await refusal({ ...params, files })).to.contain(
        "/p needs libone.so.1, which is in no folder of libraries",
      );
      library("root/usr/lib/x86_64-linux-gnu/libone.so.1");
      expect((await planAndApply(ociImage, { ...params, files }, containerd().host)).changed).to.equal(true);
    });

    it("that the image has already are left as they are", async () => {
      library("root/usr/lib/libone.so.1");
      library("rootfs/usr/lib/libone.so.1", ["libc.so.6"]);
      library("rootfs/usr/lib/libc.so.6");
      const program = file("program", elfFile({ machine: AMD64, needed: ["libone.so.1"] }));
      const { bytes } = await archive({
        rootfs: join(folder, "rootfs"),
        files: [{ src: program, dest: "/p" }],
        libraries: true,
        library_roots: [join(folder, "root")],
      });
      const kept = (await layerOf(bytes)).get("usr/lib/libone.so.1")?.content.length;
      expect(kept).to.equal(elfFile({ machine: AMD64, needed: ["libc.so.6"] }).length);
    });
  });

  describe("a runtime", () => {
    const files = [{ content: "hello", dest: "/hello" }];

    it("gets an image once, and again when it differs", async () => {
      const { host, images } = containerd();
      const params = { name: ["r.test/a:1", "r.test/a:2"], files };
      const dry = await planOnly(ociImage, params, host);
      expect(images.size).to.equal(0);
      const first = await planAndApply(ociImage, params, host);
      expect([dry.changed, first.changed]).to.deep.equal([true, true]);
      expect([...images.values()]).to.deep.equal([first.result.digest, first.result.digest]);
      expect(dry.diff[0]).to.include({
        before: "",
        after: `r.test/a:1 ${first.result.digest}\nr.test/a:2 ${first.result.digest}\n`,
      });
      expect((await planAndApply(ociImage, params, host)).changed).to.equal(false);
      const other = await planAndApply(ociImage, { ...params, cmd: ["x"] }, host);
      expect(other.changed).to.equal(true);
      expect(other.diff[0]?.before).to.contain(String(first.result.digest));
      images.delete("r.test/a:2");
      expect((await planOnly(ociImage, { ...params, cmd: ["x"] }, host)).what).to.deep.equal(["import r.test/a:2"]);
      expect(await host.walk("/var/tmp")).to.deep.equal([]);
    });

    it("gets it again when parts are missing there", () => {
      const digest = `sha256:${"a".repeat(64)}`;
      const line = (status: string, unpackedNow: string) =>
        `n:1 t ${digest} ${status} 1.0 KiB/2.0 KiB ${unpackedNow}\n`;
      const found = (text: string) => parseCheck(`REF TYPE DIGEST STATUS SIZE UNPACKED\n${text}`).get("n:1");
      expect(found(line("complete (2/2)", "true"))).to.deep.equal({ digest, isComplete: true });
      expect(found(line("incomplete (1/2)", "true"))?.isComplete).to.equal(false);
      expect(found(line("complete (2/2)", "false"))?.isComplete).to.equal(false);
      expect(found("")).to.equal(undefined);
    });

    it("is docker: known by the image's id, loaded by name", async () => {
      let held = "";
      const host = new SimulatedHost({ files: { "/var/tmp": { type: "directory" } } })
        .onRun("docker image inspect --format {{.Id}} docker.io/library/a:latest", () =>
          held === "" ? { code: 1, stderr: "Error: No such image: a" } : { stdout: `${held}\n` },
        )
        .onRun(/^docker load --input/, async ({ argv = [] }, self) => {
          const members = await unpacked(await self.read(argv.at(-1) ?? ""));
          expect(members.has("index.json")).to.equal(false);
          const [{ Config, RepoTags }] = JSON.parse(String(members.get("manifest.json")?.content));
          expect(RepoTags).to.deep.equal(["docker.io/library/a:latest"]);
          held = Config.replace("blobs/sha256/", "sha256:");
          return {};
        });
      const params = { name: "a", files, runtime: "docker" };
      expect((await planAndApply(ociImage, params, host)).result.id).to.equal(held);
      expect((await planAndApply(ociImage, params, host)).changed).to.equal(false);
    });

    it("loses an image with state=absent", async () => {
      const { host, images } = containerd();
      images.set("r.test/a:1", `sha256:${"b".repeat(64)}`);
      const params = { name: ["r.test/a:1", "r.test/b:1"], state: "absent" };
      expect((await planOnly(ociImage, params, host)).what).to.deep.equal(["remove the image r.test/a:1"]);
      await planAndApply(ociImage, params, host);
      expect(images.size).to.equal(0);
      expect((await planAndApply(ociImage, params, host)).changed).to.equal(false);
    });

    it("keeps a new image only if it runs", async () => {
      const { host, images } = containerd();
      const verify = { command: ["/hello", "--version"], stdout: "^hello 1" };
      host.onRun(/^ctr --namespace k8s.io run --rm r.test\/a:1 tsplay-verify-\w+ \/hello --version$/, {
        stdout: "hello 2\n",
      });
      expect(await refusal({ name: "r.test/a:1", files, verify }, host)).to.equal(
        "r.test/a:1 does not work and was removed: /hello --version wrote what does not match ^hello 1: hello 2",
      );
      expect(images.size).to.equal(0);
      host.onRun(/ run --rm /, { code: 127, stderr: "exec: not found" });
      expect(await refusal({ name: "r.test/a:1", files, verify }, host)).to.contain(
        "ended with status 127 instead of 0",
      );
      host.onRun(/ run --rm /, { stdout: "hello 1.0\n" });
      const { result } = await planAndApply(ociImage, { name: "r.test/a:1", files, verify }, host);
      expect(result.verified).to.equal("hello 1.0\n");
      const runs = host.commands.length;
      await planAndApply(ociImage, { name: "r.test/a:1", files, verify }, host);
      expect(host.commands.slice(runs).some((command) => command.includes("run --rm"))).to.equal(false);
    });

    it("that is not there or does not answer is told with what to do", async () => {
      const missing = new SimulatedHost().onRun(/^ctr /, () => {
        throw new HostError({ code: "host-enoent", message: "ctr: No such file" }, { errno: "ENOENT" });
      });
      expect(await refusal({ name: "a", files }, missing)).to.contain("ctr is not on this host");
      const store = new PredictionStore();
      const predicted = createPredictedHost(missing, store);
      const dry = () => planOnly(ociImage, { name: "a", files }, predicted, { check: true });
      expect(await messageOf(dry())).to.contain("ctr is not on this host");
      store.add([{ kind: "package", name: "containerd", version: "1.6.20" }]);
      expect((await dry()).what).to.deep.equal(["import docker.io/library/a:latest"]);
      const silent = new SimulatedHost().onRun(/^ctr /, { code: 1, stderr: "ctr: failed to dial: no such file" });
      expect(await refusal({ name: "a", files }, silent)).to.equal(
        "ctr does not reach its runtime: ctr: failed to dial: no such file",
      );
      const starts = {
        predictions: { of: () => [{ kind: "unit", name: "containerd.service" }] },
      } as unknown as DriverOptions;
      expect((await planOnly(ociImage, { name: "a", files }, silent, starts)).changed).to.equal(true);
    });

    it("fails where the import brought something else", async () => {
      const { host, images } = containerd();
      host.onRun(/images import/, () => {
        images.set("r.test/a:1", `sha256:${"c".repeat(64)}`);
        return {};
      });
      expect(await refusal({ name: "r.test/a:1", files }, host)).to.contain(
        "after the import r.test/a:1 is sha256:ccc",
      );
    });
  });

  describe("an archive", () => {
    it("is written once, and read by the same module with the same digests", async () => {
      const host = new SimulatedHost();
      const params = { name: ["r.test/a:1", "r.test/b:1"], files: [{ content: "x", dest: "/x" }] };
      const { bytes, outcome } = await archive(params, host);
      expect((await archive(params, host)).outcome.changed).to.equal(false);
      expect((await archive({ ...params, mode: "0600" }, host)).outcome.changed).to.equal(true);
      const again = await planAndApply(ociImage, { archive: file("x.tar", bytes) }, containerd().host);
      expect(again.result.digest).to.equal(outcome.result.digest);
      expect(again.result.names).to.deep.equal(["r.test/a:1", "r.test/b:1"]);
      const renamed = await planAndApply(ociImage, { archive: join(folder, "x.tar"), name: "c" }, containerd().host);
      expect(renamed.result.names).to.deep.equal(["docker.io/library/c:latest"]);
      const gone = { runtime: "archive", dest: "/srv/x.tar", state: "absent" };
      expect((await planAndApply(ociImage, gone, host)).changed).to.equal(true);
      expect((await planAndApply(ociImage, gone, host)).changed).to.equal(false);
    });

    it("of docker's older kind is read too, with links between layers", async () => {
      const layer = Buffer.alloc(1024);
      const config = Buffer.from(JSON.stringify({ architecture: "amd64", rootfs: { diff_ids: [sha256(layer)] } }));
      const entry = (path: string, content: Buffer) => {
        const padded = Buffer.alloc(Math.ceil(content.length / 512) * 512);
        content.copy(padded);
        return Buffer.concat([head({ path, type: "File", size: content.length }), padded]);
      };
      const head = (data: object) => {
        const block = Buffer.alloc(512);
        new Header({ mode: 0o644, uid: 0, gid: 0, ...data }).encode(block);
        return block;
      };
      const list = [{ Config: "c.json", RepoTags: ["old:1"], Layers: ["one/layer.tar", "two/layer.tar"] }];
      const bytes = Buffer.concat([
        entry("one/layer.tar", layer),
        head({ path: "two/layer.tar", type: "SymbolicLink", linkpath: "../one/layer.tar", size: 0 }),
        entry("c.json", config),
        entry("manifest.json", Buffer.from(JSON.stringify(list))),
        Buffer.alloc(1024),
      ]);
      const { host, images } = containerd();
      const { result } = await planAndApply(ociImage, { archive: file("old.tar", bytes) }, host);
      expect(result.id).to.equal(sha256(config));
      expect([...images.keys()]).to.deep.equal(["docker.io/library/old:1"]);
    });

    it("that is cut off, packed, foreign or lacks what is asked is refused", async () => {
      const { bytes } = await archive({ files: [{ content: "x".repeat(4000), dest: "/x" }] });
      const one = (name: string, content: Buffer) => refusal({ archive: file(name, content) });
      expect(await one("cut.tar", bytes.subarray(0, 1500))).to.contain("it was not written completely");
      expect(await one("packed.tar", gzipSync(bytes))).to.contain("is compressed with gzip");
      expect(await one("text.tar", Buffer.alloc(1024, "text"))).to.contain("is no tar archive");
      expect(await one("empty.tar", Buffer.alloc(1024))).to.contain("neither index.json nor manifest.json");
      file("x.tar", bytes);
      const two = await archive({ archive: join(folder, "x.tar"), name: ["r.test/p:1"] });
      expect(two.outcome.changed).to.equal(true);
    });

    it("is not read again while it stays the same, and never when it changes under the hand", async () => {
      const big = file("big", Buffer.alloc(300_000, "b"));
      const params = { files: [{ src: big, dest: "/big" }] };
      const { outcome } = await archive(params);
      const { readdirSync } = await import("node:fs");
      const remembered = readdirSync(digestCache());
      expect(remembered).to.have.lengthOf(2);
      for (const name of remembered) writeFileSync(join(digestCache(), name), `sha256:${"0".repeat(64)}`);
      expect(
        (await planOnly(ociImage, { name: "r.test/a:1", ...params }, containerd().host)).result.digest,
      ).to.not.equal(outcome.result.digest);
      const plan = await planOnly(ociImage, { name: "r.test/a:1", ...params }, containerd().host);
      appendFileSync(big, "more");
      const [change] = plan.plan.changes;
      const message = await change?.apply(containerd().host, () => {}).catch((error: Error) => error.message);
      expect(message).to.contain("was changed on the controller while it was read");
    });
  });

  it("tells in a dry run what an earlier task's files would become, and fails for them in a real one", async () => {
    const params = { name: "r.test/a:1", files: [{ src: join(folder, "later"), dest: "/p" }] };
    const dry = await planOnly(ociImage, params, containerd().host, { check: true });
    expect(dry.changed).to.equal(true);
    expect(dry.diff[0]?.after).to.contain("files that are not there yet");
    expect(await refusal(params)).to.contain("Could not find or access");
  });

  it("refuses parameters that do not go together, by a sentence each", async () => {
    const files = [{ content: "x", dest: "/x" }];
    for (const [params, sentence] of [
      [{ name: "a" }, "nothing to make an image from"],
      [{ files }, "an image that is made needs a name"],
      [{ name: "a", files, dest: "/x" }, "dest is for runtime=archive"],
      [{ name: "a", files, runtime: "archive" }, "all of the following are missing: dest"],
      [{ name: "a", files, archive: "x.tar" }, "mutually exclusive: archive|files"],
      [{ archive: "x.tar", labels: { a: "b" } }, "labels: an archive's image is taken as it is"],
      [{ state: "absent" }, "state=absent needs name"],
      [{ name: "a", files, verify: { command: [] } }, "verify: the command is empty"],
      [{ name: "a", files, runtime: "archive", dest: "/x", verify: { command: ["x"] } }, "verify needs a runtime"],
    ] as const)
      expect(await refusal(params as unknown as RawParams)).to.contain(sentence);
  });

  it("writes names in full, as runtimes keep them", () => {
    expect(
      ["busybox", "a/b:1", "localhost/x", "r.test:5000/a/b", "registry.k8s.io/pause:3.10"].map(fullName),
    ).to.deep.equal([
      "docker.io/library/busybox:latest",
      "docker.io/a/b:1",
      "localhost/x:latest",
      "r.test:5000/a/b:latest",
      "registry.k8s.io/pause:3.10",
    ]);
  });
});
