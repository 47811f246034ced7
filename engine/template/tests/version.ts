// Orders of version numbers: loose and strict as Python's distutils had them, semantic versions, PEP 440.

import { typeError } from "../python/types.ts";

/** Negative, zero or positive. */
export function compareVersions(a: string, b: string, how: string): number {
  switch (how) {
    case "loose":
      return compareLists(looseParts(a), looseParts(b));
    case "strict":
      return compareLists(strictParts(a), strictParts(b));
    case "semver":
    case "semantic":
      return compareSemantic(a, b);
    case "pep440":
      return compareLists(pep440Parts(a), pep440Parts(b));
    default:
      typeError(`Invalid version type (${how}). Must be one of loose, strict, semver, semantic, pep440`);
  }
}

type Part = number | string;

function looseParts(text: string): Part[] {
  return text
    .split(/(\d+|[a-z]+|\.)/)
    .filter((part) => part !== "" && part !== ".")
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function compareLists(a: readonly Part[], b: readonly Part[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [x, y] = [a[at], b[at]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    if (x === y) continue;
    if (typeof x !== typeof y)
      typeError(
        `Version comparison failed: '<' not supported between instances of '${pythonType(x)}' and '${pythonType(y)}'`,
      );
    return x < y ? -1 : 1;
  }
  return 0;
}

function pythonType(part: Part): string {
  return typeof part === "number" ? "int" : "str";
}

function strictParts(text: string): Part[] {
  const [, major, minor, patch, kind, number] = /^(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?$/.exec(text) ?? [];
  if (major === undefined) typeError(`Version comparison failed: invalid version number '${text}'`);
  return [Number(major), Number(minor), Number(patch ?? 0), kind ?? "final", Number(number ?? 0)];
}

const SEMANTIC =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z.-]+))?$/;

function compareSemantic(a: string, b: string): number {
  const parse = (text: string) => {
    const found = SEMANTIC.exec(text);
    if (!found) typeError(`Version comparison failed: invalid semantic version '${text}'`);
    return { core: found.slice(1, 4).map(Number), pre: found[4]?.split(".") };
  };
  const [x, y] = [parse(a), parse(b)];
  const core = compareLists(x.core, y.core);
  if (core !== 0) return core;
  if (!x.pre || !y.pre) return x.pre ? -1 : y.pre ? 1 : 0;
  for (let at = 0; at < Math.max(x.pre.length, y.pre.length); at++) {
    const [left, right] = [x.pre[at], y.pre[at]];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    if (left === right) continue;
    const [leftNumber, rightNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (leftNumber && rightNumber) return Number(left) - Number(right);
    if (leftNumber !== rightNumber) return leftNumber ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return 0;
}

const PEP440 =
  /^\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|alpha|b|beta|c|rc|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+[a-z0-9._-]+)?\s*$/i;

/** Epoch, release of fixed length, then how early or late: dev < a < b < rc < final < post. */
function pep440Parts(text: string): Part[] {
  const found = PEP440.exec(text);
  if (!found) typeError(`Version comparison failed: Invalid version: '${text}'`);
  const [, epoch, release = "", pre, preNumber, postA, post, postB, dev, devNumber] = found;
  const numbers = release.split(".").map(Number);
  while (numbers.length < 12) numbers.push(0);
  const stage = pre ? { a: 1, b: 2, c: 3, r: 3, p: 3 }[pre.slice(0, 1).toLowerCase() as "a"] : undefined;
  const isPost = post !== undefined || postA !== undefined;
  const isDev = dev !== undefined;
  const first = stage ?? (isDev && !isPost ? 0 : 4);
  return [
    Number(epoch ?? 0),
    ...numbers,
    first,
    stage === undefined ? 0 : Number(preNumber || 0),
    isPost ? 1 : 0,
    Number(postA ?? (postB || 0)),
    isDev ? 0 : 1,
    Number(devNumber || 0),
  ];
}
