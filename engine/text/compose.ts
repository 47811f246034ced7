// From the parser's tree to our nodes: scalars resolved, tags applied, aliases followed (bounded), merge keys
// applied, duplicate keys decided. Follows PyYAML's SafeConstructor with Ansible's tags.

import { isAlias, isMap, isPair, isScalar, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import { textOf } from "../core/bytes.ts";
import { fail, type Origin, type Problem } from "../core/problem.ts";
import { float, VaultText } from "../core/value.ts";
import type { MappingNode, Node, ScalarNode, SequenceNode } from "./node.ts";
import { parseBooleanText, parseFloatText, parseIntText, resolvePlain } from "./scalars.ts";
import { unquotedTemplate } from "./yaml-problems.ts";

/** Deepest nesting; PyYAML gives up near Python's recursion limit. */
const MOST_DEPTH = 200;
/** Most nodes a document may stand for once aliases are followed ("billion laughs"). */
const MOST_NODES = 2_000_000;

/** A JSON number that YAML 1.1 takes for text. */
const JSON_EXPONENT = /^-?\d+(?:\.\d+)?[eE][-+]?\d+$/;

const CORE = "tag:yaml.org,2002:";

export interface ComposeInput {
  readonly text: string;
  readonly place: (offset: number) => Origin;
  /** The text is JSON: its numbers are JSON's. */
  readonly json?: boolean;
  readonly warn: (problem: Problem) => void;
}

interface Entry {
  readonly key: ScalarNode;
  readonly value: Node;
}

/** The parser's node as ours. Throws Failure `yaml-…`. */
export function compose(root: unknown, input: ComposeInput): Node {
  return new Composer(input).node(root, 0, false);
}

class Composer {
  readonly #input: ComposeInput;
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<string>();
  /** Nodes that a node stands for, itself included. */
  readonly #sizes = new WeakMap<Node, number>();

  constructor(input: ComposeInput) {
    this.#input = input;
  }

  node(parsed: unknown, depth: number, unsafe: boolean): Node {
    const origin = this.#originOf(parsed);
    if (depth > MOST_DEPTH) fail("yaml-depth", `the YAML is nested more than ${MOST_DEPTH} levels deep`, { origin });
    if (isAlias(parsed)) return this.#alias(parsed.source, origin);
    const content = parsed as Scalar | YAMLMap | YAMLSeq;
    const anchor = content.anchor;
    if (anchor !== undefined) this.#open.add(anchor);
    const node = this.#content(content, origin, depth, unsafe);
    if (anchor !== undefined) {
      this.#open.delete(anchor);
      this.#anchors.set(anchor, node);
    }
    return node;
  }

  #content(parsed: Scalar | YAMLMap | YAMLSeq, origin: Origin, depth: number, outerUnsafe: boolean): Node {
    const tag = parsed.tag;
    const unsafe = outerUnsafe || tag === "!unsafe";
    if (isScalar(parsed)) return this.#measure(this.#scalar(parsed, origin, unsafe), 1);
    const kind = isMap(parsed) ? "map" : "seq";
    if (tag !== undefined && tag !== "!unsafe" && tag !== "!" && tag !== `${CORE}${kind}`) this.#badTag(tag, origin);
    return isMap(parsed)
      ? this.#mapping(parsed, origin, depth, unsafe)
      : this.#sequence(parsed as YAMLSeq, origin, depth, unsafe);
  }

  #sequence(parsed: YAMLSeq, origin: Origin, depth: number, unsafe: boolean): SequenceNode {
    const items = parsed.items.map((item) => {
      // `[a: b]` is a list of one-entry mappings.
      if (isPair(item)) return this.#entries([item], this.#originOf(item.key), depth + 1, unsafe);
      return this.node(item, depth + 1, unsafe);
    });
    const size = items.reduce((sum, item) => sum + (this.#sizes.get(item) ?? 1), 1);
    return this.#measure({ kind: "sequence", origin, items }, size);
  }

  #mapping(parsed: YAMLMap, origin: Origin, depth: number, unsafe: boolean): MappingNode {
    return this.#entries(parsed.items, origin, depth, unsafe);
  }

  #entries(pairs: readonly Pair[], origin: Origin, depth: number, unsafe: boolean): MappingNode {
    const merged: Entry[] = [];
    const own: Entry[] = [];
    for (const pair of pairs) {
      const key = this.#key(pair.key, origin, depth, unsafe);
      const value = pair.value ? this.node(pair.value, depth + 1, unsafe) : this.#empty(key.origin);
      if (!key.quoted && key.source === "<<" && key.value === "<<") merged.push(...this.#mergeOf(value));
      else own.push({ key, value });
    }
    const entries = this.#unique(merged, own);
    const size = entries.reduce((sum, entry) => sum + 1 + (this.#sizes.get(entry.value) ?? 1), 1);
    return this.#measure({ kind: "mapping", origin, entries }, size);
  }

  /** Later entries replace earlier ones of the same key, in the earlier one's position, as Python's dict does. */
  #unique(merged: readonly Entry[], own: readonly Entry[]): Entry[] {
    const found = new Map<string, Entry>();
    const put = (identity: string, entry: Entry): void => {
      const key = found.get(identity)?.key;
      // 1, 1.0 and true are one key, which stays what it was first.
      found.set(identity, key ? { key: { ...entry.key, value: key.value }, value: entry.value } : entry);
    };
    for (const entry of merged) put(keyIdentity(entry.key), entry);
    const seen = new Map<string, ScalarNode>();
    for (const entry of own) {
      const identity = keyIdentity(entry.key);
      const before = seen.get(identity);
      if (before) this.#warnDuplicate(entry.key, before);
      seen.set(identity, entry.key);
      put(identity, entry);
    }
    return [...found.values()];
  }

  #warnDuplicate(key: ScalarNode, first: ScalarNode): void {
    this.#input.warn({
      code: "yaml-duplicate-key",
      message: `the key '${key.source}' stands twice in one mapping; the last value is used`,
      origin: key.origin,
      hint: "remove one of them",
      related: [{ message: "the first one is here", origin: first.origin }],
    });
  }

  #key(parsed: unknown, mapping: Origin, depth: number, unsafe: boolean): ScalarNode {
    if (parsed === null || parsed === undefined) return this.#empty(mapping);
    const key = this.node(parsed, depth + 1, unsafe);
    if (key.kind !== "scalar") this.#collectionKey(key.origin);
    if (key.value instanceof VaultText)
      fail("yaml-key", "a mapping's key cannot be a vaulted value", { origin: key.origin });
    return key;
  }

  #collectionKey(origin: Origin): never {
    const line = this.#input.text.split(/\r?\n/)[origin.line - 1] ?? "";
    const start = line.lastIndexOf("{{", origin.column - 1);
    if (start >= 0) {
      const inFlow = /[[{,]/.test(line.slice(0, start));
      const value = line
        .slice(start)
        .replace(/\s+#.*$/, "")
        .trimEnd();
      const problem = unquotedTemplate(
        { ...origin, column: start + 1 },
        inFlow ? (/^\{\{.*?\}\}/.exec(value)?.[0] ?? value) : value,
      );
      fail(problem.code, problem.message, problem);
    }
    fail("yaml-key", "a mapping's key must be text or a number, not a list or a mapping", { origin });
  }

  /** What `<<: value` brings in: a mapping, or a list of them of which the first has the last word. */
  #mergeOf(value: Node): readonly Entry[] {
    if (value.kind === "mapping") return value.entries;
    if (value.kind === "sequence" && value.items.every((item) => item.kind === "mapping"))
      return [...value.items].reverse().flatMap((item) => (item.kind === "mapping" ? item.entries : []));
    return fail("yaml-merge", "'<<' merges a mapping or a list of mappings, nothing else", { origin: value.origin });
  }

  #alias(name: string, origin: Origin): Node {
    if (this.#open.has(name)) fail("yaml-alias", `the alias '*${name}' stands inside what it names`, { origin });
    const node = this.#anchors.get(name);
    if (node) return node;
    return fail("yaml-alias", `the alias '*${name}' names no anchor '&${name}' before it`, {
      origin,
      hint: "a value that is to start with * must be in quotes",
    });
  }

  #scalar(parsed: Scalar, origin: Origin, unsafe: boolean): ScalarNode {
    const quoted = parsed.type !== undefined && parsed.type !== "PLAIN";
    const source = parsed.source ?? "";
    const value = this.#scalarValue(source, quoted, parsed.tag, origin);
    return { kind: "scalar", origin, value, source, quoted, ...(unsafe ? { unsafe: true } : {}) };
  }

  #scalarValue(source: string, quoted: boolean, tag: string | undefined, origin: Origin): ScalarNode["value"] {
    if (tag === undefined || tag === "!unsafe" || tag === "!") {
      if (quoted) return source;
      return this.#input.json && JSON_EXPONENT.test(source) ? float(Number(source)) : resolvePlain(source);
    }
    if (tag === "!vault" || tag === "!vault-encrypted") return new VaultText(source, origin);
    const reader = TAGS[tag.startsWith(CORE) ? tag.slice(CORE.length) : tag];
    if (!reader) this.#badTag(tag, origin);
    const value = reader(source);
    if (value === undefined) fail("yaml-tag", `'${source}' is not what its tag ${shortTag(tag)} says`, { origin });
    return value;
  }

  #badTag(tag: string, origin: Origin): never {
    fail("yaml-tag", `the tag ${shortTag(tag)} is not known here`, {
      origin,
      hint: "known are !vault and !unsafe; a value that is to start with ! must be in quotes",
    });
  }

  #empty(origin: Origin): ScalarNode {
    return { kind: "scalar", origin, value: null, source: "", quoted: false };
  }

  #originOf(parsed: unknown): Origin {
    const range = (parsed as { range?: [number, number, number] | null } | null | undefined)?.range;
    return this.#input.place(range?.[0] ?? 0);
  }

  #measure<N extends Node>(node: N, size: number): N {
    if (size > MOST_NODES)
      fail("yaml-alias-bomb", `the aliases of this document stand for more than ${MOST_NODES} values`, {
        origin: node.origin,
      });
    this.#sizes.set(node, size);
    return node;
  }
}

const TAGS: Readonly<Record<string, (source: string) => ScalarNode["value"] | undefined>> = {
  str: (source) => source,
  timestamp: (source) => source,
  null: () => null,
  int: (source) => parseIntText(source),
  float: (source) =>
    /^[-+]?(?:[0-9_:]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?|\.inf|\.nan)$/i.test(source) && source !== ""
      ? parseFloatText(source)
      : undefined,
  bool: (source) => parseBooleanText(source) ?? parseBooleanText(source.toLowerCase()),
  binary: (source) => textOf(Buffer.from(source.replace(/\s+/g, ""), "base64")),
};

function shortTag(tag: string): string {
  return tag.startsWith(CORE) ? `!!${tag.slice(CORE.length)}` : tag;
}

/** Keys that Python's dict holds as one: 1, 1.0 and true are the same key there. */
function keyIdentity(key: ScalarNode): string {
  const value = key.value;
  if (typeof value === "string") return `s:${value}`;
  if (value === null) return "null";
  if (typeof value === "boolean") return `n:${value ? 1 : 0}`;
  if (typeof value === "object" && "value" in value) return `n:${value.value}`;
  return `n:${String(value)}`;
}
