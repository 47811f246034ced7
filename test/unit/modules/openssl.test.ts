import { createPrivateKey } from "node:crypto";
import { expect } from "chai";
import { Undecided, Unknown } from "../../../engine/core/unknown.ts";
import { opensslCsr } from "../../../engine/modules/openssl-csr.ts";
import { opensslCsrInfo } from "../../../engine/modules/openssl-csr-info.ts";
import { opensslPrivatekey } from "../../../engine/modules/openssl-privatekey.ts";
import { opensslPrivatekeyInfo } from "../../../engine/modules/openssl-privatekey-info.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const KEY = "/etc/key.pem";
const CSR = "/etc/request.pem";
const EC = { path: KEY, type: "ECC", curve: "secp256r1" };

function stat(host: SimulatedHost, path: string) {
  return host.inodes.get(path);
}

describe("openssl_privatekey", () => {
  const make = (host: SimulatedHost, params: RawParams = {}) =>
    planAndApply(opensslPrivatekey, { ...EC, ...params }, host);

  for (const [type, kind, label, more] of [
    ["RSA", "rsa", "RSA PRIVATE KEY", { size: 2048 }],
    ["ECC", "ec", "EC PRIVATE KEY", { curve: "secp384r1" }],
    ["Ed25519", "ed25519", "PRIVATE KEY", {}],
  ] as const)
    it(`makes a key of type ${type}, which a second run leaves alone`, async () => {
      const host = new SimulatedHost();
      const params = { path: KEY, type, ...more };
      const first = await planAndApply(opensslPrivatekey, params, host);
      expect(first.changed).to.equal(true);
      const text = host.text(KEY) ?? "";
      expect(text).to.match(new RegExp(`^-----BEGIN ${label}-----\n`));
      expect(createPrivateKey(text).asymmetricKeyType).to.equal(kind);
      expect(stat(host, KEY)?.mode).to.equal(0o600);
      const second = await planAndApply(opensslPrivatekey, params, host);
      expect(second.changed).to.equal(false);
      expect(second.result.fingerprint).to.deep.equal(first.result.fingerprint);
      expect(host.text(KEY)).to.equal(text);
    });

  it("shows the key neither in differences nor in results, unless its content is asked for", async () => {
    const host = new SimulatedHost();
    const first = await make(host);
    expect(JSON.stringify([first.result, first.diff])).not.to.contain("PRIVATE KEY");
    const asked = await make(host, { return_content: true });
    expect(asked.result.privatekey).to.equal(host.text(KEY));
  });

  it("predicts a file whose content and fingerprint only the run can tell", async () => {
    const dry = await planOnly(opensslPrivatekey, EC, new SimulatedHost());
    expect(dry.changed).to.equal(true);
    expect(dry.plan.outcome?.keys).to.deep.equal(["fingerprint"]);
    const [predicted] = dry.predictions;
    expect(predicted).to.include({ kind: "path", path: KEY, type: "file", mode: 0o600 });
    expect((predicted as { content?: unknown }).content).to.be.instanceOf(Unknown);
  });

  it("replaces a key of another size or curve, or not, as `regenerate` says", async () => {
    const host = new SimulatedHost();
    await make(host);
    const old = host.text(KEY);
    const other = { curve: "secp384r1" };
    expect((await make(host, { ...other, regenerate: "never" })).changed).to.equal(false);
    expect(await messageOf(make(host, { ...other, regenerate: "fail" }))).to.match(
      /ECC on secp256r1, asked for is ECC on secp384r1/,
    );
    expect(host.text(KEY)).to.equal(old);
    expect((await make(host, { ...other, regenerate: "partial_idempotence" })).changed).to.equal(true);
    expect(createPrivateKey(host.text(KEY) ?? "").asymmetricKeyDetails?.namedCurve).to.equal("secp384r1");
    expect((await make(host, { ...other, regenerate: "always" })).changed).to.equal(true);
    expect((await make(host, { ...other, force: true })).changed).to.equal(true);
  });

  it("keeps a file that it cannot read unless full_idempotence or force is asked for", async () => {
    const host = new SimulatedHost({ files: { [KEY]: "garbage" } });
    for (const regenerate of ["never", "fail", "partial_idempotence"])
      expect(await messageOf(make(host, { regenerate }))).to.match(
        /holds no key that can be read.*will not be regenerated/,
      );
    expect((await make(host)).changed).to.equal(true);
    expect((await make(host)).changed).to.equal(false);
  });

  it("encrypts with a passphrase and knows it again", async () => {
    const host = new SimulatedHost();
    await make(host, { passphrase: "open sesame" });
    expect(host.text(KEY)).to.match(/ENCRYPTED/);
    expect((await make(host, { passphrase: "open sesame" })).changed).to.equal(false);
    expect(await messageOf(make(host, { passphrase: "other", regenerate: "partial_idempotence" }))).to.match(
      /passphrase/,
    );
    expect((await make(host, { passphrase: "other" })).changed).to.equal(true);
  });

  it("writes the same key in another form where conversion is asked for", async () => {
    const host = new SimulatedHost();
    const { result } = await make(host);
    const converted = await make(host, { format: "pkcs8", format_mismatch: "convert" });
    expect(converted.changed).to.equal(true);
    expect(host.text(KEY)).to.match(/^-----BEGIN PRIVATE KEY-----/);
    expect(converted.result.fingerprint).to.deep.equal(result.fingerprint);
    // The default leaves an existing key's form.
    expect((await make(host)).changed).to.equal(false);
    expect((await make(host, { format: "pkcs1" })).changed).to.equal(true);
  });

  it("sets the mode, keeps a backup, and removes", async () => {
    const host = new SimulatedHost();
    await make(host, { mode: "0640" });
    expect(stat(host, KEY)?.mode).to.equal(0o640);
    expect((await make(host)).changed).to.equal(true);
    expect(stat(host, KEY)?.mode).to.equal(0o600);
    const forced = await make(host, { force: true, backup: true });
    expect(host.text(String(forced.result.backup_file))).to.match(/PRIVATE KEY/);
    expect((await make(host, { state: "absent" })).changed).to.equal(true);
    expect(host.text(KEY)).to.equal(undefined);
    expect((await make(host, { state: "absent" })).changed).to.equal(false);
  });

  it("says which folder is missing", async () => {
    expect(await messageOf(make(new SimulatedHost(), { path: "/nowhere/key.pem" }))).to.match(
      /directory \/nowhere does not exist/,
    );
  });

  it("needs a curve for ECC, and knows the curves", async () => {
    const host = new SimulatedHost();
    expect(await messageOf(planAndApply(opensslPrivatekey, { path: KEY, type: "ECC" }, host))).to.match(/curve/);
    expect(await messageOf(make(host, { curve: "secp1" }))).to.match(/secp1/);
  });
});

describe("openssl_privatekey_info", () => {
  it("tells type, numbers and fingerprints of a key, not the key", async () => {
    const host = new SimulatedHost();
    const { result } = await planAndApply(opensslPrivatekey, EC, host);
    const info = await planAndApply(opensslPrivatekeyInfo, { path: KEY }, host);
    expect(info.result).to.include({ can_load_key: true, can_parse_key: true, type: "ECC" });
    expect(info.result.public_key_fingerprints).to.deep.equal(result.fingerprint);
    const jwk = createPrivateKey(host.text(KEY) ?? "").export({ format: "jwk" });
    const number = (text: string | undefined) => BigInt(`0x${Buffer.from(text ?? "", "base64url").toString("hex")}`);
    expect(info.result.public_data).to.deep.equal({
      curve: "secp256r1",
      exponent_size: 256,
      x: number(jwk.x),
      y: number(jwk.y),
    });
    expect(Object.values(info.result).join()).not.to.contain("BEGIN EC PRIVATE");
  });
});

describe("openssl_csr", () => {
  async function withKey(): Promise<SimulatedHost> {
    const host = new SimulatedHost();
    await planAndApply(opensslPrivatekey, EC, host);
    return host;
  }
  const FULL: RawParams = {
    path: CSR,
    privatekey_path: KEY,
    common_name: "kube-apiserver",
    organization_name: "system:masters",
    subject_alt_name: [
      "DNS:kubernetes.default",
      "IP:10.96.0.1",
      "IP:fd00::1",
      "email:a@example.org",
      "URI:spiffe://a/b",
    ],
    key_usage: ["digitalSignature", "keyEncipherment"],
    key_usage_critical: true,
    extended_key_usage: ["serverAuth", "clientAuth"],
    basic_constraints: ["CA:FALSE"],
    basic_constraints_critical: true,
  };
  const make = (host: SimulatedHost, params: RawParams) => planAndApply(opensslCsr, params, host);

  it("makes a request with all that is asked, as the info module tells", async () => {
    const host = await withKey();
    expect((await make(host, FULL)).changed).to.equal(true);
    const { result } = await planAndApply(opensslCsrInfo, { path: CSR }, host);
    expect(result).to.deep.include({
      signature_valid: true,
      subject_ordered: [
        ["organizationName", "system:masters"],
        ["commonName", "kube-apiserver"],
      ],
      subject_alt_name: FULL.subject_alt_name,
      key_usage: ["Digital Signature", "Key Encipherment"],
      key_usage_critical: true,
      extended_key_usage: ["TLS Web Client Authentication", "TLS Web Server Authentication"],
      extended_key_usage_critical: false,
      basic_constraints: ["CA:FALSE"],
      basic_constraints_critical: true,
      ocsp_must_staple: null,
      public_key_type: "ECC",
    });
  });

  it("leaves a request that says the same, in whatever order", async () => {
    const host = await withKey();
    await make(host, FULL);
    const names = [...(FULL.subject_alt_name as string[])].reverse();
    expect((await make(host, { ...FULL, subject_alt_name: names })).changed).to.equal(false);
  });

  const differences: readonly (readonly [string, RawParams])[] = [
    ["a name more", { subject_alt_name: [...(FULL.subject_alt_name as string[]), "DNS:more"] }],
    ["another subject", { common_name: "other" }],
    ["another usage", { key_usage: ["digitalSignature"] }],
    ["criticality", { key_usage_critical: false }],
    ["another purpose", { extended_key_usage: ["serverAuth"] }],
    ["an authority", { basic_constraints: ["CA:TRUE", "pathlen:0"] }],
    ["stapling", { ocsp_must_staple: true }],
    ["constraints on names", { name_constraints_permitted: ["DNS:.example.org"] }],
    ["the key's identifier", { create_subject_key_identifier: true }],
    ["force", { force: true }],
  ];
  for (const [what, params] of differences)
    it(`makes it anew for ${what}`, async () => {
      const host = await withKey();
      await make(host, FULL);
      const outcome = await make(host, { ...FULL, ...params });
      expect(outcome.changed).to.equal(true);
      const again = await make(host, { ...FULL, ...params, force: false });
      expect(again.changed).to.equal(false);
    });

  it("makes it anew when the key is another", async () => {
    const host = await withKey();
    await make(host, FULL);
    await planAndApply(opensslPrivatekey, { ...EC, force: true }, host);
    expect((await make(host, FULL)).changed).to.equal(true);
  });

  it("takes the common name as an alternative one, unless told not to", async () => {
    const host = await withKey();
    const named = await make(host, { path: CSR, privatekey_path: KEY, subject: { CN: "a.example.org" } });
    expect(named.result.subjectAltName).to.deep.equal(["DNS:a.example.org"]);
    const bare = await make(host, {
      path: CSR,
      privatekey_path: KEY,
      subject: { CN: "a b" },
      use_common_name_for_san: false,
    });
    expect(bare.changed).to.equal(true);
    expect((await planAndApply(opensslCsrInfo, { path: CSR }, host)).result.subject_alt_name).to.equal(null);
  });

  it("will be made in a dry run though the key is only predicted, and is undecided where one is there", async () => {
    const host = await withKey();
    const read = host.read.bind(host);
    host.read = (path, options) =>
      path === KEY ? Promise.reject(new Undecided(`the content of ${KEY}`)) : read(path, options);
    expect((await planOnly(opensslCsr, FULL, host)).changed).to.equal(true);
    host.seed(CSR, "some request");
    const error = await planOnly(opensslCsr, FULL, host).catch((one: unknown) => one);
    expect(error).to.be.instanceOf(Undecided);
  });

  it("tells what cannot be in plain words", async () => {
    const host = await withKey();
    const bad = (params: RawParams) => messageOf(make(host, { ...FULL, ...params }));
    expect(await bad({ subject_alt_name: ["example.org"] })).to.match(/cannot understand the name 'example.org'/);
    expect(await bad({ subject_alt_name: ["IP:300.1.1.1"] })).to.match(/no IP address/);
    expect(await bad({ key_usage: ["everything"] })).to.match(/nobody knows 'everything'/);
    expect(await bad({ subject: { Nonsense: "x" } })).to.match(/Nonsense/);
    expect(await bad({ country_name: "Germany" })).to.match(/2 character/);
    expect(await bad({ privatekey_path: "/etc/none.pem" })).to.match(/\/etc\/none.pem does not exist/);
  });
});
