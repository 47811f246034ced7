// An image from layers and a configuration: JSON documents whose bytes depend on nothing but their content, so that the
// same input has the same digest (OCI image specification 1.0). Pure.

import { type Blob, bytesBlob } from "./oci-pieces.ts";

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
export const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
export const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

/** The usual folders of programs. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface Layer extends Blob {
  readonly mediaType: string;
  /** Digest of what it unpacks to. */
  readonly diffId: string;
}

/** What is run from the image, and how. */
export interface ImageSettings {
  readonly architecture: string;
  readonly variant?: string | undefined;
  readonly entrypoint?: readonly string[] | undefined;
  readonly cmd?: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly user?: string | undefined;
  readonly workdir?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** An image with its names; several names are tags of one image. */
export interface Image {
  readonly names: readonly string[];
  readonly manifest: Blob & { readonly mediaType: string };
  readonly config: Blob;
  readonly layers: readonly Blob[];
  readonly architecture: string;
}

export function buildImage(names: readonly string[], layers: readonly Layer[], settings: ImageSettings): Image {
  const config = json(configuration(layers, settings));
  const manifest = manifestOf(config, CONFIG_TYPE, layers);
  return { names, manifest, config, layers, architecture: settings.architecture };
}

/** The manifest that names a configuration and layers. */
export function manifestOf(
  config: Blob,
  configType: string,
  layers: readonly (Blob & { readonly mediaType: string })[],
): Blob & { readonly mediaType: string } {
  const document = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: configType, digest: config.digest, size: config.size },
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  };
  return { ...json(document), mediaType: MANIFEST_TYPE };
}

function configuration(layers: readonly Layer[], settings: ImageSettings): object {
  const { architecture, variant, entrypoint, cmd, user, workdir, labels } = settings;
  const env = { PATH: DEFAULT_PATH, ...settings.env };
  return {
    created: "1970-01-01T00:00:00Z",
    architecture,
    ...(variant === undefined ? {} : { variant }),
    os: "linux",
    config: {
      ...(user === undefined ? {} : { User: user }),
      Env: Object.entries(env)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `${name}=${value}`),
      ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
      ...(cmd === undefined ? {} : { Cmd: cmd }),
      ...(workdir === undefined ? {} : { WorkingDir: workdir }),
      ...(Object.keys(labels).length === 0 ? {} : { Labels: sorted(labels) }),
    },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created: "1970-01-01T00:00:00Z", created_by: "tsplay oci_image" })),
  };
}

function sorted(mapping: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(mapping).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function json(document: unknown): Blob {
  return bytesBlob(Buffer.from(JSON.stringify(document), "utf8"));
}
