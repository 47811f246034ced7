// The images that a task is about: read from an archive of the controller, or made from its files. Nothing is sent here.

import { arch } from "node:process";
import { fail } from "../core/problem.ts";
import { resolveMode } from "./mode.ts";
import type { PlanContext } from "./module.ts";
import { readArchive } from "./oci-archive.ts";
import { buildImage, type Image, LAYER_TYPE, type Layer } from "./oci-build.ts";
import { readElf } from "./oci-elf.ts";
import type { ImageParams } from "./oci-image-params.ts";
import { addLibraries } from "./oci-libraries.ts";
import { fullName } from "./oci-names.ts";
import { blobOf, digestOf, wholeFile } from "./oci-pieces.ts";
import { compressionOf, firstBytes, tarMembers, tarPieces } from "./oci-tar.ts";
import { addFolder, addItem, type FileItem, ImageTree } from "./oci-tree.ts";

/** Node's names of architectures where Go's differ. */
const GO_NAMES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

/** Failures say what is wrong with the files; `file-not-found` what is missing on the controller. */
export async function imagesOf(params: ImageParams, context: PlanContext): Promise<Image[]> {
  const names = params.name.map(fullName);
  if (params.archive !== undefined) return fromArchive(context.find(params.archive, "files"), names, params);
  return [await made(names, params, context)];
}

async function fromArchive(path: string, names: readonly string[], params: ImageParams): Promise<Image[]> {
  const found = (await readArchive(path, params.architecture)).map((image) => ({
    ...image,
    names: image.names.map(fullName),
  }));
  const [only, ...others] = found;
  if (!only) return fail("archive-empty", `${path} holds no image`);
  if (names.length > 0 && others.length === 0) return [{ ...only, names }];
  const held = found.flatMap((image) => image.names);
  const missing = names.filter((name) => !held.includes(name));
  if (missing.length > 0)
    fail(
      "archive-names",
      `${path} has no image ${missing.join(", ")}; it holds ${held.join(", ") || "images without names"}`,
    );
  const kept = found.map((image) => ({
    ...image,
    names: names.length === 0 ? image.names : image.names.filter((name) => names.includes(name)),
  }));
  const named = kept.filter((image) => image.names.length > 0);
  return named.length > 0
    ? named
    : fail("archive-names", `the image in ${path} has no name`, { hint: "give it one with the parameter `name`" });
}

async function made(names: readonly string[], params: ImageParams, context: PlanContext): Promise<Image> {
  const find = (name: string) => context.find(name, "files");
  const tree = new ImageTree();
  const leftOut: string[] = [];
  if (params.rootfs !== undefined) leftOut.push(...(await addFolder(tree, find(params.rootfs), "")));
  for (const given of params.files) leftOut.push(...(await addItem(tree, fileItem(given), find)));
  if (leftOut.length > 0)
    context.warn(`left out of the image, neither files nor folders nor links: ${leftOut.join(", ")}`);
  for (const [path, target] of Object.entries(params.symlinks))
    tree.put(path, { type: "link", target: String(target) });
  const architecture = params.architecture ?? GO_NAMES[arch] ?? arch;
  const found = architectureOf(tree);
  if (found !== undefined && params.architecture !== undefined && found !== params.architecture)
    fail("image-architecture", `the programs are for ${found}, the image would be for ${params.architecture}`);
  if (params.libraries) addLibraries(tree, params.library_roots);
  const layers: Layer[] = [];
  if (params.tarball !== undefined) layers.push(await tarballLayer(find(params.tarball)));
  const entries = tree.entries();
  if (entries.length > 0) {
    const blob = await blobOf(tarPieces(entries));
    layers.push({ ...blob, mediaType: LAYER_TYPE, diffId: blob.digest });
  }
  return buildImage(names, layers, {
    architecture: found ?? architecture,
    variant: params.variant,
    entrypoint: params.entrypoint,
    cmd: params.cmd,
    env: texts(params.env),
    user: params.user,
    workdir: params.workdir,
    labels: texts(params.labels),
  });
}

function fileItem(given: Readonly<Record<string, unknown>>): FileItem {
  const { src, content, dest, mode } = given as {
    readonly src?: string;
    readonly content?: string;
    readonly dest: string;
    readonly mode?: string | number;
  };
  if (src !== undefined && content !== undefined) fail("image-source", `${dest}: src and content exclude each other`);
  return {
    src,
    content,
    dest,
    mode: mode === undefined ? undefined : resolveMode(mode, { current: 0o644, directory: false }),
  };
}

/** That of the programs. Failure `image-architecture` when they do not agree. */
function architectureOf(tree: ImageTree): string | undefined {
  let first: { readonly path: string; readonly architecture: string } | undefined;
  for (const { path, source } of tree.sources()) {
    const architecture = readElf(source)?.architecture;
    if (architecture === undefined) continue;
    if (first && first.architecture !== architecture)
      fail(
        "image-architecture",
        `/${path} is for ${architecture}, but /${first.path} for ${first.architecture}: an image is for one architecture`,
      );
    first ??= { path, architecture };
  }
  return first?.architecture;
}

async function tarballLayer(path: string): Promise<Layer> {
  const blob = await blobOf([wholeFile(path)]);
  const compression = compressionOf(firstBytes(path, 6));
  if (compression === "gzip")
    return { ...blob, mediaType: `${LAYER_TYPE}+gzip`, diffId: await digestOf(blob.pieces, { gunzip: true }) };
  // Also tells of other compressions and of what is no archive at all.
  tarMembers(path);
  return { ...blob, mediaType: LAYER_TYPE, diffId: blob.digest };
}

function texts(given: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
}
