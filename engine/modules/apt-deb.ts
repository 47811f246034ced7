// `apt: deb=…`: a package file on the host or behind a URL.

import type { Result } from "../core/result.ts";
import type { Host } from "../host/host.ts";
import { failApt, runAptGet, simulate } from "./apt-get.ts";
import { transaction } from "./apt-transaction.ts";
import { compareVersions } from "./debian-version.ts";
import { type DpkgDatabase, installedVersion } from "./dpkg-packages.ts";
import type { Change, Progress } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { askTool, runTool } from "./tool-run.ts";

interface DebOptions {
  readonly lock_timeout: number;
  readonly allow_downgrade: boolean;
  readonly force: boolean;
}

/** The change that installs the file, or undefined if that version is there. */
export async function planDeb(
  host: Host,
  path: string,
  installed: DpkgDatabase,
  options: readonly string[],
  params: DebOptions,
): Promise<Change | undefined> {
  if (/^(?:https?|ftp):\/\//.test(path)) return planUrl(path, installed, options, params);
  if (!path.startsWith("/")) failTask("apt-deb", `deb must be an absolute path or a URL, not '${path}'`);
  const file = await describe(host, path);
  if (!isDue(file, installed, params)) return undefined;
  const args = [...options, "install", path];
  const trial = await simulate(host, args);
  if (trial.code !== 0) failApt(`install ${path}`, trial);
  return transaction({
    what: `install ${file.name} ${file.version} from ${path}`,
    args: ["-q", ...args],
    lockTimeout: params.lock_timeout,
    steps: trial.steps.length > 0 ? trial.steps : [{ action: "install", name: file.name, after: file.version }],
  });
}

interface DebFile {
  readonly name: string;
  readonly version: string;
}

async function describe(host: Host, path: string): Promise<DebFile> {
  const answer = await askTool(
    host,
    ["dpkg-deb", "--show", "--showformat=${Package}\\t${Version}", path],
    [{ kind: "path", path }],
  );
  const [name = "", version = ""] = answer.stdout.split("\t");
  if (answer.code !== 0 || name === "")
    failTask("apt-deb", `Unable to install package: ${answer.stderr.trim() || `${path} is no package file`}`);
  return { name, version };
}

function isDue(file: DebFile, installed: DpkgDatabase, params: DebOptions): boolean {
  const present = installedVersion(installed, file.name);
  if (present === undefined) return true;
  const order = compareVersions(file.version, present);
  if (order < 0 && !params.allow_downgrade && !params.force)
    failTask("apt-deb", `Unable to install package: A later version of ${file.name} is already installed (${present})`);
  return order !== 0;
}

/** The file's name tells package and version, if it has the usual form; otherwise only the download can. */
function planUrl(
  url: string,
  installed: DpkgDatabase,
  options: readonly string[],
  params: DebOptions,
): Change | undefined {
  const base = decodeURIComponent(url.replace(/[?#].*/, "").replace(/^.*\//, ""));
  const match = base.match(/^([a-z0-9][a-z0-9+.-]+)_([^_]+)_[a-z0-9-]+\.deb$/);
  if (match?.[1] !== undefined && installedVersion(installed, match[1]) === match[2]) return undefined;
  return {
    what: `install ${base} from ${url}`,
    difference: { prepared: `+ ${base}\n` },
    ...(match?.[1] === undefined ? {} : { predict: [{ kind: "package", name: match[1], version: match[2] ?? "" }] }),
    apply: (host, progress) => download(host, url, base, installed, options, params, progress),
  };
}

async function download(
  host: Host,
  url: string,
  base: string,
  installed: DpkgDatabase,
  options: readonly string[],
  params: DebOptions,
  progress: Progress,
): Promise<Partial<Result>> {
  // Readable for apt's own user, which checks the file.
  const folder = await host.temporary({ type: "directory" });
  const path = `${folder}/${base.endsWith(".deb") ? base : `${base}.deb`}`;
  try {
    await host.setAttributes(folder, { mode: 0o755 });
    progress(`downloading ${base}`);
    await runTool(host, ["/usr/lib/apt/apt-helper", "download-file", url, path], `download ${base}`);
    const file = await describe(host, path);
    if (!isDue(file, installed, params)) return { changed: false };
    const what = `install ${file.name} ${file.version}`;
    const run = await runAptGet(
      host,
      { args: ["-q", ...options, "install", path], lockTimeout: params.lock_timeout, what },
      progress,
    );
    if (run.code !== 0) failApt(what, { code: run.code, stdout: run.out, stderr: run.errors });
    return { changed: true, stdout: run.out, stderr: run.errors };
  } finally {
    await host.remove(folder, { recursive: true });
  }
}
