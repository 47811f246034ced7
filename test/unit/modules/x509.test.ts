import { X509Certificate } from "node:crypto";
import { connect, createServer } from "node:tls";
import { expect } from "chai";
import { Undecided } from "../../../engine/core/unknown.ts";
import { opensslCsr } from "../../../engine/modules/openssl-csr.ts";
import { opensslPrivatekey } from "../../../engine/modules/openssl-privatekey.ts";
import { x509Certificate } from "../../../engine/modules/x509-certificate.ts";
import { x509CertificateInfo } from "../../../engine/modules/x509-certificate-info.ts";
import { asn1Time, pointInTime } from "../../../engine/modules/x509-time.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const NOW = 1_700_000_000;
const DAY = 86_400;

const CA: RawParams = {
  path: "/etc/ca.crt",
  privatekey_path: "/etc/ca.key",
  csr_path: "/etc/ca.csr",
  provider: "selfsigned",
};
const CA_CSR: RawParams = {
  path: "/etc/ca.csr",
  privatekey_path: "/etc/ca.key",
  common_name: "home CA",
  use_common_name_for_san: false,
  basic_constraints: ["CA:TRUE"],
  basic_constraints_critical: true,
  key_usage: ["keyCertSign", "cRLSign"],
  key_usage_critical: true,
};
const SERVER: RawParams = {
  path: "/etc/server.crt",
  csr_path: "/etc/server.csr",
  provider: "ownca",
  ownca_path: "/etc/ca.crt",
  ownca_privatekey_path: "/etc/ca.key",
  ownca_not_after: "+365d",
};
const SERVER_CSR: RawParams = {
  path: "/etc/server.csr",
  privatekey_path: "/etc/server.key",
  common_name: "server",
  subject_alt_name: ["DNS:localhost", "IP:127.0.0.1"],
  key_usage: ["digitalSignature"],
  extended_key_usage: ["serverAuth", "clientAuth"],
};

type Kind = Readonly<Record<string, string | number>>;
const ECC: Kind = { type: "ECC", curve: "secp256r1" };

async function world(kind: Kind = ECC): Promise<SimulatedHost> {
  const host = new SimulatedHost();
  for (const path of ["/etc/ca.key", "/etc/server.key"]) await planAndApply(opensslPrivatekey, { path, ...kind }, host);
  await planAndApply(opensslCsr, CA_CSR, host);
  await planAndApply(opensslCsr, SERVER_CSR, host);
  return host;
}

const make = (host: SimulatedHost, params: RawParams, now = NOW) =>
  planAndApply(x509Certificate, params, host, { now: () => now });
const read = (host: SimulatedHost, path: string) => new X509Certificate(host.text(path) ?? "");

describe("x509_certificate", () => {
  for (const kind of [ECC, { type: "RSA", size: 2048 }, { type: "Ed25519" }] as readonly Kind[])
    it(`signs with keys of type ${kind.type}: an authority and a certificate of it, which Node's parser verifies`, async () => {
      const host = await world(kind);
      const made = await make(host, CA);
      expect(made.changed).to.equal(true);
      expect((await make(host, SERVER)).changed).to.equal(true);
      const [ca, server] = [read(host, "/etc/ca.crt"), read(host, "/etc/server.crt")];
      expect(ca.ca).to.equal(true);
      expect(ca.verify(ca.publicKey)).to.equal(true);
      expect(server.ca).to.equal(false);
      expect(server.checkIssued(ca)).to.equal(true);
      expect(server.verify(ca.publicKey)).to.equal(true);
      expect(server.subjectAltName).to.equal("DNS:localhost, IP Address:127.0.0.1");
      expect(server.subject).to.equal("CN=server");
      expect(Date.parse(server.validTo) / 1000).to.equal(NOW + 365 * DAY);
      expect(made.result).to.include({ notBefore: asn1Time(NOW), notAfter: asn1Time(NOW + 3650 * DAY) });
    });

  it("leaves them as they are when run again, later too", async () => {
    const host = await world();
    await make(host, CA);
    await make(host, SERVER);
    for (const params of [CA, SERVER]) {
      const again = await make(host, params, NOW + 100 * DAY);
      expect(again.what).to.deep.equal([]);
      expect(again.result.notBefore).to.equal(asn1Time(NOW));
    }
  });

  it("is accepted by a TLS client and server", async () => {
    const host = await world();
    const now = Math.floor(Date.now() / 1000) - 60;
    await make(host, CA, now);
    await make(host, SERVER, now);
    const ca = host.text("/etc/ca.crt") ?? "";
    const identity = {
      key: host.text("/etc/server.key") ?? "",
      cert: host.text("/etc/server.crt") ?? "",
      ca,
    };
    const server = createServer({ ...identity, requestCert: true, rejectUnauthorized: true }, (socket) =>
      socket.end(String(socket.getPeerCertificate().subject.CN)),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect({ ...identity, host: "127.0.0.1", port, servername: "localhost" });
      socket.on("error", reject).on("data", (chunk) => resolve(String(chunk)));
    });
    server.close();
    expect(said).to.equal("server");
  });

  const reasons: readonly (readonly [string, (host: SimulatedHost) => Promise<unknown>, RegExp])[] = [
    [
      "names of the request",
      (host) => planAndApply(opensslCsr, { ...SERVER_CSR, subject_alt_name: ["DNS:other"] }, host),
      /extensions/,
    ],
    [
      "the request's subject",
      (host) => planAndApply(opensslCsr, { ...SERVER_CSR, common_name: "other" }, host),
      /subject/,
    ],
    [
      "the key",
      async (host) => {
        await planAndApply(opensslPrivatekey, { path: "/etc/server.key", ...ECC, force: true }, host);
        await planAndApply(opensslCsr, SERVER_CSR, host);
      },
      /public key/,
    ],
    [
      "the authority",
      async (host) => {
        await planAndApply(opensslPrivatekey, { path: "/etc/ca.key", ...ECC, force: true }, host);
        await planAndApply(opensslCsr, CA_CSR, host);
        await make(host, CA);
      },
      /signature/,
    ],
  ];
  for (const [what, change, reason] of reasons)
    it(`makes it anew when ${what} changed`, async () => {
      const host = await world();
      await make(host, CA);
      await make(host, SERVER);
      await change(host);
      const outcome = await make(host, SERVER);
      expect(outcome.what.join()).to.match(reason);
      expect((await make(host, SERVER)).changed).to.equal(false);
    });

  it("compares times only where asked to", async () => {
    const host = await world();
    await make(host, CA);
    await make(host, SERVER);
    const times = { ownca_not_before: asn1Time(NOW), ownca_not_after: asn1Time(NOW + 30 * DAY) };
    expect((await make(host, { ...SERVER, ...times })).changed).to.equal(false);
    const compared = { ...SERVER, ...times, ignore_timestamps: false };
    expect((await make(host, compared)).what.join()).to.match(/validity/);
    expect((await make(host, compared, NOW + DAY)).changed).to.equal(false);
  });

  it("is made anew by force, keeping the old one where asked", async () => {
    const host = await world();
    await make(host, CA);
    const old = host.text("/etc/ca.crt");
    const forced = await make(host, { ...CA, force: true, backup: true });
    expect(forced.changed).to.equal(true);
    expect(host.text("/etc/ca.crt")).not.to.equal(old);
    expect(host.text(String(forced.result.backup_file))).to.equal(old);
  });

  it("signs itself without a request, with nothing but the key's identifier", async () => {
    const host = await world();
    const bare = { path: "/etc/bare.crt", privatekey_path: "/etc/server.key", provider: "selfsigned" };
    expect((await make(host, bare)).changed).to.equal(true);
    expect((await make(host, bare)).changed).to.equal(false);
    expect(read(host, "/etc/bare.crt").subject).to.equal(undefined);
  });

  it("holds the request in a dry run to what earlier tasks would have made of it", async () => {
    const host = await world();
    await make(host, CA);
    await make(host, SERVER);
    // openssl_csr knows the key, so it predicts the request itself.
    const dry = await planOnly(opensslCsr, { ...SERVER_CSR, subject_alt_name: ["DNS:other"] }, host);
    const [predicted] = dry.predictions;
    host.seed("/etc/server.csr", Buffer.from((predicted as { content: Uint8Array }).content));
    expect((await planOnly(x509Certificate, SERVER, host)).changed).to.equal(true);
  });

  it("will be made in a dry run where authority and request are only predicted, and is undecided where it is there", async () => {
    const host = await world();
    const reading = host.read.bind(host);
    host.read = (path, options) =>
      path === "/etc/ca.key" ? Promise.reject(new Undecided("the content of /etc/ca.key")) : reading(path, options);
    const dry = await planOnly(x509Certificate, CA, host);
    expect(dry.changed).to.equal(true);
    expect(dry.plan.outcome?.keys).to.deep.equal(["notBefore", "notAfter", "serial_number"]);
    host.seed("/etc/ca.crt", "one");
    expect(await planOnly(x509Certificate, CA, host).catch((one: unknown) => one)).to.be.instanceOf(Undecided);
  });

  it("refuses what does not belong together", async () => {
    const host = await world();
    await make(host, CA);
    expect(await messageOf(make(host, { ...SERVER, ownca_privatekey_path: "/etc/server.key" }))).to.match(
      /does not belong to the CA certificate/,
    );
    expect(await messageOf(make(host, { ...CA, privatekey_path: "/etc/server.key" }))).to.match(/was not made with/);
    expect(await messageOf(make(host, { path: "/etc/x", provider: "ownca" }))).to.match(/ownca_path/);
    expect(await messageOf(make(host, { ...SERVER, ownca_not_after: "soon" }))).to.match(
      /"soon" for ownca_not_after is invalid/,
    );
    expect(await messageOf(make(host, { ...SERVER, ownca_not_after: "-1d" }))).to.match(/before it begins/);
    expect(await messageOf(make(host, { ...SERVER, provider: "acme" }))).to.match(/acme/);
  });
});

describe("x509_certificate_info", () => {
  it("tells all that a certificate says, and whether it is valid at some time", async () => {
    const host = await world({ type: "RSA", size: 2048 });
    await make(host, CA);
    await make(host, SERVER);
    const ask = (now: number) =>
      planAndApply(x509CertificateInfo, { path: "/etc/server.crt", valid_at: { soon: "+30d" } }, host, {
        now: () => now,
      });
    const { result } = await ask(NOW + 340 * DAY);
    const certificate = read(host, "/etc/server.crt");
    expect(result).to.deep.include({
      expired: false,
      valid_at: { soon: false },
      version: 3,
      subject: { commonName: "server" },
      issuer: { commonName: "home CA" },
      issuer_ordered: [["commonName", "home CA"]],
      subject_alt_name: ["DNS:localhost", "IP:127.0.0.1"],
      key_usage: ["Digital Signature"],
      extended_key_usage: ["TLS Web Client Authentication", "TLS Web Server Authentication"],
      basic_constraints: null,
      not_after: asn1Time(NOW + 365 * DAY),
      signature_algorithm: "sha256WithRSAEncryption",
      serial_number: BigInt(`0x${certificate.serialNumber}`),
      public_key_type: "RSA",
    });
    expect((result.fingerprints as Record<string, string>).sha256?.toUpperCase()).to.equal(certificate.fingerprint256);
    expect(result.public_key_data).to.deep.include({ size: 2048, exponent: 65537 });
    const ca = await planAndApply(x509CertificateInfo, { path: "/etc/ca.crt" }, host);
    expect(result.authority_key_identifier).to.equal(ca.result.subject_key_identifier);
    expect((await ask(NOW + 366 * DAY)).result.expired).to.equal(true);
  });

  it("says where there is no certificate", async () => {
    const host = new SimulatedHost({ files: { "/etc/x": "text" } });
    expect(await messageOf(planAndApply(x509CertificateInfo, { path: "/etc/x" }, host))).to.match(
      /\/etc\/x holds no certificate/,
    );
    expect(await messageOf(planAndApply(x509CertificateInfo, { path: "/etc/y" }, host))).to.match(
      /\/etc\/y does not exist/,
    );
  });
});

describe("points in time of certificates", () => {
  it("are absolute, or relative to now", () => {
    expect(pointInTime("20301231235959Z", NOW, "t")).to.equal(Date.UTC(2030, 11, 31, 23, 59, 59) / 1000);
    expect(pointInTime("+0s", NOW, "t")).to.equal(NOW);
    expect(pointInTime("-1d", NOW, "t")).to.equal(NOW - DAY);
    expect(pointInTime("+1w2d3h4m5s", NOW, "t")).to.equal(NOW + 9 * DAY + 3 * 3600 + 4 * 60 + 5);
    expect(() => pointInTime("+", NOW, "t")).to.throw(/invalid/);
  });
});
