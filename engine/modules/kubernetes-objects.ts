// Objects of a cluster as data: what identifies them, which part of them a person gave, and how they differ.

import { textOf } from "../core/bytes.ts";
import { fail } from "../core/problem.ts";
import type { Difference } from "../core/result.ts";
import { isPlainObject, type Plain, type PlainObject, toPlain } from "../core/value.ts";
import type { Host } from "../host/host.ts";
import { dataOf } from "../text/templates.ts";
import { loadAllYaml } from "../text/yaml.ts";
import type { PlanContext } from "./module.ts";

/** Kinds that belong to no namespace; of others the server tells, so that this list need not be complete. */
const CLUSTER_WIDE = new Set([
  "APIService",
  "CSIDriver",
  "CSINode",
  "CertificateSigningRequest",
  "ClusterRole",
  "ClusterRoleBinding",
  "CustomResourceDefinition",
  "FlowSchema",
  "IngressClass",
  "MutatingWebhookConfiguration",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PodSecurityPolicy",
  "PriorityClass",
  "PriorityLevelConfiguration",
  "RuntimeClass",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
  "VolumeAttachment",
  "VolumeSnapshotClass",
]);

export interface DefinitionParams {
  readonly resource_definition: unknown;
  readonly src: string | undefined;
  readonly template: unknown;
  readonly kind: string | undefined;
  readonly api_version: string;
  readonly name: string | undefined;
  readonly generate_name: string | undefined;
  readonly namespace: string | undefined;
}

/** All objects that a task defines, complete with kind, name and namespace. */
export async function definitionsOf(
  host: Host,
  params: DefinitionParams,
  context: PlanContext,
): Promise<PlainObject[]> {
  const written = await writtenDefinitions(host, params, context);
  const all = (written ?? [{}]).flatMap(itemsOf);
  if (all.length === 0) fail("kubernetes-definition", "the definition holds no object");
  return all.map((one, index) => complete(one, params, written === undefined ? "" : ` (number ${index + 1})`));
}

async function writtenDefinitions(
  host: Host,
  params: DefinitionParams,
  context: PlanContext,
): Promise<PlainObject[] | undefined> {
  const { resource_definition: given, src, template } = params;
  if (src !== undefined) return fromText(await readSource(host, src, context), src);
  if (template !== undefined && template !== null)
    return (Array.isArray(template) ? template : [template]).flatMap((one) => renderedDefinitions(one, context));
  if (given === undefined || given === null) return undefined;
  return definitionsIn(given);
}

function definitionsIn(given: unknown): PlainObject[] {
  if (typeof given === "string") return fromText(given, "resource_definition");
  if (Array.isArray(given)) return given.flatMap(definitionsIn);
  if (isPlainObject(given)) return [given];
  return fail("kubernetes-definition", "resource_definition must be a mapping, a list of mappings, or YAML text");
}

const TEMPLATE_OPTIONS: Readonly<Record<string, string>> = {
  newline_sequence: "newlineSequence",
  block_start_string: "blockStart",
  block_end_string: "blockEnd",
  variable_start_string: "variableStart",
  variable_end_string: "variableEnd",
  trim_blocks: "trimBlocks",
  lstrip_blocks: "lstripBlocks",
};

function renderedDefinitions(one: unknown, context: PlanContext): PlainObject[] {
  const given: PlainObject = isPlainObject(one) ? one : { path: String(one) };
  const { path, ...rest } = given;
  if (typeof path !== "string") return fail("kubernetes-template", "template needs a path");
  const unknown = Object.keys(rest).filter((name) => TEMPLATE_OPTIONS[name] === undefined);
  if (unknown.length > 0) fail("kubernetes-template", `template has no option ${unknown.join(", ")}`);
  const options = Object.fromEntries(Object.entries(rest).map(([name, value]) => [TEMPLATE_OPTIONS[name], value]));
  return fromText(context.render(context.find(path, "templates"), { trimBlocks: true, ...options }), path);
}

/** A file of the host where the path is absolute and exists there, else one of the controller. */
async function readSource(host: Host, src: string, context: PlanContext): Promise<string> {
  if (/^[a-z]+:\/\//i.test(src))
    fail("kubernetes-src", `src: addresses such as ${src} are not fetched`, {
      hint: "fetch the file with get_url first, and give its path",
    });
  if (src.startsWith("/") && (await host.stat(src, { follow: true }))?.type === "file")
    return textOf(await host.read(src));
  return textOf(await context.readController(context.find(src, "files")));
}

function fromText(text: string, file: string): PlainObject[] {
  return loadAllYaml(text, file).flatMap(({ root }) => {
    const value = root === undefined ? null : toPlain(dataOf(root));
    if (value === null) return [];
    return definitionsIn(value);
  });
}

function itemsOf(one: PlainObject): PlainObject[] {
  const isList = typeof one.kind === "string" && one.kind.endsWith("List") && Array.isArray(one.items);
  return isList ? (one.items as PlainObject[]).flatMap(itemsOf) : [one];
}

function complete(one: PlainObject, params: DefinitionParams, which: string): PlainObject {
  const kind = one.kind ?? params.kind;
  if (typeof kind !== "string" || kind === "")
    return fail("kubernetes-definition", `the definition${which} has no kind`, {
      hint: "give kind, or a definition that has one",
    });
  const given = isPlainObject(one.metadata) ? one.metadata : {};
  const name = given.name ?? params.name;
  const generateName = given.generateName ?? params.generate_name;
  if (typeof name !== "string" && typeof generateName !== "string")
    fail("kubernetes-definition", `${kind}${which} has no name`, {
      hint: "give metadata.name in the definition, or name",
    });
  const namespace = given.namespace ?? (CLUSTER_WIDE.has(kind) ? undefined : params.namespace);
  return {
    ...one,
    apiVersion: one.apiVersion ?? params.api_version,
    kind,
    metadata: {
      ...given,
      ...(typeof name === "string" ? { name } : { generateName: generateName ?? null }),
      ...(namespace === undefined || namespace === null ? {} : { namespace }),
    },
  };
}

export function metadataOf(object: PlainObject): PlainObject {
  return isPlainObject(object.metadata) ? object.metadata : {};
}

export function nameOf(object: PlainObject): string | undefined {
  const { name } = metadataOf(object);
  return typeof name === "string" ? name : undefined;
}

/** For a person and for finding: Deployment web in default. The API's version does not count. */
export function titleOf(object: PlainObject): string {
  const { namespace } = metadataOf(object);
  return `${String(object.kind)} ${nameOf(object) ?? "(new)"}${typeof namespace === "string" ? ` in ${namespace}` : ""}`;
}

/** Group and kind: apps/Deployment; Pod. */
export function groupKind(object: PlainObject): string {
  const version = String(object.apiVersion ?? "v1");
  return version.includes("/") ? `${version.split("/")[0]}/${String(object.kind)}` : String(object.kind);
}

/** As kubectl takes kinds of an exact version: Deployment.v1.apps, Pod.v1. (with nothing behind the last dot). */
export function resourceArgument(object: PlainObject): string {
  const [group, version] = String(object.apiVersion ?? "v1").includes("/")
    ? String(object.apiVersion).split("/")
    : ["", String(object.apiVersion ?? "v1")];
  return `${String(object.kind)}.${version}.${group}`;
}

/** Whether a found object is the one that is defined; a definition without namespace is in the context's. */
export function isSameObject(found: PlainObject, defined: PlainObject): boolean {
  const namespace = metadataOf(defined).namespace;
  return (
    found.kind === defined.kind &&
    groupKind(found) === groupKind(defined) &&
    nameOf(found) === nameOf(defined) &&
    (namespace === undefined || metadataOf(found).namespace === undefined || metadataOf(found).namespace === namespace)
  );
}

const APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Whether exactly this definition was applied last, and all of it still stands. */
export function isAsApplied(defined: PlainObject, present: PlainObject): boolean {
  const { annotations } = metadataOf(present);
  const text = isPlainObject(annotations) ? annotations[APPLIED] : undefined;
  if (typeof text !== "string") return false;
  try {
    const normal = (object: PlainObject): string => {
      const { namespace: _, annotations: given, ...metadata } = metadataOf(object);
      const has = isPlainObject(given) && Object.keys(given).length > 0;
      return sortedJson({ ...object, metadata: { ...metadata, ...(has ? { annotations: given } : {}) } });
    };
    return normal(JSON.parse(text) as PlainObject) === normal(defined) && isWithin(defined, present);
  } catch {
    return false;
  }
}

/** What the server keeps for itself, which is no difference. */
const OWN = ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"];

/** The object without what the server keeps for itself. */
export function cleaned(object: PlainObject): PlainObject {
  const { status: _, ...rest } = object;
  const metadata = Object.fromEntries(Object.entries(metadataOf(object)).filter(([key]) => !OWN.includes(key)));
  return { ...rest, metadata };
}

/** Whether everything that is given stands there already. Lists must have as many items, each in its place. */
export function isWithin(given: Plain | undefined, present: Plain | undefined): boolean {
  if (given === null || given === undefined) return present === undefined || present === null;
  if (Array.isArray(given))
    return (
      Array.isArray(present) &&
      present.length === given.length &&
      given.every((one, index) => isWithin(one, present[index]))
    );
  if (isPlainObject(given))
    return isPlainObject(present) && Object.entries(given).every(([key, one]) => isWithin(one, present[key]));
  return given === present;
}

/** Whether two objects say the same, but for what the server keeps for itself. */
export function isSameContent(one: PlainObject, other: PlainObject): boolean {
  return sortedJson(cleaned(one)) === sortedJson(cleaned(other));
}

function sortedJson(value: unknown, indent?: number): string {
  const sort = (_: string, one: unknown): unknown => {
    if (typeof one === "bigint") return Number(one);
    if (!isPlainObject(one)) return one;
    return Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return JSON.stringify(value, sort, indent);
}

/** A stream of documents for kubectl. */
export function streamOf(objects: readonly PlainObject[]): string {
  return objects.map((one) => sortedJson(one)).join("\n");
}

/** A difference of one object; of secrets it tells which values differ, not the values. */
export function objectDifference(before: PlainObject | undefined, after: PlainObject | undefined): Difference {
  const shown = after ?? before;
  const title = shown ? titleOf(shown) : "";
  const text = (object: PlainObject | undefined) => (object ? `${sortedJson(object, 2)}\n` : "");
  return {
    before: text(before && told(before, undefined)),
    after: text(after && told(after, before)),
    beforeHeader: title,
    afterHeader: title,
  };
}

function told(object: PlainObject, before: PlainObject | undefined): PlainObject {
  const clean = cleaned(object);
  const metadata = metadataOf(clean);
  const annotations = isPlainObject(metadata.annotations)
    ? Object.fromEntries(Object.entries(metadata.annotations).filter(([key]) => key !== APPLIED))
    : undefined;
  const rest: PlainObject = {
    ...clean,
    metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations }) },
  };
  if (object.kind !== "Secret") return rest;
  const hidden = SECRET_FIELDS.filter((field) => isPlainObject(rest[field])).map((field) => {
    const old = before?.[field];
    const has = isPlainObject(old) ? old : {};
    const entries = Object.entries(rest[field] as PlainObject).map(([key, value]) => [
      key,
      key in has && has[key] !== value ? "(another secret)" : "(secret)",
    ]);
    return [field, Object.fromEntries(entries)];
  });
  return { ...rest, ...Object.fromEntries(hidden) };
}

const SECRET_FIELDS = ["data", "stringData"];

/** The object without fields that a task does not want to see: metadata.managedFields. */
export function withoutFields(object: PlainObject, hidden: readonly unknown[] | undefined): PlainObject {
  return (hidden ?? []).reduce<PlainObject>((left, path) => without(left, String(path).split(".")), object);
}

function without(object: PlainObject, [first = "", ...rest]: readonly string[]): PlainObject {
  if (!(first in object)) return object;
  const { [first]: value, ...others } = object;
  if (rest.length === 0) return others as PlainObject;
  return isPlainObject(value) ? { ...others, [first]: without(value, rest) } : object;
}
