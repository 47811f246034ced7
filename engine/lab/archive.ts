// Where this machine's apt gets Debian from, so that lab hosts get it from there too: sources, proxies,
// certificates. Read from the machine, used in its images, never written into the project.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../core/problem.ts";
import { tryCommand } from "./command.ts";

/** How the lab's hosts reach the Debian archive. */
export interface Archive {
  /** Lines for sources.list, for the wanted suite. */
  readonly sources: readonly string[];
  /** Lines for apt.conf: proxies and the like. */
  readonly settings: readonly string[];
  /** Local certificate authorities: file name and PEM text. */
  readonly certificates: ReadonlyArray<{ readonly name: string; readonly text: string }>;
}

/** One place where packages come from, as apt's own files name it. */
export interface Source {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly signedBy?: string;
}

/** Names a Debian archive on machines whose apt knows none. */
const VARIABLE = "TSPLAY_LAB_ARCHIVE";
const KEYRING = /debian-archive/;
const SETTINGS =
  /^Acquire::(?:(?:http|https|ftp)(?:::[^"]*)?::)?(?:Proxy|Verify-Peer|Verify-Host|ForceIPv4|ForceIPv6|Retries|Check-Valid-Until)\b/;

/** Reads this machine's apt configuration. */
export async function readArchive(suite: string): Promise<Archive> {
  const release = text("/etc/os-release");
  const codename = /^VERSION_CODENAME=(\S+)$/m.exec(release)?.[1];
  const debian = /^ID=debian$/m.test(release);
  const folder = "/etc/apt/sources.list.d";
  const sources = [
    ...parseSourcesList(text("/etc/apt/sources.list")),
    ...namesIn(folder, ".list").flatMap((name) => parseSourcesList(text(join(folder, name)))),
    ...namesIn(folder, ".sources").flatMap((name) => parseDeb822(text(join(folder, name)))),
  ];
  const { stdout } = await tryCommand(["apt-config", "dump"]);
  const local = "/usr/local/share/ca-certificates";
  return {
    sources: sourcesFor(suite, debian ? sources : [], codename, process.env[VARIABLE]),
    settings: [...proxySettings(process.env), ...stdout.split("\n").filter((line) => SETTINGS.test(line))],
    certificates: namesIn(local, ".crt").map((name) => ({ name, text: text(join(local, name)) })),
  };
}

/** Changes when the archive or what to build changes: part of an image's name. */
export function fingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 12);
}

/**
 * The machine's own Debian sources, turned to the wanted suite; where it has none, the archive that the user names.
 * Failure `lab-archive` where there is neither.
 */
export function sourcesFor(
  suite: string,
  sources: readonly Source[],
  codename: string | undefined,
  named?: string,
): string[] {
  const wanted = new Map([
    [codename, suite],
    [`${codename}-updates`, `${suite}-updates`],
    [`${codename}-security`, `${suite}-security`],
  ]);
  const lines = sources
    .filter(({ components, signedBy }) => components.includes("main") && KEYRING.test(signedBy ?? "debian-archive"))
    .flatMap((source) => {
      const target = wanted.get(source.suite);
      return target ? [sourceLine(source.uri, target)] : [];
    });
  if (lines.some((line) => line.endsWith(` ${suite} main`))) return [...new Set(lines)];
  if (named) return [sourceLine(named, suite)];
  fail("lab-archive", `this machine's apt knows no Debian archive to make ${suite} hosts from`, {
    hint: `name one: ${VARIABLE}=http://…/debian tsplay lab up`,
  });
}

/** Names of the hosts that packages are fetched from, proxies included. */
export function archiveHosts(archive: Archive): string[] {
  const addresses = [...archive.sources, ...archive.settings].flatMap(
    (line) => line.match(/\bhttps?:\/\/[^\s";]+/g) ?? [],
  );
  return [...new Set(addresses.flatMap((address) => hostOf(address) ?? []))];
}

/** One-line style: `deb [signed-by=…] URI SUITE COMPONENT…`. */
export function parseSourcesList(content: string): Source[] {
  return content.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line);
    if (!match) return [];
    const [, options = "", uri = "", suite = "", components = ""] = match;
    const signedBy = /\bsigned-by=(\S+)/i.exec(options)?.[1];
    return [{ uri, suite, components: words(components), ...(signedBy ? { signedBy } : {}) }];
  });
}

/** Paragraphs of `Field: value`, several URIs and suites each. */
export function parseDeb822(content: string): Source[] {
  const paragraphs = content
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .split(/\n\s*\n/);
  return paragraphs.flatMap((paragraph) => {
    const field = (name: string): string =>
      new RegExp(`^${name}:\\s*(.*(?:\\n[ \\t].*)*)`, "im").exec(paragraph)?.[1] ?? "";
    if (!words(field("Types")).includes("deb") || /^no$/i.test(field("Enabled").trim())) return [];
    const signedBy = field("Signed-By").trim();
    return words(field("URIs")).flatMap((uri) =>
      words(field("Suites")).map((suite) => ({
        uri,
        suite,
        components: words(field("Components")),
        ...(signedBy ? { signedBy } : {}),
      })),
    );
  });
}

/** apt honours these variables, but only where they are set: hosts get them as settings. */
export function proxySettings(environment: Readonly<Record<string, string | undefined>>): string[] {
  return ["http", "https"].flatMap((scheme) => {
    const proxy = environment[`${scheme}_proxy`];
    return proxy ? [`Acquire::${scheme}::Proxy ${JSON.stringify(proxy)};`] : [];
  });
}

function sourceLine(uri: string, suite: string): string {
  return `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${uri.replace(/\/$/, "")} ${suite} main`;
}

function hostOf(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).hostname : undefined;
}

function words(value: string): string[] {
  return value.split(/\s+/).filter((word) => word !== "");
}

function namesIn(folder: string, ending: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(ending))
        .sort()
    : [];
}

function text(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
