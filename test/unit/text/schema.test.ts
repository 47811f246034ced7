// Schema checks tell what is wrong in sentences.

import { expect } from "chai";
import { compileSchema } from "../../../engine/text/schema.ts";

const check = compileSchema({
  type: "object",
  properties: {
    state: { enum: ["present", "absent"], description: "wanted state", aliases: ["ensure"] },
    count: { type: "integer" },
    rules: {
      type: "array",
      items: { type: "object", properties: { port: { type: ["integer", "string"] } }, required: ["port"] },
    },
    token: { enum: ["a"], secret: true },
  },
  required: ["state"],
  additionalProperties: false,
});

describe("schema checks", () => {
  it("find nothing wrong with what is right", () => {
    expect(check({ state: "present", count: 1, rules: [{ port: "80" }] })).to.deep.equal([]);
  });

  it("name an unknown property and the one that was meant", () => {
    expect(check({ state: "present", cuont: 1 })).to.deep.equal([
      { code: "schema-unknown", message: "'cuont' is not known", hint: "did you mean 'count'?" },
    ]);
  });

  it("tell all mistakes at once, each with its path", () => {
    expect(check({ count: "1", rules: [{}, { port: null }] }).map(({ message }) => message)).to.deep.equal([
      "the value lacks 'state'",
      "'count' must be a whole number, not text",
      "'rules[0]' lacks 'port'",
      "'rules[1].port' must be a whole number or text, not null",
    ]);
  });

  it("offer the nearest choice, and do not show secrets", () => {
    expect(check({ state: "presnt" })).to.deep.equal([
      {
        code: "schema-choice",
        message: "'state' must be one of present, absent, not 'presnt'",
        hint: "did you mean 'present'?",
      },
    ]);
    expect(JSON.stringify(check({ state: "absent", token: "hunter22" }))).not.to.include("hunter22");
  });
});
