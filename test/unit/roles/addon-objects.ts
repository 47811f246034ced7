// What the role k8s writes and sends, foremost its add-ons' objects: the role's variables and templates, rendered by the engine.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { fromPlain, type Plain, Template, type Value } from "../../../engine/core/value.ts";
import type { Scope } from "../../../engine/template/scope.ts";
import { nodeValue } from "../../../engine/text/templates.ts";
import { loadYaml } from "../../../engine/text/yaml.ts";
import { bench } from "../template/engine.ts";

export const ROLE = resolve(import.meta.dirname, "../../../roles/k8s");
const TEMPLATES = join(ROLE, "templates");

const { engine } = bench({ searchPath: () => [TEMPLATES], readFile: (path) => readFileSync(path) });

export type Settings = Readonly<Record<string, Plain>>;

/** An object of Kubernetes; what is read of it here has no closer type. */
// biome-ignore lint/suspicious/noExplicitAny: manifests of many kinds
export type Manifest = any;

/** The role's defaults and variables as the engine has them, with those that a user sets in front. */
function scopeOf(settings: Settings): Scope {
  const all = new Map<string, Value>();
  for (const file of [
    "defaults/main/cluster.yml",
    "defaults/main/addons.yml",
    "vars/main/main.yml",
    "vars/main/flags.yml",
    "vars/main/etcd.yml",
    "vars/main/addons.yml",
  ]) {
    const path = join(ROLE, file);
    const { root } = loadYaml(readFileSync(path, "utf8"), path);
    if (!root) continue;
    for (const [name, value] of nodeValue(root, { trusted: true }) as Map<string, Value>) all.set(name, value);
  }
  const given = { groups: { masters: ["m"], workers: ["w"] }, ...settings };
  for (const [name, value] of Object.entries(given)) all.set(name, fromPlain(value));
  return { get: (name) => all.get(name), names: () => all.keys() };
}

export const evaluated = (expression: string, settings: Settings): unknown =>
  engine.finish(new Template(`{{ ${expression} }}`), scopeOf(settings));

/** Objects of a template below templates/addons, as the module k8s reads them. */
export const objects = (name: string, settings: Settings = {}): Manifest[] =>
  documents(`addons/${name}.yaml.j2`, settings);

/** The text of any template of the role. */
export function rendered(name: string, settings: Settings): string {
  const path = join(TEMPLATES, name);
  const text = engine.render(readFileSync(path, "utf8"), scopeOf(settings), {
    trimBlocks: true,
    file: path,
    searchPath: [TEMPLATES],
  });
  if (typeof text !== "string") throw new Error("not decided");
  return text;
}

/** Its documents, where it is YAML. */
export function documents(name: string, settings: Settings): Manifest[] {
  return parseAllDocuments(rendered(name, settings))
    .map((one) => {
      expect(one.errors, `${name}: ${one.errors[0]?.message}`).to.deep.equal([]);
      return one.toJS();
    })
    .filter((one) => one !== null);
}

export const SECRETS = {
  k8s_addon_grafana_password: "grafana-word",
  k8s_addon_influxdb_password: "influx-word",
  k8s_addon_influxdb_token: "token-word",
};
export const ALL = {
  k8s_addon_metrics_server: true,
  k8s_addon_ingress: true,
  k8s_addon_headlamp: true,
  k8s_addon_prometheus: true,
  k8s_addon_influxdb: true,
  ...SECRETS,
};
export const NAMES = ["metrics-server", "ingress", "headlamp", "prometheus", "influxdb", "grafana"];

/** Everything that all add-ons apply, in order. */
export const everything = (settings: Settings = {}): Manifest[] =>
  [...["influxdb/secrets", "grafana/secrets"], ...NAMES.map((name) => `${name}/objects`)].flatMap((name) =>
    objects(name, { ...ALL, ...settings }),
  );

export const find = (all: Manifest[], kind: string, name: string): Manifest => {
  const [found, more] = all.filter((one) => one.kind === kind && one.metadata.name === name);
  if (!found || more) throw new Error(`${more ? "more than one" : "no"} ${kind} ${name}`);
  return found;
};
export const pods = (all: Manifest[]): Manifest[] =>
  all.filter(({ kind }) => ["Deployment", "DaemonSet"].includes(kind));
export const containers = (all: Manifest[]): Manifest[] =>
  pods(all).flatMap((one) => one.spec.template.spec.containers);
