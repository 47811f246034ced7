// A git repository of the host: what it is now, what the remote has, and the commands that bring one to the other.

import { Failure, fail } from "../core/problem.ts";
import type { Host } from "../host/host.ts";
import type { GitParams } from "./git.ts";
import { shellQuote } from "./shell-words.ts";
import { failTask } from "./task-failure.ts";
import { askTool, runTool, type ToolAnswer } from "./tool-run.ts";

/** How the version is known to the remote. */
export interface RemoteVersion {
  readonly kind: "head" | "branch" | "tag" | "commit";
  /** undefined: an abbreviated commit, which only the fetched repository can resolve. */
  readonly commit: string | undefined;
  /** Name of the branch that HEAD or the version is. */
  readonly branch?: string;
}

export class GitRepository {
  readonly #host: Host;
  readonly #params: GitParams;

  constructor(host: Host, params: GitParams) {
    this.#host = host;
    this.#params = params;
  }

  /** Asks git, in the repository unless `outside`. undefined: the host has no git. */
  async ask(args: readonly string[], outside = false): Promise<ToolAnswer | undefined> {
    try {
      return await askTool(this.#host, this.#argv(args, outside), this.#about(outside), { env: this.#environment() });
    } catch (error) {
      if (error instanceof Failure && error.problem.code === "tool-missing") return undefined;
      throw error;
    }
  }

  /** Asks git, whose answer is needed. Failure `git-missing`, `git-failed`. */
  async need(args: readonly string[], what: string, outside = false): Promise<string> {
    const answer = (await this.ask(args, outside)) ?? gitMissing();
    if (answer.code !== 0) this.#refuse(what, answer);
    return answer.stdout.trim();
  }

  async run(args: readonly string[], what: string, outside = false): Promise<void> {
    const { umask: asked } = this.#params;
    // A number is the bits themselves: YAML has read 022 as octal already.
    const umask =
      asked === undefined || asked === null
        ? {}
        : { umask: typeof asked === "number" ? asked : Number.parseInt(String(asked), 8) };
    await runTool(this.#host, this.#argv(args, outside), what, { env: this.#environment(), ...umask });
  }

  /** What the remote has under the version. Failure `git-version`. */
  async remoteVersion(): Promise<RemoteVersion> {
    const { repo, version } = this.#params;
    if (/^[0-9a-f]{40}$/i.test(version)) return { kind: "commit", commit: version.toLowerCase() };
    const refs = await this.need(["ls-remote", "--symref", repo], "Unable to list the remote repository", true);
    const byName = new Map<string, string>();
    let head: string | undefined;
    for (const line of refs.split("\n")) {
      const [value = "", name = ""] = line.split("\t");
      if (value.startsWith("ref: ") && name === "HEAD") head = value.replace(/^ref: refs\/heads\//, "");
      else byName.set(name, value);
    }
    if (version === "HEAD")
      return { kind: "head", commit: byName.get("HEAD"), ...(head === undefined ? {} : { branch: head }) };
    const branch = byName.get(`refs/heads/${version}`);
    if (branch !== undefined) return { kind: "branch", commit: branch, branch: version };
    const tag = byName.get(`refs/tags/${version}^{}`) ?? byName.get(`refs/tags/${version}`);
    if (tag !== undefined) return { kind: "tag", commit: tag };
    const other = byName.get(version);
    if (other !== undefined || /^[0-9a-f]{7,39}$/i.test(version)) return { kind: "commit", commit: other };
    return failTask("git-version", `Failed to find the version ${version}: the remote has no such branch or tag`);
  }

  /** Clones, and checks the version out. */
  async clone(version: RemoteVersion): Promise<void> {
    const { repo, dest, remote, depth, bare, reference, single_branch: isSingle, recursive } = this.#params;
    const args = ["clone", "--origin", remote];
    if (bare) args.push("--bare");
    // A commit may be anywhere in the history, so that a shallow clone may lack it.
    const isNamed = version.kind !== "commit";
    if (depth !== undefined && isNamed) args.push("--depth", String(depth));
    if (isSingle && isNamed) args.push("--single-branch");
    if (isNamed && version.kind !== "head") args.push("--branch", this.#params.version);
    if (reference !== undefined) args.push("--reference", reference);
    if (recursive && !bare) args.push("--recursive");
    await this.run([...args, "--", repo, dest], "Failed to clone", true);
    if (this.#params.refspec !== undefined) await this.#fetch(version);
    if (version.kind === "commit" && !bare) await this.#checkOut(version);
  }

  /** Fetches, and brings the working tree to the version. */
  async update(version: RemoteVersion): Promise<void> {
    if (this.#params.force && !this.#params.bare)
      await this.run(["reset", "--hard", "HEAD", "--"], "Failed to discard changes");
    await this.#fetch(version);
    if (!this.#params.bare) await this.#checkOut(version);
  }

  async #fetch(version: RemoteVersion): Promise<void> {
    const { remote, depth, refspec, bare } = this.#params;
    const shallow = depth === undefined ? [] : ["--depth", String(depth)];
    const specs: string[] = [];
    if (refspec !== undefined) specs.push(refspec);
    if (bare) specs.push("+refs/heads/*:refs/heads/*");
    else if (version.branch !== undefined)
      specs.push(`+refs/heads/${version.branch}:refs/remotes/${remote}/${version.branch}`);
    else if (version.kind === "tag") specs.push(`+refs/tags/${this.#params.version}:refs/tags/${this.#params.version}`);
    const tags = depth === undefined ? ["--tags"] : [];
    const forced = [...shallow, ...tags, "--force", remote];
    // Where all branches are wanted anyway, the remote's own list of them is used.
    await this.run(["fetch", ...forced, ...specs], "Failed to download remote objects and refs");
    if (depth === undefined && !bare && !this.#params.single_branch && specs.length > 0)
      await this.run(["fetch", ...forced], "Failed to download remote objects and refs");
  }

  async #checkOut(version: RemoteVersion): Promise<void> {
    const { remote, recursive } = this.#params;
    const failed = `Failed to checkout ${version.branch ?? this.#params.version}`;
    if (version.branch === undefined) await this.run(["checkout", "--force", this.#params.version, "--"], failed);
    else {
      const tip = `refs/remotes/${remote}/${version.branch}`;
      await this.run(["checkout", "--force", "--no-track", "-B", version.branch, tip, "--"], failed);
      // Written as settings, because in a shallow repository git does not take the tip for a branch.
      await this.run(["config", `branch.${version.branch}.remote`, remote], failed);
      await this.run(["config", `branch.${version.branch}.merge`, `refs/heads/${version.branch}`], failed);
    }
    if (!recursive || !(await this.#host.stat(`${this.#params.dest}/.gitmodules`))) return;
    await this.run(["submodule", "sync", "--recursive"], "Failed to sync submodules");
    const force = this.#params.force ? ["--force"] : [];
    await this.run(["submodule", "update", "--init", "--recursive", ...force], "Failed to init/update submodules");
  }

  #argv(args: readonly string[], outside: boolean): string[] {
    return [this.#params.executable ?? "git", ...(outside ? [] : ["-C", this.#params.dest]), ...args];
  }

  #about(outside: boolean): { readonly kind: "path"; readonly path: string }[] {
    return outside ? [] : [{ kind: "path", path: this.#params.dest }];
  }

  /** No questions at a terminal that is not there; SSH as asked. */
  #environment(): Record<string, string> {
    const { key_file: key, accept_hostkey: any, accept_newhostkey: fresh, ssh_opts: options } = this.#params;
    const words = ["ssh", "-o", "BatchMode=yes"];
    if (key !== undefined) words.push("-i", shellQuote(key), "-o", "IdentitiesOnly=yes");
    if (any) words.push("-o", "StrictHostKeyChecking=no");
    else if (fresh) words.push("-o", "StrictHostKeyChecking=accept-new");
    if (options !== undefined) words.push(options);
    return { GIT_TERMINAL_PROMPT: "0", ...(words.length > 3 ? { GIT_SSH_COMMAND: words.join(" ") } : {}) };
  }

  #refuse(what: string, answer: ToolAnswer): never {
    const words = withoutPassword(answer.stderr.trim());
    return failTask("git-failed", `${what}: ${words}`, { rc: answer.code, stderr: words });
  }
}

/** Failure `git-missing`. */
export function gitMissing(): never {
  return fail("git-missing", "the host has no git", { hint: "install the package git" });
}

/** URLs without what stands before the @. */
export function withoutPassword(text: string): string {
  return text.replace(/(\w+:\/\/)[^/@\s]+@/g, "$1");
}
