// The files of an image's layer: what goes where, from files, folders and texts of the controller, in an order that does
// not depend on the controller.

import { lstatSync, statSync } from "node:fs";
import { basename } from "node:path";
import { fail } from "../core/problem.ts";
import { controllerTree } from "./controller-files.ts";
import { wholeFile } from "./oci-pieces.ts";
import { cleanPath, type TarEntry } from "./oci-tar.ts";

/** One of the parameter `files`, as it is given. */
export interface FileItem {
  readonly src?: string | undefined;
  readonly content?: string | undefined;
  readonly dest: string;
  readonly mode?: number | undefined;
}

/** What is at a path of the image. */
export type TreeNode =
  | { readonly type: "file"; readonly mode: number; readonly source: string }
  | { readonly type: "text"; readonly mode: number; readonly text: Uint8Array }
  | { readonly type: "directory"; readonly mode: number }
  | { readonly type: "link"; readonly target: string };

/** Most links in a path, as the kernel has it. */
const MOST_LINKS = 40;

/** A layer's files by path, without a slash at the beginning. */
export class ImageTree {
  readonly #nodes = new Map<string, TreeNode>();

  get(path: string): TreeNode | undefined {
    return this.#nodes.get(this.resolve(path));
  }

  /** Puts something at a path; folders above it are made, links in the path are followed. */
  put(path: string, node: TreeNode): void {
    const place = this.resolve(path, { last: false });
    if (place === "") return;
    const present = this.#nodes.get(place);
    if (present?.type === "directory" && node.type !== "directory")
      fail("image-path", `/${place} would be a folder and a ${node.type === "link" ? "link" : "file"} of the image`);
    for (let at = place.indexOf("/"); at > 0; at = place.indexOf("/", at + 1)) {
      const above = place.slice(0, at);
      const found = this.#nodes.get(above);
      if (!found) this.#nodes.set(above, { type: "directory", mode: 0o755 });
      else if (found.type !== "directory") fail("image-path", `/${place} lies below /${above}, which is no folder`);
    }
    this.#nodes.set(place, node);
  }

  /** The path with the image's own links resolved. */
  resolve(path: string, options: { readonly last?: boolean } = {}): string {
    let rest = cleanPath(path).split("/");
    let done: string[] = [];
    for (let links = 0; rest.length > 0; ) {
      const [part = "", ...after] = rest;
      rest = after;
      if (part === "..") {
        done.pop();
        continue;
      }
      if (part === "") continue;
      const here = [...done, part].join("/");
      const node = this.#nodes.get(here);
      if (node?.type !== "link" || (rest.length === 0 && options.last === false)) {
        done.push(part);
        continue;
      }
      links += 1;
      if (links > MOST_LINKS) fail("image-path", `links of the image lead round and round at /${here}`);
      if (node.target.startsWith("/")) done = [];
      rest = [...cleanPath(node.target).split("/"), ...rest];
    }
    return done.join("/");
  }

  /** Everything, sorted: parents before children. */
  entries(): TarEntry[] {
    return [...this.#nodes]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([path, node]): TarEntry => {
        if (node.type === "file") return { type: "file", path, mode: node.mode, content: [wholeFile(node.source)] };
        if (node.type === "text") return { type: "file", path, mode: node.mode, content: [node.text] };
        return { ...node, path };
      });
  }

  /** Files of the controller and where they go, sorted. */
  sources(): { readonly path: string; readonly source: string }[] {
    return [...this.#nodes]
      .flatMap(([path, node]) => (node.type === "file" ? [{ path, source: node.source }] : []))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}

/** A folder of the controller becomes the image's root, or a folder of it. Devices and sockets are left out, and named. */
export async function addFolder(tree: ImageTree, folder: string, dest: string): Promise<string[]> {
  if (!statSync(folder).isDirectory()) fail("image-source", `${folder} on the controller is no folder`);
  const leftOut: string[] = [];
  for (const found of await controllerTree(folder, { follow: false })) {
    const path = `${dest}/${found.relative}`;
    if (found.type === "link") tree.put(path, { type: "link", target: found.target ?? "" });
    else if (found.type === "directory") tree.put(path, { type: "directory", mode: found.mode });
    else if (lstatSync(found.path).isFile()) tree.put(path, { type: "file", mode: found.mode, source: found.path });
    else leftOut.push(`/${found.relative}`);
  }
  return leftOut;
}

/** One of the parameter `files`; `find` looks for it as Ansible's search path does. */
export async function addItem(tree: ImageTree, item: FileItem, find: (name: string) => string): Promise<string[]> {
  const { src, content, dest } = item;
  if (content !== undefined) {
    tree.put(dest, { type: "text", mode: item.mode ?? 0o644, text: Buffer.from(content, "utf8") });
    return [];
  }
  if (src === undefined) {
    tree.put(dest, { type: "directory", mode: item.mode ?? 0o755 });
    return [];
  }
  const source = find(src);
  const stat = statSync(source);
  if (stat.isDirectory()) return addFolder(tree, source, dest);
  if (!stat.isFile()) fail("image-source", `${source} on the controller is neither a file nor a folder`);
  // Only whether it can be run is taken over: the rest of a file's mode is an accident of where it was built.
  const mode = item.mode ?? (stat.mode & 0o111 ? 0o755 : 0o644);
  tree.put(dest.endsWith("/") ? `${dest}${basename(source)}` : dest, { type: "file", mode, source });
  return [];
}
