import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { ensureBuilt } from "../../../engine/lab/image-cache.ts";
import { messageOf } from "../../failure.ts";

describe("the cache of images", () => {
  let cache: string;
  before(() => {
    cache = mkdtempSync(join(tmpdir(), "tsplay-images-"));
  });
  after(() => rmSync(cache, { recursive: true }));

  const build = (content: string) => async (folder: string) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    writeFileSync(join(folder, "disk"), content);
  };
  const quiet = (): void => undefined;

  it("has an image built once, though two want it at the same time", async () => {
    const folder = join(cache, "new/one");
    const built = await Promise.all([
      ensureBuilt(folder, build("first"), quiet),
      ensureBuilt(folder, build("second"), quiet),
    ]);
    expect(built.sort()).to.deep.equal([false, true]);
    expect(await ensureBuilt(folder, build("third"), quiet)).to.equal(false);
    expect(readFileSync(join(folder, "disk"), "utf8")).to.be.oneOf(["first", "second"]);
    expect(readdirSync(join(cache, "new"))).to.deep.equal(["one"]);
  });

  it("has no image that was not finished, and begins anew the next time", async () => {
    const folder = join(cache, "two");
    const fails = async (building: string): Promise<void> => {
      writeFileSync(join(building, "half"), "");
      throw new Error("no room");
    };
    expect(await messageOf(ensureBuilt(folder, fails, quiet))).to.equal("no room");
    expect(existsSync(folder)).to.equal(false);
    expect(await ensureBuilt(folder, build("whole"), quiet)).to.equal(true);
    expect(readdirSync(folder)).to.deep.equal(["disk"]);
  });
});
