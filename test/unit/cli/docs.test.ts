import { expect } from "chai";
import { docMarkdown, paramDocs, ruleTexts } from "../../../engine/cli/module-doc.ts";
import { defineModule } from "../../../engine/modules/module.ts";
import { FOLDER, outdated } from "../../../scripts/docs.ts";

const sample = defineModule({
  name: "sample",
  aliases: ["ansible.builtin.sample"],
  summary: "Shows a page",
  params: {
    properties: {
      state: { type: "string", enum: ["present", "absent"], default: "present", description: "Wanted | state." },
      name: { type: "string", aliases: ["pkg"], description: "What." },
      rules: {
        type: "array",
        items: { type: "object", properties: { port: { type: "integer", description: "A port." } } },
        description: "Rules.",
      },
    },
    required: ["name"],
    exclusive: [["name", "rules"]],
    requiredIf: [["state", "absent", ["name"]]],
  },
  returns: { name: "What it was." },
  async plan() {
    return { changes: [] };
  },
});

describe("documentation of modules", () => {
  it("comes from the schema: required first, sub-options below theirs", () => {
    expect(paramDocs(sample).map(({ name, depth, required }) => [name, depth, required])).to.deep.equal([
      ["name", 0, true],
      ["rules", 0, false],
      ["port", 1, false],
      ["state", 0, false],
    ]);
    expect(ruleTexts(sample)).to.deep.equal(["at most one of name, rules", "with state=absent: name"]);
  });

  it("is a Markdown page whose table survives bars in texts", () => {
    expect(docMarkdown(sample)).to.contain(
      "| `state` | string | `present` | Wanted \\| state. One of `present`, `absent`. |",
    );
  });

  it("in docs/modules is what the schemas say today (npm run docs)", () => {
    expect(outdated(FOLDER)).to.deep.equal([]);
  });
});
