// Images as one archive, and archives as images. What is written is an OCI layout that is a docker-archive too, so that
// containerd, docker, podman and skopeo all read it; either kind is read, without unpacking.

import { dirname, join } from "node:path";
import { fail } from "../core/problem.ts";
import { CONFIG_TYPE, type Image, LAYER_TYPE, manifestOf } from "./oci-build.ts";
import { type Blob, blobOf, bytesBlob, type Piece } from "./oci-pieces.ts";
import {
  compressionOf,
  firstBytes,
  readMember,
  type TarEntry,
  type TarMember,
  tarMembers,
  tarPieces,
} from "./oci-tar.ts";

const NAME_ANNOTATION = "io.containerd.image.name";
const REF_ANNOTATION = "org.opencontainers.image.ref.name";

/** `docker`: only what docker and podman read by name; `both`: an OCI layout as well. */
export type ArchiveFormat = "both" | "docker";

/** The archive's content; the same images give the same bytes. */
export function archivePieces(images: readonly Image[], format: ArchiveFormat = "both"): Piece[] {
  const entries = new Map<string, TarEntry>();
  const add = (path: string, content: readonly Piece[]) =>
    entries.set(path, { type: "file", path, mode: 0o644, content });
  for (const { manifest, config, layers } of images)
    for (const blob of [...layers, config, manifest]) add(blobPath(blob.digest), blob.pieces);
  add("manifest.json", [
    Buffer.from(
      JSON.stringify(
        images.map(({ names, config, layers }) => ({
          Config: blobPath(config.digest),
          RepoTags: names,
          Layers: layers.map(({ digest }) => blobPath(digest)),
        })),
      ),
    ),
  ]);
  if (format === "both") {
    add("oci-layout", [Buffer.from(JSON.stringify({ imageLayoutVersion: "1.0.0" }))]);
    add("index.json", [Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: images.flatMap(descriptors) }))]);
  }
  return tarPieces([...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1)));
}

function descriptors({ names, manifest, architecture }: Image): object[] {
  const { mediaType, digest, size } = manifest;
  return names.map((name) => ({
    mediaType,
    digest,
    size,
    annotations: { [NAME_ANNOTATION]: name, [REF_ANNOTATION]: name.slice(name.lastIndexOf(":") + 1) },
    platform: { architecture, os: "linux" },
  }));
}

function blobPath(digest: string): string {
  return digest.replace("sha256:", "blobs/sha256/");
}

interface Descriptor {
  readonly mediaType?: string;
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly architecture?: string };
}

/**
 * The images of an archive on the controller; `architecture` chooses where there is one for each. Failures `archive-kind`,
 * `archive-incomplete`, `archive-broken`, `archive-compressed`, `image-architecture`.
 */
export async function readArchive(path: string, architecture: string | undefined): Promise<Image[]> {
  const members = new Map(tarMembers(path).map((member) => [member.path, member]));
  const document = (name: string): unknown => parsed(path, name, readMember(need(members, path, name)));
  if (members.has("index.json")) {
    const index = document("index.json") as { readonly manifests?: readonly Descriptor[] };
    return readLayout(members, path, index.manifests ?? [], architecture);
  }
  if (members.has("manifest.json")) return readDockerArchive(members, path, document("manifest.json"));
  return fail("archive-kind", `${path} is no archive of an image: it has neither index.json nor manifest.json`, {
    hint: "a tar of files becomes an image with the parameter `tarball`",
  });
}

type Members = ReadonlyMap<string, TarMember>;

function readLayout(
  members: Members,
  path: string,
  manifests: readonly Descriptor[],
  architecture: string | undefined,
): Image[] {
  const blob = (digest: string): Blob & { readonly member: TarMember } => {
    const member = need(members, path, blobPath(digest));
    return { digest, size: member.content.size, pieces: [member.content], member };
  };
  const read = (digest: string) => parsed(path, digest, readMember(blob(digest).member)) as Record<string, unknown>;
  const byDigest = new Map<string, Image & { readonly names: string[] }>();
  const visit = (descriptor: Descriptor, name: string | undefined): void => {
    const own = nameOf(descriptor) ?? name;
    const found = read(descriptor.digest);
    const inner = found.manifests as readonly Descriptor[] | undefined;
    if (inner) {
      for (const one of chosen(inner, path, architecture)) visit(one, own);
      return;
    }
    const { config, layers } = found as { readonly config: Descriptor; readonly layers: readonly Descriptor[] };
    const settings = read(config.digest);
    const image = byDigest.get(descriptor.digest) ?? {
      names: [],
      manifest: { ...blob(descriptor.digest), mediaType: String(found.mediaType ?? descriptor.mediaType) },
      config: blob(config.digest),
      layers: layers.map(({ digest }) => blob(digest)),
      architecture: String(settings.architecture ?? ""),
    };
    if (own !== undefined) image.names.push(own);
    byDigest.set(descriptor.digest, image);
  };
  for (const descriptor of manifests) visit(descriptor, undefined);
  return [...byDigest.values()];
}

function nameOf({ annotations = {} }: Descriptor): string | undefined {
  const reference = annotations[REF_ANNOTATION];
  return annotations[NAME_ANNOTATION] ?? (reference?.includes("/") ? reference : undefined);
}

/** Of an index, what is for the architecture (attestations are for none). */
function chosen(inner: readonly Descriptor[], path: string, architecture: string | undefined): readonly Descriptor[] {
  const images = inner.filter(({ platform }) => platform?.architecture !== "unknown");
  if (images.length <= 1) return images;
  const offered = images.map(({ platform }) => platform?.architecture ?? "?");
  const fitting = images.filter(({ platform }) => platform?.architecture === architecture);
  if (fitting.length > 0) return fitting.slice(0, 1);
  return fail(
    "image-architecture",
    architecture === undefined
      ? `${path} holds images for several architectures (${offered.join(", ")})`
      : `${path} has no image for ${architecture}, only for ${offered.join(", ")}`,
    { hint: "choose one with the parameter `architecture`" },
  );
}

async function readDockerArchive(members: Members, path: string, document: unknown): Promise<Image[]> {
  const list = document as readonly {
    readonly Config: string;
    readonly RepoTags?: readonly string[] | null;
    readonly Layers: readonly string[];
  }[];
  return Promise.all(
    list.map(async ({ Config, RepoTags, Layers }) => {
      const bytes = readMember(need(members, path, Config));
      const config = bytesBlob(bytes);
      const layers = await Promise.all(Layers.map((name) => dockerLayer(need(members, path, name))));
      const settings = parsed(path, Config, bytes) as { readonly architecture?: string };
      return {
        names: [...(RepoTags ?? [])],
        manifest: manifestOf(config, CONFIG_TYPE, layers),
        config,
        layers,
        architecture: settings.architecture ?? "",
      };
    }),
  );
}

async function dockerLayer({ content }: TarMember): Promise<Blob & { readonly mediaType: string }> {
  const first = firstBytes(content.path, 4, content.start);
  const isPacked = compressionOf(first) === "gzip";
  return { ...(await blobOf([content])), mediaType: isPacked ? `${LAYER_TYPE}+gzip` : LAYER_TYPE };
}

/** A member, links followed (docker lays down a layer once and links to it). */
function need(members: Members, path: string, name: string): TarMember {
  let found = members.get(name);
  for (let links = 0; found?.type === "link" && links < 10; links++)
    found = members.get(join(dirname(found.path), found.target ?? "")) ?? members.get(found.target ?? "");
  if (found?.type === "file") return found;
  return fail("archive-incomplete", `${path} lacks ${name}, which it names itself: the archive is not complete`);
}

function parsed(path: string, name: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return fail("archive-broken", `${name} in ${path} is no JSON`);
  }
}
