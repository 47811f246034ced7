// Fetches a small text from a URL on the host itself, with what it has: curl, wget or apt's own helper. Reads only.

import type { Host } from "../host/host.ts";
import { failTask } from "./task-failure.ts";

const LIMIT = 4 * 1024 * 1024;

/** The bytes behind the URL. Failure `fetch-failed`. */
export async function fetchOnHost(
  host: Host,
  url: string,
  options: { readonly insecure?: boolean } = {},
): Promise<Buffer> {
  if (!/^(?:https?|ftp):\/\/[^\s]+$/.test(url)) failTask("fetch-url", `not a URL that can be fetched: ${url}`);
  const curl = options.insecure ? "curl -fsSLk" : "curl -fsSL";
  const wget = options.insecure ? "wget -q --no-check-certificate -O-" : "wget -q -O-";
  const script = [
    `if command -v curl >/dev/null 2>&1; then exec ${curl} --max-time 60 -- "$TSPLAY_URL"; fi`,
    `if command -v wget >/dev/null 2>&1; then exec ${wget} -T 60 -- "$TSPLAY_URL"; fi`,
    "file=$(mktemp) || exit 1; trap 'rm -f \"$file\"' EXIT",
    '/usr/lib/apt/apt-helper download-file "$TSPLAY_URL" "$file" >/dev/null && cat "$file"',
  ].join("\n");
  const run = await host.run({
    script,
    reads: true,
    env: { LC_ALL: "C", TSPLAY_URL: url },
    limit: LIMIT,
    timeout: 120,
  });
  if (run.code !== 0 || run.stdout.length === 0)
    failTask("fetch-failed", `Failed to download ${url}: ${run.stderr.toString().trim() || `exit status ${run.code}`}`);
  return run.stdout;
}
