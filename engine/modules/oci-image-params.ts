// The parameters of oci_image, and what of them an image is made from.

import { DEFAULT_PATH } from "./oci-build.ts";
import type { ParamsOf } from "./params.ts";

export const IMAGE_PARAMS = {
  properties: {
    name: {
      type: "array",
      items: { type: "string" },
      default: [],
      aliases: ["names", "tags"],
      description:
        "Names with tags; several are tags of one image. For an archive they may be left out: then the names in it count, and where it holds several images, they choose.",
    },
    state: {
      type: "string",
      enum: ["present", "absent"],
      default: "present",
      description: "Whether the runtime is to have it.",
    },
    runtime: {
      type: "string",
      enum: ["containerd", "docker", "crio", "archive"],
      default: "containerd",
      description:
        "Where it goes: to the runtime of the host, or with `archive` to the file `dest` of the host (`delegate_to: localhost` for one on the controller).",
    },
    dest: { type: "path", description: "The file to write, with `runtime: archive`." },
    mode: { type: "mode", default: "0644", description: "Permissions of `dest`." },
    namespace: { type: "string", default: "k8s.io", description: "containerd's namespace; the kubelet's is k8s.io." },
    program: {
      type: "string",
      description: "The runtime's client: ctr, docker or podman (which works on CRI-O's store) if not given.",
    },
    tmp_dir: {
      type: "path",
      default: "/var/tmp",
      description: "Folder of the host where the archive lies while it is imported.",
    },
    archive: {
      type: "string",
      description: "An existing docker-archive or OCI layout, as an uncompressed tar on the controller.",
    },
    files: {
      type: "array",
      items: {
        type: "object",
        properties: {
          src: { type: "string", description: "File or folder on the controller. Without it `dest` is a new folder." },
          content: { type: "string", description: "A text, in place of `src`." },
          dest: { type: "string", description: "Path in the image; with a slash at its end, the folder for the file." },
          mode: { type: "mode", description: "0755 for programs and folders, 0644 for other files if not given." },
        },
        requiredProperties: ["dest"],
      },
      default: [],
      description: "What the image holds.",
    },
    rootfs: { type: "string", description: "A folder of the controller that becomes the image's root." },
    tarball: {
      type: "string",
      description: "A tar of the controller (plain or gzip) that becomes the image's first layer, as it is.",
    },
    symlinks: { type: "object", default: {}, description: "Path in the image → what it links to." },
    libraries: {
      type: "boolean",
      default: false,
      description:
        "Add the libraries and the loader that programs and plugins in `files` and `rootfs` need, found without running them.",
    },
    library_roots: {
      type: "array",
      items: { type: "string" },
      default: ["/"],
      description: "Folders of the controller to find libraries below, such as unpacked packages.",
    },
    entrypoint: { type: "array", items: { type: "string" }, description: "What is run." },
    cmd: { type: "array", items: { type: "string" }, description: "Its arguments, unless others are given." },
    env: { type: "object", default: {}, description: `Environment; PATH is ${DEFAULT_PATH} unless given.` },
    user: { type: "string", description: "User that it runs as, by name or `uid:gid`." },
    workdir: { type: "string", description: "Folder that it runs in." },
    labels: { type: "object", default: {}, description: "Labels." },
    architecture: {
      type: "string",
      description:
        "As Go names them: amd64, arm64, arm. That of the programs if not given. Of an archive for several, the one to take.",
    },
    variant: { type: "string", description: "Variant of the architecture: v7 for 32-bit Pis." },
    verify: {
      type: "object",
      properties: {
        command: {
          type: "array",
          items: { type: "string" },
          description: "Program in the image, with its arguments.",
        },
        stdout: { type: "string", description: "Pattern that its output must match." },
        rc: { type: "integer", default: 0, description: "Status that it must end with." },
        timeout: { type: "integer", default: 60, description: "Seconds it may take." },
      },
      requiredProperties: ["command"],
      description:
        "Run a new image once before the task counts as done. An image that fails is removed from the runtime again.",
    },
  },
  exclusive: [
    ["archive", "tarball"],
    ["archive", "rootfs"],
    ["archive", "files"],
    ["archive", "entrypoint"],
    ["archive", "cmd"],
    ["archive", "user"],
    ["archive", "workdir"],
  ],
  requiredIf: [["runtime", "archive", ["dest"]]],
} as const;

export type ImageParams = ParamsOf<typeof IMAGE_PARAMS>;

export interface Verification {
  readonly command: readonly string[];
  readonly stdout?: string | undefined;
  readonly rc: number;
  readonly timeout: number;
}

/** What the schema cannot say. */
export function checkImageParams(given: { readonly [name: string]: unknown }): string | undefined {
  const has = (name: string) => given[name] !== undefined && given[name] !== null;
  const isEmpty = (name: string) => {
    const value = given[name];
    if (!has(name) || value === false) return true;
    return typeof value === "object" && Object.keys(value as object).length === 0;
  };
  const names = isEmpty("name") && isEmpty("names") && isEmpty("tags");
  if (given.state === "absent")
    return names && given.runtime !== "archive" ? "state=absent needs name: the images to remove" : undefined;
  const made = ["files", "rootfs", "tarball", "symlinks"].filter((name) => !isEmpty(name));
  if (!has("archive")) {
    if (made.length === 0) return "nothing to make an image from: give archive, files, rootfs or tarball";
    if (names) return "an image that is made needs a name";
  } else {
    const settings = ["libraries", "symlinks", "env", "labels", "variant"].filter((name) => !isEmpty(name));
    if (settings.length > 0) return `${settings.join(", ")}: an archive's image is taken as it is`;
  }
  if (given.runtime === "archive" && has("verify")) return "verify needs a runtime; an archive cannot be run";
  if (given.runtime !== "archive" && has("dest")) return "dest is for runtime=archive";
  const verify = given.verify as { readonly command?: readonly unknown[] } | undefined;
  return verify?.command?.length === 0 ? "verify: the command is empty" : undefined;
}
