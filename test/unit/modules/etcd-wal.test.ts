import { expect } from "chai";
import { identityOf, readMemberData } from "../../../engine/modules/etcd-wal.ts";
import { SimulatedHost } from "../simulated-host.ts";

// Heads of logs that etcd 3.4.23 and 3.5.16 wrote: of a cluster of one at work, and of the first of three whose others never ran.
const AT_WORK =
  "BAAAAAAAAIQIBBAAAAAAACAAAAAAAAAACAEQ26WwuQkaFgiS6sDN3arQjfwBEJOGmZCsk8zDswEOAAAAAAAAgggFEIfF44INGgQIABAAAABvAAAAAAAAgQgCEOrC9N0HGmUIARABGAEiXQgAEAAYkurAzd2q0I38ASJMeyJpZCI6MTgxNjYxODUzNTg5MDkyNTY5NzgsInBlZXJVUkxzIjpbImh0dHA6Ly8xMjcuMC4wLjE6MjExMDEiXSwibmFtZSI6ImEifQAQAAAAAAAAAAgDEKqR+egBGgYIARAAGAEQAAAAAAAAAAgCENGQkNQKGgYIABACGAKYAAAAAAAAAAgCEPq8ivQBGo0BCAAQAhgDIoQBCIHuoaffv6iJNRIDUFVUGiYvMC9tZW1iZXJzL2ZjMWI0MTU1ZDliMDM1MTIvYXR0cmlidXRlcyI0eyJuYW1lIjoiYSIsImNsaWVudFVSTHMiOlsiaHR0cDovLzEyNy4wLjAuMToyMTEwMCJdfSgAMgA4AEgAUABYAGAAaABwAHgAgAEAGQAAAAAAAIcIAxCx";
const ALONE =
  "BAAAAAAAAIQIBBAAAAAAAB8AAAAAAACBCAEQkdD1ugkaFQjNpdqAksnLlzkQu4H6/ZmW9+WnAQAOAAAAAAAAgggFEMek7OkOGgQIABAAAABtAAAAAAAAgwgCELLyzvgIGmMIARABGAEiWwgAEAAYzaXagJLJy5c5Ikt7ImlkIjo0MTIwNTYzMDc1NjczMTMzNzczLCJwZWVyVVJMcyI6WyJodHRwOi8vMTI3LjAuMC4xOjIxMjAxIl0sIm5hbWUiOiJhIn0AAABtAAAAAAAAgwgCELyyq7sCGmMIARABGAIiWwgAEAAYt9mby8OqzYFfIkt7ImlkIjo2ODQ2Mzc0NDk0Mzg5ODU3NDYzLCJwZWVyVVJMcyI6WyJodHRwOi8vMTI3LjAuMC4xOjIxMjAyIl0sIm5hbWUiOiJiIn0AAABtAAAAAAAAgwgCEMvZ6P0HGmMIARABGAMiWwgAEAAYjc2v/7/8paR/Ikt7ImlkIjo5MTcxNzQ3NjQ2NjQ3MDM1NTMzLCJwZWVyVVJMcyI6WyJodHRwOi8vMTI3LjAuMC4xOjIxMjAzIl0sIm5hbWUiOiJjIn0AAAAQAAAAAAAAAAgDEMLokIABGgYIARAAGAMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

describe("the write-ahead log of an etcd member", () => {
  it("names its member and its cluster, and whether there ever was a leader", () => {
    expect(identityOf(Buffer.from(AT_WORK, "base64"))).to.deep.equal({
      memberId: "fc1b4155d9b03512",
      clusterId: "b387309ac2064313",
      elected: true,
    });
    expect(identityOf(Buffer.from(ALONE, "base64"))).to.deep.equal({
      memberId: "392f2e49201692cd",
      clusterId: "a7cbdcb19fbe80bb",
      elected: false,
    });
  });
  it("that goes on beyond its head was written by a cluster at work", () => {
    const long = Buffer.alloc(65536, 1);
    Buffer.from(ALONE, "base64").subarray(0, 460).copy(long);
    expect(identityOf(long)?.elected).to.equal(true);
  });
  it("is told from what is none, and cut off anywhere does no harm", () => {
    expect(identityOf(Buffer.from("#!/bin/sh\nexit 0\n"))).to.equal(undefined);
    expect(identityOf(Buffer.alloc(4096))).to.equal(undefined);
    const whole = Buffer.from(AT_WORK, "base64");
    for (let length = 0; length < whole.length; length++)
      expect([undefined, "fc1b4155d9b03512"]).to.include(identityOf(whole.subarray(0, length))?.memberId);
  });
  it("is read from the member's folder", async () => {
    const host = new SimulatedHost().onRun(/^head -c/, { stdout: Buffer.from(ALONE, "base64") });
    expect(await readMemberData(host, "/d")).to.deep.equal({ kind: "none" });
    host.seed("/d/member/snap/db", "");
    expect(await readMemberData(host, "/d")).to.deep.equal({ kind: "unreadable", reason: "it has no write-ahead log" });
    host.seed("/d/member/wal/0-0.wal", "");
    expect(await readMemberData(host, "/d")).to.include({
      kind: "member",
      memberId: "392f2e49201692cd",
      elected: false,
    });
    host.seed("/d/member/wal/1-1.wal", "");
    expect(await readMemberData(host, "/d")).to.include({ elected: true });
  });
});
