// A setting that nothing reads would be accepted in silence: each one of the table must be asked for somewhere.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { SETTINGS } from "../../../engine/config/settings.ts";

const ENGINE = join(import.meta.dirname, "../../../engine");

describe("every setting", () => {
  it("is read by some part of the engine; what has no effect belongs into no-effect.ts", () => {
    const files = readdirSync(ENGINE, { recursive: true, encoding: "utf8" });
    const sources = files.filter((path) => path.endsWith(".ts") && !path.startsWith("config/"));
    const text = sources.map((path) => readFileSync(join(ENGINE, path), "utf8")).join("\n");
    const read = new Set([...text.matchAll(/\bconfig\s*\.get\(\s*"(\w+)"\s*\)/g)].map(([, name]) => name));
    expect(read.size).to.be.above(50);
    expect(Object.keys(SETTINGS).filter((name) => !read.has(name))).to.deep.equal([]);
  });
});
