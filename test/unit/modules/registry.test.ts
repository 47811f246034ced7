import { expect } from "chai";
import type { Data } from "../../../engine/core/value.ts";
import type { ParamSchema } from "../../../engine/modules/params.ts";
import { checkSchema } from "../../../engine/modules/params-check.ts";
import { allModules, findModule, moduleNames } from "../../../engine/modules/registry.ts";
import { fileModules } from "../../../engine/modules/registry-files.ts";

describe("the modules", () => {
  it("are found by short and by full name", () => {
    expect(findModule("copy")).to.equal(findModule("ansible.builtin.copy"));
    expect(findModule("ansible.legacy.copy")).to.equal(findModule("copy"));
    expect(findModule("cpoy")).to.equal(undefined);
    expect(moduleNames()).to.include.members(["file", "ansible.builtin.lineinfile", "set_fact"]);
  });
  it("have each a name of their own", () => {
    const names = allModules().map((module) => module.name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).to.deep.equal([]);
  });
  it("name each parameter once, aliases included, and describe it", () => {
    const wrong: string[] = [];
    for (const { name, params, freeForm } of allModules()) {
      const all = Object.entries(params.properties).flatMap(([param, schema]) => [param, ...(schema.aliases ?? [])]);
      for (const [index, param] of all.entries())
        if (all.indexOf(param) !== index) wrong.push(`${name}: ${param} twice`);
      for (const [param, schema] of Object.entries(params.properties))
        if (schema.description === "") wrong.push(`${name}: ${param} has no description`);
      if (freeForm !== undefined && !Object.hasOwn(params.properties, freeForm))
        wrong.push(`${name}: free form ${freeForm}`);
    }
    expect(wrong).to.deep.equal([]);
  });
  it("speak in their rules only of parameters that they have", () => {
    const wrong: string[] = [];
    for (const { name, params } of allModules()) {
      const used = [
        ...(params.required ?? []),
        ...(params.exclusive ?? []).flat(),
        ...(params.oneOf ?? []).flat(),
        ...(params.together ?? []).flat(),
        ...(params.requiredIf ?? []).flatMap(([param, , needed]) => [param, ...needed]),
      ];
      for (const param of used) if (!Object.hasOwn(params.properties, param)) wrong.push(`${name}: ${param}`);
    }
    expect(wrong).to.deep.equal([]);
  });
  it("have defaults that are values of their own types", () => {
    const wrong: string[] = [];
    for (const { name, params } of allModules())
      for (const [param, schema] of Object.entries(params.properties) as [string, ParamSchema][]) {
        if (schema.default === undefined || schema.default === null) continue;
        const { params: converted, problems } = checkSchema(
          name,
          { properties: { [param]: schema } },
          { [param]: schema.default as Data },
        );
        if (problems.length > 0 || JSON.stringify(converted[param]) !== JSON.stringify(schema.default))
          wrong.push(`${name}: ${param}`);
      }
    expect(wrong).to.deep.equal([]);
  });
  it("mark every password as a secret", () => {
    const open = fileModules.flatMap(({ name, params }) =>
      Object.entries(params.properties).flatMap(([param, schema]) =>
        /passw|secret|token/.test(param) && schema.secret !== true ? [`${name}: ${param}`] : [],
      ),
    );
    expect(open).to.deep.equal([]);
  });
});
