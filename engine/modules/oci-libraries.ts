// The libraries that an image's programs and plugins need, found on the controller as the loader would find them: what `ldd`
// says, but without running anything, for any architecture, and for plugins that are loaded later too.

import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fail } from "../core/problem.ts";
import { type Elf, readElf } from "./oci-elf.ts";
import { cleanPath } from "./oci-tar.ts";
import type { ImageTree } from "./oci-tree.ts";

/** Debian's folder names for architectures. */
const TRIPLETS: Readonly<Record<string, string>> = {
  amd64: "x86_64-linux-gnu",
  arm64: "aarch64-linux-gnu",
  arm: "arm-linux-gnueabihf",
  "386": "i386-linux-gnu",
  riscv64: "riscv64-linux-gnu",
  s390x: "s390x-linux-gnu",
  ppc64le: "powerpc64le-linux-gnu",
  loong64: "loongarch64-linux-gnu",
};

/**
 * Adds to the image all libraries that are missing in it, and the loader. `roots` are folders of the controller that look like
 * the root of a system (unpacked packages, or `/`). Failure `image-library` names the first that is in none of them.
 */
export function addLibraries(tree: ImageTree, roots: readonly string[]): void {
  const queue = tree.sources().map(({ path, source }) => ({ path, source }));
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { path, source } = next;
    const elf = readElf(source);
    if (!elf) continue;
    const add = (wanted: string, folders: readonly string[]) => {
      const found = findLibrary(tree, roots, folders, wanted, elf);
      if (found === "present") return;
      if (!found)
        fail(
          "image-library",
          `/${path} needs ${wanted}, which is in no folder of libraries below ${roots.join(", ")}`,
          {
            hint: "add a folder with the unpacked package to library_roots",
          },
        );
      tree.put(found.path, { type: "file", mode: 0o755, source: found.source });
      queue.push(found);
    };
    if (elf.interpreter !== undefined) add(elf.interpreter, [""]);
    const folders = [...elf.runpath.map((one) => originOf(one, path)), ...standardFolders(elf.architecture)];
    for (const name of elf.needed) add(name, name.includes("/") ? [""] : [...folders, ...configured(roots)]);
  }
}

/** Where it is: in the image already, or in the first root that has it for this machine. */
function findLibrary(
  tree: ImageTree,
  roots: readonly string[],
  folders: readonly string[],
  name: string,
  wanted: Elf,
): { readonly path: string; readonly source: string } | "present" | undefined {
  for (const folder of folders) if (fits(sourceIn(tree, `${folder}/${name}`), wanted)) return "present";
  for (const root of roots)
    for (const folder of folders) {
      const source = insideRoot(root, `${folder}/${name}`);
      if (fits(source, wanted)) return { path: cleanPath(`${folder}/${name}`), source };
    }
  return undefined;
}

function sourceIn(tree: ImageTree, path: string): string | undefined {
  const node = tree.get(path);
  return node?.type === "file" ? node.source : undefined;
}

function fits(source: string | undefined, wanted: Elf): source is string {
  return source !== undefined && readElf(source)?.kind === wanted.kind;
}

/** /usr before the root: where both are one, paths come out the same as where libraries are in /usr only. */
function standardFolders(architecture: string): string[] {
  const triplet = TRIPLETS[architecture];
  const own = triplet === undefined ? [] : [`/usr/lib/${triplet}`, `/lib/${triplet}`];
  return [...own, "/usr/lib64", "/lib64", "/usr/lib", "/lib", "/usr/local/lib"];
}

/** Folders of ld.so.conf.d. */
function configured(roots: readonly string[]): string[] {
  return roots.flatMap((root) => {
    const folder = join(root, "etc/ld.so.conf.d");
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => name.endsWith(".conf"))
      .sort()
      .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
      .map((line) => line.replace(/#.*/, "").trim())
      .filter((line) => line.startsWith("/"));
  });
}

function originOf(runpath: string, path: string): string {
  return join("/", runpath.replace(/\$\{?ORIGIN\}?/g, `/${dirname(path)}`));
}

/** A file below a folder that stands for the root: absolute links stay inside. undefined if there is none. */
function insideRoot(root: string, path: string): string | undefined {
  let rest = cleanPath(path).split("/");
  let done: string[] = [];
  for (let links = 0; rest.length > 0 && links < 40; ) {
    const [part = "", ...after] = rest;
    rest = after;
    if (part === "..") {
      done.pop();
      continue;
    }
    const here = join(root, ...done, part);
    const stat = lstatSync(here, { throwIfNoEntry: false });
    if (!stat) return undefined;
    if (!stat.isSymbolicLink()) {
      done.push(part);
      continue;
    }
    links += 1;
    const target = readlinkSync(here);
    if (target.startsWith("/")) done = [];
    rest = [...cleanPath(target).split("/"), ...rest];
  }
  const found = join(root, ...done);
  return rest.length === 0 && lstatSync(found).isFile() ? found : undefined;
}
