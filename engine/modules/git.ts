// Working copies of git repositories.

import type { Result } from "../core/result.ts";
import { Unknown } from "../core/unknown.ts";
import { GitRepository, gitMissing, type RemoteVersion, withoutPassword } from "./git-repository.ts";
import { builtin, type Change, defineModule, type Plan, type PlanContext } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { failTask } from "./task-failure.ts";

const PARAMS = {
  properties: {
    repo: { type: "string", aliases: ["name"], description: "Address of the repository." },
    dest: { type: "path", description: "Where it is to be." },
    version: { type: "string", default: "HEAD", description: "Branch, tag or commit; the remote's HEAD when absent." },
    remote: { type: "string", default: "origin", description: "Name of the remote." },
    clone: { type: "boolean", default: true, description: "Clone where there is no repository yet." },
    update: { type: "boolean", default: true, description: "Bring an existing repository to the version." },
    force: { type: "boolean", default: false, description: "Discard changes of the working copy." },
    depth: { type: "integer", description: "Only so many commits of the history." },
    recursive: { type: "boolean", default: true, description: "With submodules." },
    single_branch: { type: "boolean", default: false, description: "Only the version's own history." },
    bare: { type: "boolean", default: false, description: "A repository without a working copy." },
    refspec: { type: "string", description: "What to fetch besides." },
    reference: { type: "string", description: "A repository of the host to borrow from." },
    key_file: { type: "path", description: "Private SSH key on the host." },
    ssh_opts: { type: "string", description: "Options for ssh." },
    accept_hostkey: { type: "boolean", default: false, description: "Trust any host key." },
    accept_newhostkey: { type: "boolean", default: false, description: "Trust host keys of hosts not known yet." },
    executable: { type: "path", description: "The git to use." },
    umask: { type: "raw", description: "The umask for all that is written, octal." },
  },
  required: ["repo", "dest"],
  exclusive: [["accept_hostkey", "accept_newhostkey"]],
} as const;

export type GitParams = ParamsOf<typeof PARAMS>;

export const git = defineModule({
  name: "git",
  aliases: builtin("git"),
  summary: "Keep working copies of git repositories",
  params: PARAMS,
  returns: {
    before: "The commit before; null for a new repository.",
    after: "The commit now.",
    remote_url_changed: "Whether the remote's address was set.",
  },
  check: (given) => {
    const { umask } = given;
    return typeof umask === "string" && !/^0?[0-7]{1,3}$/.test(umask)
      ? "umask must be text of octal digits, such as '022'"
      : undefined;
  },
  async plan(host, params, context) {
    const repository = new GitRepository(host, params);
    const [own, config] = await Promise.all([
      host.stat(params.dest, { follow: true }),
      host.stat(`${params.dest}/${params.bare ? "config" : ".git"}`, { follow: true }),
    ]);
    if (config) return planExisting(repository, params);
    if (own && own.type !== "directory") failTask("git-dest", `${params.dest} is no folder`);
    if (own && (await host.walk(params.dest, { depth: 1 })).length > 0)
      failTask("git-dest", `${params.dest} exists, is not empty and is no git repository`);
    return planClone(repository, params, context);
  },
  touches: (params) =>
    typeof params.dest === "string"
      ? [
          {
            kind: "path",
            path: params.dest,
            type: "directory",
            below: new Unknown(`what git puts into ${params.dest}`),
          },
        ]
      : [],
});

async function planClone(repository: GitRepository, params: GitParams, context: PlanContext): Promise<Plan> {
  if (!params.clone) return { changes: [], result: { before: null } };
  const version = await versionToClone(repository, context);
  const change: Change = {
    what: `clone ${withoutPassword(params.repo)} to ${params.dest}`,
    predict: [
      {
        kind: "path",
        path: params.dest,
        type: "directory",
        below: new Unknown(`what the repository ${params.dest} holds`),
      },
    ],
    async apply(target) {
      const now = new GitRepository(target, params);
      await now.clone(version ?? (await now.remoteVersion()));
      return { before: null, after: await now.need(["rev-parse", "HEAD"], "Unable to read the commit") };
    },
  };
  return { changes: [change], result: { before: null, ...(version?.commit ? { after: version.commit } : {}) } };
}

/** undefined where an earlier task of the run brings git. */
async function versionToClone(repository: GitRepository, context: PlanContext): Promise<RemoteVersion | undefined> {
  if ((await repository.ask(["--version"], true)) !== undefined) return repository.remoteVersion();
  const comes = context.predictions.of("package").some((one) => one.name === "git" && one.version !== "absent");
  return comes ? undefined : gitMissing();
}

async function planExisting(repository: GitRepository, params: GitParams): Promise<Plan> {
  const { repo, remote, dest } = params;
  const [before, url, status] = await Promise.all([
    repository.need(["rev-parse", "HEAD"], "Unable to read the commit"),
    repository.ask(["config", "--get", `remote.${remote}.url`]),
    params.bare ? "" : repository.need(["status", "--porcelain", "--untracked-files=no"], "Unable to read the state"),
  ]);
  if (!params.update) return { changes: [], result: { before, after: before } };
  const isModified = status !== "";
  if (isModified && !params.force)
    failTask("git-modified", `Local modifications exist in the destination: ${dest} (force=no).`, { before });
  const changes: Change[] = [];
  const present = url?.stdout.trim();
  const result: Record<string, unknown> = { before };
  if (present !== repo) {
    const args = present === "" || present === undefined ? ["remote", "add"] : ["remote", "set-url"];
    result.remote_url_changed = true;
    changes.push({
      what: `let ${remote} of ${dest} be ${withoutPassword(repo)}`,
      async apply(target) {
        await new GitRepository(target, params).run([...args, remote, repo], "Failed to set a new url for the remote");
        return undefined;
      },
    });
  }
  const version = await repository.remoteVersion();
  const commit = version.commit ?? (await resolved(repository, params.version));
  result.after = commit ?? before;
  if (commit !== before || isModified)
    changes.push({
      what: `bring ${dest} to ${params.version}${isModified ? ", discarding its changes" : ""}`,
      difference: { before: `${before}\n`, after: `${commit ?? params.version}\n` },
      predict: [
        { kind: "path", path: dest, type: "directory", below: new Unknown(`what the repository ${dest} holds`) },
      ],
      async apply(target): Promise<Partial<Result>> {
        const now = new GitRepository(target, params);
        await now.update(version);
        return { after: await now.need(["rev-parse", "HEAD"], "Unable to read the commit") };
      },
    });
  return { changes, result };
}

/** An abbreviated commit that the repository has already. */
async function resolved(repository: GitRepository, version: string): Promise<string | undefined> {
  const answer = await repository.ask(["rev-parse", "--verify", "--quiet", `${version}^{commit}`]);
  return answer?.code === 0 ? answer.stdout.trim() : undefined;
}
