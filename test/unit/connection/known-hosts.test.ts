import { createHmac, randomBytes } from "node:crypto";
import { expect } from "chai";
import {
  fingerprint,
  type HostKey,
  hostKey,
  judge,
  knownHostsLine,
  knownName,
  knownTypes,
  namesHost,
  parseKnownHosts,
} from "../../../engine/connection/known-hosts.ts";

function key(type: string, seed: string): HostKey {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return hostKey(Buffer.concat([length, name, Buffer.from(seed)]));
}

const ED = key("ssh-ed25519", "one");
const OTHER = key("ssh-ed25519", "two");
const RSA = key("ssh-rsa", "rsa");
const line = (patterns: string, of: HostKey, marker = ""): string =>
  `${marker}${marker ? " " : ""}${patterns} ${of.type} ${of.blob.toString("base64")} a comment`;
const lines = (...texts: string[]) => parseKnownHosts({ path: "kh", text: texts.join("\n") });

describe("known_hosts", () => {
  it("knows a host by its key, whatever else stands in the file", () => {
    const known = lines("# a comment", "", "garbage", line("other,web1", ED));
    expect(judge(ED, "web1", known)).to.deep.equal({ kind: "known" });
    expect(judge(ED, "web2", known)).to.deep.equal({ kind: "unknown" });
  });

  it("says file and line of the key that another one replaced", () => {
    const verdict = judge(OTHER, "web1", lines("# first", line("web1", ED)));
    expect(verdict).to.deep.include({ kind: "changed" });
    expect(verdict.kind === "changed" && [verdict.at.file, verdict.at.line]).to.deep.equal(["kh", 2]);
  });

  it("does not take a new type of key for a new host", () => {
    expect(judge(RSA, "web1", lines(line("web1", ED))).kind).to.equal("changed");
    expect(knownTypes("web1", lines(line("web1", ED), line("web1", RSA)))).to.deep.equal(["ssh-ed25519", "ssh-rsa"]);
  });

  it("reads hashed names, and writes them", () => {
    const salt = randomBytes(20);
    const hash = createHmac("sha1", salt).update("[web1]:2222").digest("base64");
    const hashed = `|1|${salt.toString("base64")}|${hash}`;
    expect(namesHost(hashed, "[web1]:2222")).to.equal(true);
    expect(namesHost(hashed, "web1")).to.equal(false);
    expect(judge(ED, "web1", lines(knownHostsLine(ED, "web1", salt).trimEnd())).kind).to.equal("known");
    expect(knownHostsLine(ED, "web1", salt)).to.not.contain("web1");
  });

  it("names a host with its port where that is not 22", () => {
    expect([knownName("Web1", 22), knownName("web1", 2222)]).to.deep.equal(["web1", "[web1]:2222"]);
    expect(judge(OTHER, "[web1]:2222", lines(line("web1", ED))).kind).to.equal("unknown");
  });

  it("understands wildcards and exceptions", () => {
    expect(namesHost("*.lab,!bad.lab", "good.lab")).to.equal(true);
    expect(namesHost("*.lab,!bad.lab", "bad.lab")).to.equal(false);
    expect(namesHost("web?", "web1")).to.equal(true);
    expect(namesHost("web?", "web10")).to.equal(false);
    expect(namesHost("web.lab", "webxlab")).to.equal(false);
  });

  it("refuses a revoked key even where another line knows it", () => {
    expect(judge(ED, "web1", lines(line("web1", ED), line("*", ED, "@revoked"))).kind).to.equal("revoked");
    expect(judge(OTHER, "web1", lines(line("web1", OTHER), line("*", ED, "@revoked"))).kind).to.equal("known");
  });

  it("says that only a certificate authority vouches for a host", () => {
    expect(judge(ED, "web1.lab", lines(line("*.lab", RSA, "@cert-authority"))).kind).to.equal("authority");
    expect(judge(ED, "web1.lab", lines(line("*.lab", RSA, "@cert-authority"), line("web1.lab", ED))).kind).to.equal(
      "known",
    );
  });

  it("shows a fingerprint as ssh does", () => {
    expect(fingerprint(ED)).to.match(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });
});
