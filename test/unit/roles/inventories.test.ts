// The inventories that come with the project: they use groups and variables that exist, with values that the roles take.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import type { Plain, PlainObject } from "../../../engine/core/value.ts";
import { argumentErrors } from "../../../engine/modules/argument-spec.ts";
import { preflight } from "../../../engine/modules/preflight.ts";
import { type RawParams, runAction } from "../module-driver.ts";
import { facts } from "../modules/preflight/healthy.ts";

const PROJECT = resolve(import.meta.dirname, "../../..");
const INVENTORIES = join(PROJECT, "inventories");

type Mapping = Readonly<Record<string, unknown>>;

function yaml(path: string): Mapping {
  return (parse(readFileSync(path, "utf8")) ?? {}) as Mapping;
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** Words in the first column of a page's tables. */
function firstColumn(page: string): string[] {
  const rows = readFileSync(join(PROJECT, "docs", page), "utf8").matchAll(/^\| (`[^|]*`) \|/gm);
  return [...rows].flatMap((row) => [...(row[1] ?? "").matchAll(/`([a-z]\w*)`/g)].map((word) => word[1] ?? ""));
}

/** Whether a folder has a file anywhere below it. */
function holdsFiles(folder: string): boolean {
  if (!statSync(folder).isDirectory()) return false;
  return readdirSync(folder, { recursive: true, withFileTypes: true }).some((entry) => entry.isFile());
}

/** Inventories that are part of the project; those of labs are made and removed, but for the variables that all labs share. */
const names = entries(INVENTORIES).filter((name) => !/^lab-/.test(name) && holdsFiles(join(INVENTORIES, name)));

/** Options of every role's entry points, by name. */
function roleOptions(): Map<string, PlainObject> {
  const options = new Map<string, PlainObject>();
  for (const role of entries(join(PROJECT, "roles"))) {
    const file = join(PROJECT, "roles", role, "meta/argument_specs.yml");
    if (!existsSync(file)) continue;
    const specs = yaml(file).argument_specs as Record<string, { options?: Record<string, PlainObject> }>;
    for (const { options: own = {} } of Object.values(specs ?? {}))
      for (const [name, option] of Object.entries(own)) options.set(name, option);
  }
  return options;
}

/** Names of the roles' defaults, for a role whose specs are not written yet. */
function roleDefaults(): string[] {
  return entries(join(PROJECT, "roles")).flatMap((role) => {
    const folder = join(PROJECT, "roles", role, "defaults");
    const files = entries(folder).flatMap((file) =>
      statSync(join(folder, file)).isDirectory()
        ? entries(join(folder, file)).map((one) => join(folder, file, one))
        : [join(folder, file)],
    );
    return files.filter((file) => file.endsWith(".yml")).flatMap((file) => Object.keys(yaml(file)));
  });
}

/** Groups of an inventory. Those of the first lab are there while it is up, and nobody's to check. */
function hostsFile(inventory: string): Mapping {
  return inventory === "lab" ? { all: {} } : yaml(join(INVENTORIES, inventory, "hosts.yml"));
}

interface Given {
  readonly where: string;
  readonly name: string;
  readonly value: unknown;
}

/** Every variable of an inventory: of groups' files, and in hosts.yml. */
function variablesOf(inventory: string): Given[] {
  const folder = join(INVENTORIES, inventory);
  const given: Given[] = [];
  const take = (where: string, values: unknown): void => {
    for (const [name, value] of Object.entries((values ?? {}) as Mapping)) given.push({ where, name, value });
  };
  for (const kind of ["group_vars", "host_vars"])
    for (const file of entries(join(folder, kind))) take(`${kind}/${file}`, yaml(join(folder, kind, file)));
  visit(hostsFile(inventory), (group, content) => {
    take(`hosts.yml: ${group}`, content.vars);
    for (const [host, values] of Object.entries((content.hosts ?? {}) as Mapping)) take(`hosts.yml: ${host}`, values);
  });
  return given;
}

function visit(groups: Mapping, act: (group: string, content: Mapping) => void): void {
  for (const [group, content] of Object.entries(groups)) {
    act(group, (content ?? {}) as Mapping);
    visit(((content as Mapping | null)?.children ?? {}) as Mapping, act);
  }
}

/** Hosts of a group, those of its children among them. */
function hostsOf(inventory: string, group: string): string[] {
  const found = new Set<string>();
  const own = new Map<string, Mapping[]>();
  visit(hostsFile(inventory), (name, content) => {
    own.set(name, [...(own.get(name) ?? []), content]);
  });
  const gather = (name: string): void => {
    for (const content of own.get(name) ?? []) {
      for (const host of Object.keys((content.hosts ?? {}) as Mapping)) found.add(host);
      for (const child of Object.keys((content.children ?? {}) as Mapping)) gather(child);
    }
  };
  gather(group);
  return [...found];
}

/** MiB of a build's machines, where they are smaller than a Pi 4 with 2 GiB. */
const MEMORY: Readonly<Record<string, number>> = { k8s4pi: 906, kuber: 906 };

const hasTemplate = (value: unknown): boolean => JSON.stringify(value)?.includes("{{") ?? false;

describe("the inventories of the project", () => {
  it("are there for each published build", () => {
    expect(names).to.include.members(["bigboards", "k8s4pi", "kuber", "pi8s"]);
    const page = readFileSync(join(PROJECT, "docs/published-builds.md"), "utf8");
    for (const name of ["bigboards", "k8s4pi", "kuber", "pi8s"]) expect(page).to.include(`inventories/${name}`);
  });

  for (const name of names)
    describe(name, () => {
      it("has groups that roles know", () => {
        const known = ["all", ...firstColumn("cluster.md")];
        const groups: string[] = [];
        visit(hostsFile(name), (group) => groups.push(group));
        expect(groups.filter((group) => !known.includes(group))).to.deep.equal([]);
        const files = entries(join(INVENTORIES, name, "group_vars")).map((file) => file.replace(/\.yml$/, ""));
        expect(files.filter((file) => !groups.includes(file))).to.deep.equal([]);
      });

      it("sets variables that roles or playbooks read", () => {
        const known = new Set([
          ...roleOptions().keys(),
          ...roleDefaults(),
          ...firstColumn("cluster.md"),
          ...firstColumn("preflight.md"),
        ]);
        const strange = variablesOf(name).filter((one) => !one.name.startsWith("ansible_") && !known.has(one.name));
        expect(strange.map((one) => `${one.where}: ${one.name}`)).to.deep.equal([]);
      });

      it("gives them values that the roles take", () => {
        const options = roleOptions();
        const errors = variablesOf(name).flatMap((one) => {
          const option = options.get(one.name);
          if (!option || hasTemplate(one.value)) return [];
          return argumentErrors({ [one.name]: option }, { [one.name]: one.value as Plain }).map(
            (error) => `${one.where}: ${error}`,
          );
        });
        expect(errors).to.deep.equal([]);
      });

      if (name === "lab") return;

      it("has nothing in its way on the machines that it is for", async () => {
        const groups = ["masters", "workers", "etcd", "nfs"].map((group) => [group, hostsOf(name, group)] as const);
        const hosts = [...new Set(groups.flatMap(([, all]) => all))];
        const given = variablesOf(name);
        const variables = (host: string): Record<string, Plain> => {
          const own = groups.filter(([, all]) => all.includes(host)).map(([group]) => group);
          const places = ["group_vars/all.yml", ...own.map((group) => `group_vars/${group}.yml`), `hosts.yml: ${host}`];
          const found = places.flatMap((place) => given.filter(({ where }) => where === place));
          return Object.fromEntries([["group_names", own], ...found.map((one) => [one.name, one.value as Plain])]);
        };
        const of = new Map(hosts.map((host) => [host, variables(host)]));
        const evaluate = (expression: string): Plain | undefined => {
          const [, host = "", variable = ""] = /^hostvars\["(.*?)"\]\["(.*?)"\]$/.exec(expression) ?? [];
          return of.get(host)?.[variable];
        };
        const seen = hosts.map((item, index) => {
          const address = String(of.get(item)?.ansible_host);
          const network = [{ interface: "eth0", address, prefix: 24 }];
          const memoryMib = MEMORY[name] ?? 1894;
          return {
            item,
            preflight: { ...facts(index), hostname: item, addresses: network, memoryMib } as unknown as Plain,
          };
        });
        const thresholds = of.get(hosts[0] ?? "")?.preflight_memory_mib;
        const params = { hosts, seen, ...(thresholds === undefined ? {} : { memory_mib: thresholds }) };
        const result = await runAction(preflight, params as RawParams, { evaluate });
        expect(result.problems).to.deep.equal([]);
        expect(result.warnings).to.equal(undefined);
      });

      it("has an odd number of masters, and every host once", () => {
        const masters = hostsOf(name, "masters");
        expect(masters.length % 2, "masters").to.equal(1);
        const workers = hostsOf(name, "workers");
        expect(workers.filter((host) => masters.includes(host))).to.deep.equal([]);
        const addresses = variablesOf(name).filter((one) => one.name === "ansible_host");
        expect(new Set(addresses.map(({ value }) => value)).size).to.equal(addresses.length);
      });
    });
});
