// Repositories of apt in the one-line form.

import type { Result } from "../core/result.ts";
import { Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import { updateLists } from "./apt-cache.ts";
import { parseSource, sourceFileName, sourcePath } from "./apt-sources.ts";
import { resolveMode } from "./mode.ts";
import { builtin, type Change, defineModule } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { readText, textChange } from "./text-file.ts";

const MAIN = "/etc/apt/sources.list";

export const aptRepository = defineModule({
  name: "apt_repository",
  aliases: builtin("apt_repository"),
  summary: "Manage repositories of apt",
  params: {
    properties: {
      repo: { type: "string", description: "The entry: deb [options] URL suite components." },
      state: { type: "string", enum: ["absent", "present"], default: "present", description: "Whether it is there." },
      mode: { type: "mode", default: null, description: "Permissions of a new file." },
      update_cache: {
        type: "boolean",
        default: true,
        aliases: ["update-cache"],
        description: "Refresh the lists after a change.",
      },
      update_cache_retries: { type: "integer", default: 5, description: "Attempts after a failed refresh." },
      update_cache_retry_max_delay: {
        type: "integer",
        default: 12,
        description: "Longest pause between attempts, in seconds.",
      },
      validate_certs: {
        type: "boolean",
        default: true,
        description: "Check certificates of keys.",
        ignored: "no key is fetched for an entry",
      },
      filename: {
        type: "string",
        default: null,
        description: "Name of the file in sources.list.d; made from the URL when absent.",
      },
      codename: { type: "string", default: null, description: "Release of a PPA.", ignored: "PPAs are not supported" },
      install_python_apt: {
        type: "boolean",
        default: true,
        description: "Install python3-apt.",
        ignored: "nothing is needed on the host",
      },
    },
    required: ["repo"],
  },
  returns: { repo: "As asked.", sources_added: "Files that are new.", sources_removed: "Files that are gone." },
  check: (params) =>
    typeof params.repo === "string" && params.repo.trim().startsWith("ppa:")
      ? "PPAs (ppa:user/name) are not supported; write the entry, or use deb822_repository with the key's URL"
      : undefined,
  async plan(host, params) {
    const source = parseSource(params.repo.trim());
    if (!source?.enabled) failTask("apt-repository", `Invalid repository string: ${params.repo}`);
    const paths = [MAIN, ...(await host.glob("/etc/apt/sources.list.d/*.list"))];
    const texts = await Promise.all(paths.map((path) => readText(host, path)));
    const files = new Map(paths.map((path, index) => [path, texts[index]] as const));
    const holds = (line: string): boolean => parseSource(line)?.entry === source.entry;
    const base: Partial<Result> = { repo: params.repo, state: params.state, sources_added: [], sources_removed: [] };
    const changes: Change[] = [];
    const added: string[] = [];
    const removed: string[] = [];
    const line = source.comment === "" ? source.entry : `${source.entry} # ${source.comment}`;
    if (params.state === "present") {
      const name = params.filename ?? sourceFileName(source.entry);
      const wanted = sourcePath(name, ".list");
      const present = [...files].find(([, file]) => linesOf(file?.text).some(holds));
      const isActive = present && linesOf(present[1]?.text).some((one) => holds(one) && parseSource(one)?.enabled);
      if (!isActive) {
        const path = present?.[0] ?? wanted;
        const file = files.get(path);
        const before = file?.text;
        const after = present ? linesOf(before).map((one) => (holds(one) ? line : one)) : [...linesOf(before), line];
        if (before === undefined) added.push(path);
        const mode =
          params.mode === undefined ? undefined : resolveMode(params.mode, { current: 0o644, directory: false });
        changes.push(
          textChange({
            path,
            before,
            after: `${after.join("\n")}\n`,
            present: file?.stat,
            ...(mode === undefined ? {} : { mode }),
          }),
        );
      }
    } else
      for (const [path, file] of files) {
        const lines = linesOf(file?.text);
        const after = lines.filter((one) => !(holds(one) && parseSource(one)?.enabled));
        if (after.length === lines.length) continue;
        const isGone = path !== MAIN && after.every((one) => one.trim() === "");
        if (isGone) removed.push(path);
        changes.push(
          textChange({
            path,
            before: file?.text,
            after: isGone ? undefined : `${after.join("\n")}\n`,
            present: file?.stat,
          }),
        );
      }
    if (changes.length > 0) changes.push(refresh(params, [...changes]));
    return { changes, result: { ...base, sources_added: added, sources_removed: removed } };
  },
});

interface RefreshParams {
  readonly update_cache: boolean;
  readonly update_cache_retries: number;
  readonly update_cache_retry_max_delay: number;
}

/** Refreshes the lists; if that fails the entry is of no use, and Ansible takes it back. */
function refresh(params: RefreshParams, written: readonly Change[]): Change {
  return {
    what: params.update_cache ? "refresh the lists of packages" : "leave the lists of packages as they are",
    predict: [
      {
        kind: "apt-cache",
        state: params.update_cache ? "refreshed" : new Unknown("the lists of packages with the changed repositories"),
      },
    ],
    async apply(host, progress) {
      if (!params.update_cache) return undefined;
      try {
        const options = {
          lockTimeout: 60,
          retries: params.update_cache_retries,
          maxDelay: params.update_cache_retry_max_delay,
        };
        await updateLists(host, options, progress);
      } catch (error) {
        for (const change of written) await takeBack(host, change);
        throw error;
      }
      return undefined;
    },
  };
}

async function takeBack(host: Host, change: Change): Promise<void> {
  const path = change.predict?.find((one) => one.kind === "path")?.path;
  const before = change.difference?.before;
  if (path === undefined) return;
  if (before === undefined || before === "") await host.remove(path);
  else await host.write(path, before, { mode: 0o644 });
}

function linesOf(text: string | undefined): string[] {
  return text === undefined || text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
