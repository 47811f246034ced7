// The base image that a lab's hosts are overlays of: built once by mmdebstrap, kept in the cache, found again by
// its suite, packages, format and the machine's apt settings.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fail } from "../core/problem.ts";
import { type Archive, fingerprint, readArchive } from "./archive.ts";
import { command } from "./command.ts";
import { type LabArch, machineArch } from "./foreign-arch.ts";
import { ensureBuilt } from "./image-cache.ts";
import { BASE_PACKAGES, IMAGE_FILES, IMAGE_FORMAT, IMAGE_STEPS, PYTHON_PACKAGES, SUITES } from "./image-recipe.ts";
import { imagesDir, type Places } from "./places.ts";
import { type LabState, labNames, readState } from "./state.ts";

/** What an image is made of. */
export interface ImageOptions {
  readonly suite: string;
  readonly arch: LabArch;
  readonly python: boolean;
  readonly extraPackages: readonly string[];
}

/** A finished image. */
export interface Image {
  /** `bookworm-py-1a2b3c4d5e6f`: also its folder's name. */
  readonly name: string;
  /** Its root folder, never written to again. */
  readonly root: string;
  readonly archive: Archive;
}

/** The image for these options, from the cache or built now (about 20 s, told through `onProgress`). */
export async function ensureImage(
  places: Places,
  options: ImageOptions,
  onProgress: (text: string) => void,
): Promise<Image> {
  if (!SUITES.some((suite) => suite === options.suite))
    fail("lab-unknown-suite", `labs are made of ${SUITES.join(" or ")}, not \`${options.suite}\``);
  const archive = await readArchive(options.suite);
  const name = imageName(options, archive);
  const folder = join(imagesDir(places), name);
  const image = { name, root: join(folder, "root"), archive };
  const make = (building: string): Promise<void> => {
    const long = foreign(options) ? "ten minutes or more, as every program is emulated" : "about half a minute";
    onProgress(`building the base image of ${options.suite}, once (${long})`);
    return build(join(building, "root"), options, archive, onProgress);
  };
  if (await ensureBuilt(folder, make, onProgress)) removeOutdated(places, options, name);
  return image;
}

/** The image that a lab's hosts stand on, also where today's recipe would make another. */
export async function imageOf(places: Places, lab: Pick<LabState, "image" | "suite">): Promise<Image> {
  return {
    name: lab.image,
    root: join(imagesDir(places), lab.image, "root"),
    archive: await readArchive(lab.suite),
  };
}

/** Packages of an image, each once, in a fixed order. */
function imagePackages(options: ImageOptions): string[] {
  return [
    ...new Set([...BASE_PACKAGES, ...(options.python ? PYTHON_PACKAGES : []), ...[...options.extraPackages].sort()]),
  ];
}

/** `bookworm-py-1a2b3c4d5e6f`: what is wanted, then all that the result depends on. */
export function imageName(options: ImageOptions, archive: Archive): string {
  const key = fingerprint([IMAGE_FORMAT, options.suite, imagePackages(options), IMAGE_FILES, IMAGE_STEPS, archive]);
  return `${variant(options)}-${key}`;
}

function variant(options: ImageOptions): string {
  const { suite, arch, python, extraPackages } = options;
  const extra = extraPackages.length > 0 ? `-x${fingerprint([...extraPackages].sort()).slice(0, 6)}` : "";
  return `${suite}${foreign(options) ? `-${arch}` : ""}${python ? "-py" : ""}${extra}`;
}

function foreign({ arch }: ImageOptions): boolean {
  return arch !== machineArch();
}

/** Removes what an image replaces: earlier ones of the same variant that no lab stands on. */
function removeOutdated(places: Places, options: ImageOptions, current: string): void {
  const used = new Set([current, ...labNames(places).flatMap((name) => readState(places, name)?.image ?? [])]);
  const prefix = `${variant(options)}-`;
  for (const name of readdirSync(imagesDir(places)))
    if (name.startsWith(prefix) && /^[0-9a-f]{12}$/.test(name.slice(prefix.length)) && !used.has(name))
      rmSync(join(imagesDir(places), name), { recursive: true, force: true });
}

async function build(
  root: string,
  options: ImageOptions,
  archive: Archive,
  onProgress: (text: string) => void,
): Promise<void> {
  const include = imagePackages(options).join(",");
  const words = ["--mode=root", "--variant=minbase", `--include=${include}`];
  // Without the check mmdebstrap would want a package of its own to find out that such programs run.
  if (foreign(options)) words.push(`--architectures=${options.arch}`, "--skip=check/qemu", "--dpkgopt=force-unsafe-io");
  await command(["mmdebstrap", ...words, options.suite, root, "-"], {
    input: `${archive.sources.join("\n")}\n`,
    onLine: (line) => {
      if (line.startsWith("I: ")) onProgress(line.slice(3));
    },
  });
  // Keys and the machine's id belong to a host, not to an image.
  const keys = join(root, "etc/ssh");
  for (const file of readdirSync(keys)) if (file.startsWith("ssh_host_")) rmSync(join(keys, file));
  writeFileSync(join(root, "etc/machine-id"), "");
  const settings = { path: "/etc/apt/apt.conf.d/10lab-machine", mode: 0o644, text: lines(archive.settings) };
  const sources = { path: "/etc/apt/sources.list", mode: 0o644, text: lines(archive.sources) };
  const certificates = archive.certificates.map(({ name, text }) => ({
    path: `/usr/local/share/ca-certificates/${name}`,
    mode: 0o644,
    text,
  }));
  for (const { path, mode, text } of [...IMAGE_FILES, settings, sources, ...certificates]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode });
  }
  for (const { argv, input } of IMAGE_STEPS)
    await command(["chroot", root, ...argv], {
      ...(input === undefined ? {} : { input }),
      environment: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    });
}

function lines(texts: readonly string[]): string {
  return texts.map((line) => `${line}\n`).join("");
}
