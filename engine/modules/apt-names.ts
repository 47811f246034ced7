// What users write for packages: name, name:arch, name=version, name>=version, name/release, patterns. Pure.

import { shellPattern } from "../core/shell-pattern.ts";
import { compareVersions, isPattern } from "./debian-version.ts";
import { type DpkgDatabase, installedOf, isInstalled } from "./dpkg-packages.ts";

export interface PackageSpec {
  /** As written. */
  readonly text: string;
  /** Name with `:arch`, may be a pattern. */
  readonly name: string;
  readonly operator?: "=" | ">=";
  readonly version?: string;
  readonly release?: string;
}

export function parseSpec(text: string): PackageSpec {
  const match = text.match(/^([^=>/\s]+)\s*(>=|=)\s*(\S+)$/);
  if (match) return { text, name: match[1] ?? "", operator: match[2] === ">=" ? ">=" : "=", version: match[3] ?? "" };
  const slash = text.indexOf("/");
  return slash > 0 ? { text, name: text.slice(0, slash), release: text.slice(slash + 1) } : { text, name: text };
}

/** The word for apt-get: it has no `>=`, there the newest is taken and looked at. */
export function aptWord(spec: PackageSpec): string {
  if (spec.release !== undefined) return `${spec.name}/${spec.release}`;
  return spec.operator === "=" ? `${spec.name}=${spec.version}` : spec.name;
}

/** Whether a version is what the spec asks for. */
export function versionFits(spec: PackageSpec, version: string): boolean {
  if (spec.version === undefined) return true;
  if (spec.operator === ">=") return compareVersions(version, spec.version) >= 0;
  return shellPattern(spec.version).test(version);
}

/** Installed as the spec asks. */
export function isSatisfied(spec: PackageSpec, database: DpkgDatabase): boolean {
  const found = installedOf(database, spec.name);
  return found !== undefined && versionFits(spec, found.version);
}

/** Patterns of names replaced by the names they match among `names`; a pattern that matches none is kept. */
export function expandPatterns(specs: readonly PackageSpec[], names: readonly string[]): PackageSpec[] {
  return specs.flatMap((spec) => {
    if (!isPattern(spec.name)) return [spec];
    const expression = shellPattern(spec.name);
    const matching = names.filter((name) => expression.test(name));
    return matching.length === 0 ? [spec] : matching.map((name) => ({ ...spec, name }));
  });
}

/** Names of packages that are there, or with `purge` have left configuration behind. */
export function removable(specs: readonly PackageSpec[], database: DpkgDatabase, purge: boolean): string[] {
  const there = database.packages.filter(
    (one) => isInstalled(one) || (purge ? one.state !== "not-installed" : isHalf(one.state)),
  );
  const found = expandPatterns(specs, [...new Set(there.map((one) => one.name))]).filter((spec) => {
    const [plain = "", architecture] = spec.name.split(":");
    return there.some(
      (one) =>
        one.name === plain &&
        (architecture === undefined || one.architecture === architecture) &&
        versionFits(spec, one.version),
    );
  });
  return [...new Set(found.map((spec) => spec.name))];
}

function isHalf(state: string): boolean {
  return state === "half-installed" || state === "unpacked" || state === "half-configured";
}
