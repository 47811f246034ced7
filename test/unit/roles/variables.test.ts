// What a role's variables are: each has a type and a description, its default is the one that is told, and the role's page names it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";
import { parse } from "yaml";

const ROLES = resolve(import.meta.dirname, "../../../roles");

interface Option {
  readonly type?: string;
  readonly description?: string | readonly string[];
  readonly default?: unknown;
  readonly options?: Readonly<Record<string, Option>>;
}

const read = (path: string): string => readFileSync(join(ROLES, path), "utf8");

/** Defaults of a role, in one file or several. */
function defaultsOf(role: string): Record<string, unknown> {
  const folder = join(ROLES, role, "defaults/main");
  const files = existsSync(folder)
    ? readdirSync(folder).map((name) => `${role}/defaults/main/${name}`)
    : [`${role}/defaults/main.yml`];
  return Object.assign({}, ...files.map((file) => parse(read(file)) as object));
}

/** A role's page, and those of the documentation that it sends to. */
function pagesOf(role: string): string {
  const page = read(`${role}/README.md`);
  const others = [...page.matchAll(/\]\(([^)]*docs\/[^)]*\.md)\)/g)].map(([, path = ""]) => read(join(role, path)));
  return [page, ...others].join("\n");
}

describe("a role's variables", () => {
  for (const role of readdirSync(ROLES))
    describe(role, () => {
      const specs = parse(read(`${role}/meta/argument_specs.yml`), { merge: true }) as {
        argument_specs: Readonly<Record<string, Option>>;
      };
      const options = Object.assign(
        {},
        ...Object.values(specs.argument_specs).map((entry) => entry.options ?? {}),
      ) as Readonly<Record<string, Option>>;
      const defaults = defaultsOf(role);

      it("have a default each, and none is without a description", () => {
        expect(Object.keys(defaults).filter((name) => !(name in options))).to.deep.equal([]);
        const undescribed = (all: Readonly<Record<string, Option>>, at: string): string[] =>
          Object.entries(all).flatMap(([name, one]) => [
            ...(one.type !== undefined && one.description !== undefined ? [] : [at + name]),
            ...undescribed(one.options ?? {}, `${at}${name}.`),
          ]);
        expect(undescribed(options, "")).to.deep.equal([]);
      });

      it("have the defaults that their description tells", () => {
        const other = Object.entries(options).filter(
          ([name, one]) =>
            "default" in one && name in defaults && JSON.stringify(one.default) !== JSON.stringify(defaults[name]),
        );
        expect(other.map(([name, one]) => [name, one.default, defaults[name]])).to.deep.equal([]);
      });

      it("are on its page", () => {
        const page = pagesOf(role);
        const set = Object.keys({ ...specs.argument_specs.main?.options, ...defaults });
        expect(set.filter((name) => !page.includes(`\`${name}\``))).to.deep.equal([]);
      });
    });
});
