import { expect } from "chai";
import { textOf } from "../../../engine/core/bytes.ts";
import { decodeArgument, encodeArgument, encodeRequest, FrameReader } from "../../../engine/host/wire.ts";

describe("the wire format", () => {
  it("brings any text through one word without blanks or line ends", () => {
    const all = textOf(Buffer.from([...Array(255).keys()].map((byte) => byte + 1)));
    for (const text of ["", "plain/path", "a b", "\\c", "\\0101", "%s", "ü", all]) {
      const word = encodeArgument(text);
      expect(word).to.match(/^[!-~]+$/);
      expect(decodeArgument(word)).to.equal(text);
    }
  });

  it("puts a request into a header and its body", () => {
    const request = Buffer.concat(encodeRequest(7, "write", ["/a b", ""], Buffer.from("x\n\0")));
    expect(request.toString()).to.equal("7 write 3 /a\\0040b \\c\nx\n\0");
  });

  it("cuts frames out of any chunks", () => {
    const stream = Buffer.from("1 ok 0 a \\c\n2 data 6 1\nab\nc\n\n2 ok 0\n");
    const expected = [
      { id: 1, status: "ok", fields: ["a", ""], body: "" },
      { id: 2, status: "data", fields: ["1"], body: "ab\nc\n\n" },
      { id: 2, status: "ok", fields: [], body: "" },
    ];
    for (let size = 1; size <= stream.length; size++) {
      const reader = new FrameReader();
      const frames = [];
      for (let offset = 0; offset < stream.length; offset += size)
        frames.push(...reader.read(stream.subarray(offset, offset + size)));
      expect(
        frames.map(({ id, status, fields, body }) => ({ id, status, fields, body: body.toString() })),
        `chunks of ${size}`,
      ).to.deep.equal(expected);
    }
  });

  it("does not take just anything for a frame", () => {
    for (const noise of ["hello\n", "1 ok -5\n", "1\n", "x ok 0\n"])
      expect(() => new FrameReader().read(Buffer.from(noise)), noise).to.throw("not a frame");
  });
});
