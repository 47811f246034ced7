// Downloads a file to the host.

import { fail } from "../core/problem.ts";
import { Unknown } from "../core/unknown.ts";
import type { Host, Stat } from "../host/host.ts";
import { look } from "./copy-file.ts";
import {
  askContent,
  type Downloader,
  findDownloader,
  readText,
  refuseAnswer,
  wantedChecksum,
  withDownload,
} from "./download.ts";
import { fileAttributes, planAttributes, statResult, unsafeWrites, wantedAttributes } from "./file-attributes.ts";
import { lookingAgain } from "./file-plan.ts";
import { HTTP_PARAMS, HTTP_WITHOUT_EFFECT, type HttpRequest, requestOf } from "./http-request.ts";
import { builtin, type Change, defineModule, type Plan, type PlanContext } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { putFile } from "./put-file.ts";
import { joinPath } from "./target-path.ts";
import { failTask } from "./task-failure.ts";
import { touchesPath } from "./touched-paths.ts";

const params = {
  properties: {
    url: { type: "string", description: "What to download: http, https or ftp." },
    dest: { type: "path", description: "Where to; a folder keeps the URL's file name." },
    checksum: { type: "string", default: "", description: "`sha256:` and the checksum, or the URL of a list of them." },
    force: { type: "boolean", default: false, description: "Download and compare even if the file is there." },
    headers: { type: "object", description: "More headers." },
    timeout: { type: "integer", default: 10, description: "Seconds to wait for the server." },
    tmp_dest: { type: "path", description: "Folder for the download while it runs." },
    backup: { type: "boolean", default: false, description: "Keep the old file under a name with the time." },
    via: {
      type: "string",
      enum: ["host", "controller"],
      default: "host",
      description: "Who downloads (ours): the host, or the controller for hosts without a way out.",
    },
    ...HTTP_PARAMS,
    ...HTTP_WITHOUT_EFFECT,
    ...fileAttributes,
    unsafe_writes: unsafeWrites,
  },
  required: ["url", "dest"],
} as const;
type GetUrlParams = ParamsOf<typeof params>;

export const getUrl = defineModule({
  name: "get_url",
  aliases: builtin("get_url"),
  summary: "Download a file to the host",
  params,
  returns: {
    dest: "The file.",
    url: "What was downloaded.",
    checksum_src: "SHA-1 of the download.",
    checksum_dest: "SHA-1 of the file before.",
    md5sum: "MD5 of the download.",
    msg: "What the server said.",
    status_code: "The server's status.",
    size: "Size in bytes.",
    elapsed: "Seconds it took.",
    backup_file: "The old file's new name.",
  },
  touches: touchesPath("dest"),
  async plan(host, given, context) {
    const request = requestOf(given.url, given, { timeout: given.timeout, headers: headersOf(given.headers) });
    const name = fileName(request.url);
    const [downloader, direct, nested] = await Promise.all([
      findDownloader(host, given.via, request),
      look(host, given.dest),
      look(host, joinPath(given.dest, name)),
    ]);
    const found = direct.target?.type === "directory" ? nested : direct;
    if (!found.parent && !found.own)
      failTask("download-parent", `Destination ${found.path.replace(/\/[^/]*$/, "")} does not exist`, {
        url: request.url,
        dest: found.path,
      });
    if (given.dest.endsWith("/") && direct.target?.type !== "directory")
      failTask("download-parent", `Destination ${given.dest} does not exist`, { url: request.url });
    const path = (found.own?.type === "link" ? await host.realpath(found.path) : undefined) ?? found.path;
    const job: Job = { path, present: found.target, request, downloader };
    return planDownload(host, job, given, context);
  },
});

interface Job {
  readonly path: string;
  readonly present: Stat | undefined;
  readonly request: HttpRequest;
  readonly downloader: Downloader;
}

async function planDownload(host: Host, job: Job, given: GetUrlParams, context: PlanContext): Promise<Plan> {
  const { path, present, request, downloader } = job;
  const known = { url: request.url, dest: path };
  const checksum =
    given.checksum === ""
      ? undefined
      : await wantedChecksum(given.checksum, fileName(request.url), (url) =>
          readText(host, downloader, { ...request, url }),
        );
  if (present?.type === "file") {
    const unchanged = async (result: (attributesDiffer: boolean) => object): Promise<Plan> => {
      const change = await planAttributes(host, path, present, given, { follow: true });
      return {
        result: { ...known, elapsed: 0, ...statResult(present), ...result(change !== undefined) },
        changes: lookingAgain(path, change ? [change] : []),
      };
    };
    if (checksum && !given.force) {
      const now = await host.stat(path, { follow: true, checksum: checksum.algorithm });
      if (now?.checksum === checksum.digest)
        return unchanged((differs) => ({
          msg: `file already exists${differs ? " but file attributes changed" : ""}`,
          checksum_src: null,
          checksum_dest: null,
        }));
    }
    if (!checksum) {
      const answer = await askContent(host, downloader, given.force ? request : { ...request, since: present.mtime });
      if (!answer) {
        if (!given.force) {
          context.warn(
            `without curl or wget on the host it cannot be told whether ${request.url} is newer than ${path}: it is left as it is`,
          );
          return unchanged(() => ({ msg: "file already exists" }));
        }
      } else {
        if (answer.status === 304) return unchanged(() => ({ msg: "HTTP Error 304: Not Modified", status_code: 304 }));
        if (answer.status < 200 || answer.status >= 300) refuseAnswer(request, answer);
        const sums = { checksum_src: answer.sha1 ?? null, checksum_dest: present.checksum ?? null };
        if (answer.sha1 === present.checksum)
          return unchanged(() => ({ msg: `OK (${answer.size} bytes)`, status_code: answer.status, ...sums }));
      }
    }
  }
  const changes = [await downloadChange(host, job, given, checksum, context)];
  return { result: known, changes };
}

async function downloadChange(
  host: Host,
  { path, present, request, downloader }: Job,
  given: GetUrlParams,
  checksum:
    | { readonly algorithm: "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512"; readonly digest: string }
    | undefined,
  context: PlanContext,
): Promise<Change> {
  const attributes = await wantedAttributes(host, given, present, "file");
  return {
    what: `download ${request.url} to ${path}`,
    predict: [
      { kind: "path", path, type: "file", content: new Unknown(`the content of ${request.url}`), ...attributes },
    ],
    apply(target, progress) {
      const start = context.now();
      const folder = given.tmp_dest === undefined ? {} : { folder: given.tmp_dest };
      return withDownload(target, downloader, request, folder, async (temporary, answer) => {
        const [sha1, md5, wanted] = await Promise.all(
          (["sha1", "md5", checksum?.algorithm ?? "sha1"] as const).map(
            async (name) => (await target.stat(temporary, { checksum: name }))?.checksum,
          ),
        );
        if (checksum && wanted !== checksum.digest)
          failTask(
            "checksum-mismatch",
            `The checksum for ${request.url} did not match ${checksum.digest}; it was ${wanted}.`,
            { url: request.url, dest: path, checksum_src: sha1 ?? null },
          );
        const result = {
          url: request.url,
          dest: path,
          checksum_src: sha1 ?? null,
          checksum_dest: present?.checksum ?? null,
          md5sum: md5 ?? null,
          status_code: answer.status,
          msg: `OK (${answer.size} bytes)`,
        };
        if (present && sha1 === present.checksum) return { changed: false, ...result };
        const put = putFile(
          { path, content: { remote: temporary }, present, attributes, params: given, result },
          context,
        );
        const done = await put.apply(target, progress);
        return { ...done, elapsed: Math.floor(context.now() - start) };
      });
    },
  };
}

/** The last name of a URL's path, or `index.html`. */
export function fileName(url: string): string {
  const path = url.replace(/^[a-z]+:\/\/[^/]*/i, "").replace(/[?#].*$/s, "");
  const name = path.slice(path.lastIndexOf("/") + 1);
  try {
    return name === "" ? "index.html" : decodeURIComponent(name).replaceAll("/", "_");
  } catch {
    return fail("url-invalid", `${url} is not a URL`);
  }
}

function headersOf(headers: Readonly<Record<string, unknown>> | undefined): Array<[string, string]> {
  return Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]);
}
