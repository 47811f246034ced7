// Images of containers, made from files of the controller without a registry or a build daemon, and kept in the runtime of a
// host. What the runtime has is compared by digest, which is known before anything is sent.

import { Readable } from "node:stream";
import { Failure } from "../core/problem.ts";
import { Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import { resolveMode } from "./mode.ts";
import { type Change, defineModule, type Plan, type PlanContext, type Progress } from "./module.ts";
import { type ArchiveFormat, archivePieces } from "./oci-archive.ts";
import type { Image } from "./oci-build.ts";
import { checkImageParams, IMAGE_PARAMS, type ImageParams } from "./oci-image-params.ts";
import { verifyImage } from "./oci-image-verify.ts";
import { fullName } from "./oci-names.ts";
import { digestOf, readPieces, sizeOf } from "./oci-pieces.ts";
import { type PresentImage, type Runtime, runtimeOf } from "./oci-runtime.ts";
import { imagesOf } from "./oci-source.ts";
import { TaskFailure } from "./task-failure.ts";
import { requireTool, runTool } from "./tool-run.ts";

export const ociImage = defineModule({
  name: "oci_image",
  aliases: [],
  summary: "Make images of containers from files of the controller, and keep them in a runtime",
  params: IMAGE_PARAMS,
  returns: {
    images:
      "For each image its `names`, `digest` (of the manifest), `id` (of the configuration), `architecture` and `size` in bytes.",
    names: "All names, in full.",
    digest: "The digest of the manifest, if it is one image.",
    id: "The digest of the configuration, by which docker and CRI know an image, if it is one.",
    size: "Bytes that are sent for all of them.",
    dest: "The file, with runtime=archive.",
    verified: "What the command of `verify` wrote, where an image was run.",
  },
  check: checkImageParams,
  examples: `- name: Every node has the pause image
  oci_image:
    name: [registry.example/pause:3.10]
    files:
      - {src: "{{ cluster_cache }}/pause", dest: /pause}
    entrypoint: [/pause]

- name: An image with its libraries, checked by running it
  oci_image:
    name: registry.example/etcd:3.4.23-0
    files:
      - {src: unpacked/usr/bin/etcd, dest: /usr/local/bin/}
    libraries: true
    library_roots: [unpacked]
    verify: {command: [etcd, --version], stdout: 'etcd Version: 3\\.4'}

- name: The same as a file on the controller, for hosts without a network
  oci_image:
    runtime: archive
    dest: /srv/images/etcd.tar
    archive: etcd-from-elsewhere.tar
    name: registry.example/etcd:3.4.23-0
  delegate_to: localhost`,
  async plan(host, params, context): Promise<Plan> {
    if (params.state === "absent") return planAbsent(host, params, context);
    const images = await wantedImages(params, context);
    if (params.runtime === "archive") return planFile(host, params, images);
    return planImport(host, params, images, context);
  },
  touches: (params) =>
    typeof params.dest === "string"
      ? [{ kind: "path", path: params.dest, type: "file", content: new Unknown("the image's archive") }]
      : [],
});

/** undefined where a dry run cannot tell, because an earlier task would make the files. */
async function wantedImages(params: ImageParams, context: PlanContext): Promise<readonly Image[] | undefined> {
  try {
    return await imagesOf(params, context);
  } catch (error) {
    if (context.check && error instanceof Failure && error.problem.code === "file-not-found") return undefined;
    throw error;
  }
}

function resultOf(images: readonly Image[] | undefined, given: readonly string[]): Record<string, unknown> {
  if (!images) return { names: given.map(fullName) };
  const shown = images.map(({ names, manifest, config, layers, architecture }) => ({
    names: [...names],
    digest: manifest.digest,
    id: config.digest,
    architecture,
    size: [manifest, config, ...layers].reduce((sum, { size }) => sum + size, 0),
  }));
  const [first, ...others] = shown;
  return {
    images: shown,
    names: shown.flatMap(({ names }) => names),
    size: shown.reduce((sum, { size }) => sum + size, 0),
    ...(first && others.length === 0 ? { digest: first.digest, id: first.id } : {}),
  };
}

/** What a runtime has. Nothing, where an earlier task of a dry run brings it or starts it. */
async function present(
  host: Host,
  runtime: Runtime,
  names: readonly string[],
  context: PlanContext,
): Promise<ReadonlyMap<string, PresentImage>> {
  try {
    return await runtime.look(host, names);
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    const { code } = error.problem;
    if (code === "tool-missing" && context.check && (await mayCome(host, runtime.program))) return new Map();
    if (code === "tool-missing")
      throw new TaskFailure(
        {
          ...error.problem,
          message: `${runtime.program} is not on this host: install the package ${runtime.package}, or name the program with \`program\``,
        },
        error.result,
      );
    const starts = context.predictions.of("unit").some(({ name }) => name === runtime.unit);
    if (code === "runtime-unreachable" && starts) return new Map();
    throw error;
  }
}

/** Whether a package that an earlier task of a dry run installs may bring the program. */
async function mayCome(host: Host, program: string): Promise<boolean> {
  try {
    await requireTool(host, program);
    return true;
  } catch (error) {
    if (error instanceof TaskFailure) return false;
    throw error;
  }
}

async function planImport(
  host: Host,
  params: ImageParams,
  images: readonly Image[] | undefined,
  context: PlanContext,
): Promise<Plan> {
  const runtime = runtimeOf(
    params.runtime as Exclude<ImageParams["runtime"], "archive">,
    params.program,
    params.namespace,
  );
  const names = images?.flatMap((image) => image.names) ?? params.name.map(fullName);
  const found = await present(host, runtime, names, context);
  const result = resultOf(images, params.name);
  if (!images) return { changes: [importLater(params, names, found)], result };
  const isThere = (image: Image, name: string): boolean => {
    const one = found.get(name);
    return one?.isComplete === true && one.digest === runtime.identity(image);
  };
  const due = images
    .map((image) => ({ ...image, names: image.names.filter((name) => !isThere(image, name)) }))
    .filter((image) => image.names.length > 0);
  return { changes: due.length === 0 ? [] : [importing(runtime, params, due, found)], result };
}

/** In a dry run, when what the image is made from is not there yet. */
function importLater(
  { archive }: ImageParams,
  names: readonly string[],
  found: ReadonlyMap<string, PresentImage>,
): Change {
  const from = archive ?? "files that are not there yet";
  return {
    what: `import ${names.length > 0 ? names.join(", ") : `the images of ${from}`}`,
    difference: {
      before: names.map((name) => line(name, found.get(name)?.digest)).join(""),
      after: `made from ${from}\n`,
    },
    apply: () => Promise.reject(new Error("only planned in a dry run")),
  };
}

function line(name: string, digest: string | undefined): string {
  return digest === undefined ? "" : `${name} ${digest}\n`;
}

function importing(
  runtime: Runtime,
  params: ImageParams,
  images: readonly Image[],
  found: ReadonlyMap<string, PresentImage>,
): Change {
  const names = images.flatMap((image) => image.names);
  return {
    what: `import ${names.join(", ")}`,
    difference: {
      before: names.map((name) => line(name, found.get(name)?.digest)).join(""),
      after: images.flatMap((image) => image.names.map((name) => line(name, runtime.identity(image)))).join(""),
      beforeHeader: `images of ${params.runtime}`,
      afterHeader: `images of ${params.runtime}`,
    },
    async apply(host, progress) {
      const file = await host.temporary({ folder: params.tmp_dir, prefix: "tsplay-image-", suffix: ".tar" });
      try {
        await send(host, file, images, runtime.format, 0o600, progress);
        progress(`importing ${names.join(", ")}`);
        await runTool(host, runtime.importing(file), `could not import ${names.join(", ")}`);
      } finally {
        await host.remove(file);
      }
      await assertImported(host, runtime, images);
      const verified = await verifyImage(host, runtime, params, images);
      return { changed: true, ...(verified === undefined ? {} : { verified }) };
    },
  };
}

async function assertImported(host: Host, runtime: Runtime, images: readonly Image[]): Promise<void> {
  const now = await runtime.look(
    host,
    images.flatMap(({ names }) => names),
  );
  for (const image of images)
    for (const name of image.names) {
      const digest = now.get(name)?.digest;
      if (digest === runtime.identity(image)) continue;
      throw new TaskFailure(
        {
          code: "image-import",
          message: `after the import ${name} is ${digest ?? "not there"} instead of ${runtime.identity(image)}`,
        },
        {},
      );
    }
}

async function send(
  host: Host,
  file: string,
  images: readonly Image[],
  format: ArchiveFormat,
  mode: number,
  progress: Progress,
): Promise<void> {
  const pieces = archivePieces(images, format);
  const size = sizeOf(pieces);
  const what = `sending ${images.flatMap(({ names }) => names).join(", ")}`;
  const stream = () => {
    let done = 0;
    const count = (bytes: number) => {
      done += bytes;
      progress(what, done / size);
    };
    return Readable.from(readPieces(pieces, count), { objectMode: false });
  };
  await host.write(file, { stream, size }, { mode });
}

async function planFile(host: Host, params: ImageParams, images: readonly Image[] | undefined): Promise<Plan> {
  const dest = params.dest ?? "";
  const result = { ...resultOf(images, params.name), dest };
  const mode = resolveMode(params.mode, { current: 0o644, directory: false });
  const now = await host.stat(dest, { follow: true, checksum: "sha256" });
  const before = now?.checksum === undefined ? undefined : `sha256:${now.checksum}`;
  const wanted = images && (await digestOf(archivePieces(images)));
  if (before !== undefined && before === wanted && now?.mode === mode) return { changes: [], result };
  const change: Change = {
    what: `write ${dest}`,
    difference: {
      before: line(dest, before),
      after: wanted === undefined ? `${dest} made from files that are not there yet\n` : line(dest, wanted),
      beforeHeader: dest,
      afterHeader: dest,
    },
    predict: [{ kind: "path", path: dest, type: "file", mode, content: new Unknown(`the archive ${dest}`) }],
    async apply(target, progress) {
      if (images) await send(target, dest, images, "both", mode, progress);
      return { changed: true };
    },
  };
  return { changes: [change], result };
}

async function planAbsent(host: Host, params: ImageParams, context: PlanContext): Promise<Plan> {
  if (params.runtime === "archive") {
    const dest = params.dest ?? "";
    const change: Change = {
      what: `remove ${dest}`,
      predict: [{ kind: "path", path: dest, type: "absent" }],
      apply: async (target) => {
        await target.remove(dest);
        return { changed: true };
      },
    };
    return { changes: (await host.stat(dest)) ? [change] : [], result: { dest } };
  }
  const runtime = runtimeOf(params.runtime, params.program, params.namespace);
  const names = params.name.map(fullName);
  const found = await present(host, runtime, names, context);
  const due = names.filter((name) => found.has(name));
  const changes = due.map(
    (name): Change => ({
      what: `remove the image ${name}`,
      difference: { before: line(name, found.get(name)?.digest), after: "" },
      async apply(target) {
        await runTool(target, runtime.removing(name), `could not remove ${name}`);
        return { changed: true };
      },
    }),
  );
  return { changes, result: { names } };
}
