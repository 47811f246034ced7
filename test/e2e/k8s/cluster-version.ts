// Another version of Kubernetes for tests of upgrades, where only one can be had: the programs of the one that was built, with the
// version that is written in them changed to one of the same length. They run; only what they say of themselves is different.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";

const SETTINGS = resolve(import.meta.dirname, "../../../inventories/lab/group_vars/all.yml");
const IMAGES = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"];

export interface OtherVersion {
  readonly version: string;
  /** What a playbook is told, so that it takes these programs. */
  readonly args: readonly string[];
  remove(): void;
}

/** Makes a release tarball of it, as the vendor's are. The programs of the lab's version must be there. `step`: how much newer it is; files that run at the same time need different ones. */
export function otherVersion(step = 1): OtherVersion {
  const version = /^k8s_version: *(\S+)/m.exec(readFileSync(SETTINGS, "utf8"))?.[1] ?? "";
  const other = version.replace(/\d$/, (digit) => String((Number(digit) + step) % 10));
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tsplay/kubernetes");
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const from = join(cache, `v${version}-debian`, arch, "bin");
  const folder = mkdtempSync(join(tmpdir(), "tsplay-version-"));
  const into = join(folder, "kubernetes/server/bin");
  mkdirSync(into, { recursive: true });
  for (const name of readdirSync(from)) {
    const program = readFileSync(join(from, name));
    const [old, young] = [Buffer.from(`v${version}`), Buffer.from(`v${other}`)];
    for (let at = program.indexOf(old); at >= 0; at = program.indexOf(old, at + 1)) young.copy(program, at);
    writeFileSync(join(into, name), program, { mode: 0o755 });
  }
  const tarball = join(folder, `kubernetes-server-linux-${arch}.tar.gz`);
  execFileSync("tar", [
    "--create",
    "--use-compress-program=gzip -1",
    "--file",
    tarball,
    "--directory",
    folder,
    "kubernetes",
  ]);
  writeFileSync(`${tarball}.sha256`, execFileSync("sha256sum", [tarball], { encoding: "utf8" }).split(" ")[0] ?? "");
  rmSync(join(folder, "kubernetes"), { recursive: true });
  const settings = {
    k8s_version: other,
    k8s_source: "tarball",
    k8s_tarball: tarball,
    k8s_crictl_tarball: "",
    // etcd, pause and busybox are what they were, and there already.
    k8s_images: IMAGES.map((name) => ({ name, tag: `v${other}`, on: name === "kube-proxy" ? "node" : "master" })),
    k8s_verify_image: "registry.k8s.test/busybox:1",
  };
  return {
    version: other,
    args: ["-e", JSON.stringify(settings)],
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
      rmSync(join(cache, `v${other}-tarball`), { recursive: true, force: true });
    },
  };
}
