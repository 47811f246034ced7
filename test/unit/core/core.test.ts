import { expect } from "chai";
import { bytesOf, textOf } from "../../../engine/core/bytes.ts";
import { didYouMean } from "../../../engine/core/nearest.ts";
import { MASKED, Mask } from "../../../engine/core/secret.ts";
import { findUnknown, Unknown } from "../../../engine/core/unknown.ts";
import { Float, float, fromPlain, integer, toPlain } from "../../../engine/core/value.ts";

describe("bytes as text", () => {
  it("keeps every byte, valid UTF-8 or not", () => {
    const all = Buffer.from([...Array(256).keys()]);
    expect(bytesOf(textOf(all)).equals(all)).to.equal(true);
  });
  it("keeps a cut sequence, an overlong one and an encoded surrogate as bytes", () => {
    for (const bytes of [
      [0x61, 0xe2, 0x82],
      [0xc0, 0xaf],
      [0xed, 0xb2, 0x80],
    ])
      expect([...bytesOf(textOf(Buffer.from(bytes)))]).to.deep.equal(bytes);
  });
  it("leaves characters beyond the basic plane alone", () => {
    expect(bytesOf("😀ü").equals(Buffer.from("😀ü"))).to.equal(true);
  });
});

describe("suggestions", () => {
  it("finds a swapped pair of letters", () => {
    expect(didYouMean("tmeplate", ["copy", "template", "file"])).to.equal("did you mean 'template'?");
  });
  it("suggests nothing when nothing is near", () => {
    expect(didYouMean("zzz", ["copy", "template"])).to.equal(undefined);
  });
});

describe("secrets", () => {
  it("are masked in texts, keys and nested data, the longest first", () => {
    const mask = new Mask();
    mask.add("hunter2");
    mask.add("hunter2-long");
    expect(mask.data({ a: ["x hunter2-long y"], hunter2: 1 })).to.deep.equal({ a: [`x ${MASKED} y`], [MASKED]: 1 });
  });
});

describe("values", () => {
  it("tell 1 from 1.0", () => {
    expect(float(1)).to.be.instanceOf(Float);
    expect(float(1.5)).to.equal(1.5);
    expect(integer(2n ** 60n)).to.equal(2n ** 60n);
    expect(integer(5n)).to.equal(5);
  });
  it("go to plain objects and back in order", () => {
    const plain = { b: 1, a: [true, null, { "2": "x", "1": "y" }] };
    expect(toPlain(fromPlain(plain))).to.deep.equal(plain);
  });
  it("find an Unknown inside", () => {
    const unknown = new Unknown("the output of x");
    expect(findUnknown(new Map([["a", [1, unknown]]]))).to.equal(unknown);
    expect(findUnknown({ a: [1] })).to.equal(undefined);
  });
});
