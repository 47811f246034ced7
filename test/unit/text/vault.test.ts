// Ansible Vault: files made by ansible-vault itself (fixtures/), and ours.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { problemOf } from "../../../engine/core/problem.ts";
import { decryptVault, encryptVault, isVaulted, type VaultPassword, vaultIdOf } from "../../../engine/text/vault.ts";
import { problemIn } from "../../failure.ts";

const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, "fixtures", name));
const PLAIN = 'user: admin\npass: "géheim {{ x }}"\n';

const code = (work: () => unknown): string => problemIn(work).code;

describe("Ansible Vault", () => {
  it("reads what ansible-vault wrote, without and with a vault id", () => {
    expect(decryptVault(fixture("vault-1.1.yml"), [{ id: "default", password: "secret" }]).toString()).to.equal(PLAIN);
    expect(decryptVault(fixture("vault-1.2.yml"), [{ id: "prod", password: "other" }]).toString()).to.equal(PLAIN);
    expect(vaultIdOf(fixture("vault-1.2.yml"))).to.equal("prod");
  });

  it("tries all passwords, whatever their id", () => {
    const passwords: VaultPassword[] = [
      { id: "prod", password: "wrong" },
      { id: "dev", password: "other" },
    ];
    expect(decryptVault(fixture("vault-1.2.yml"), passwords).toString()).to.equal(PLAIN);
  });

  it("tries only the passwords of the text's own id when told so", () => {
    const content = fixture("vault-1.2.yml");
    const password = "other";
    expect(decryptVault(content, [{ id: "prod", password }], undefined, { onlyId: true }).toString()).to.equal(PLAIN);
    const refused = () => decryptVault(content, [{ id: "test", password }], undefined, { onlyId: true });
    expect(code(refused)).to.equal("vault-wrong-password");
  });

  it("says what is wrong, and never the password", () => {
    const wrong = () => decryptVault(fixture("vault-1.1.yml"), [{ id: "default", password: "hunter22" }]);
    expect(code(wrong)).to.equal("vault-wrong-password");
    try {
      wrong();
    } catch (error) {
      expect(JSON.stringify(problemOf(error))).not.to.include("hunter22");
    }
    expect(code(() => decryptVault(fixture("vault-1.1.yml"), []))).to.equal("vault-no-password");
    const passwords = [{ id: "default", password: "secret" }];
    const cut = fixture("vault-1.1.yml").toString().split("\n").slice(0, 4).join("\n");
    expect(code(() => decryptVault(cut, passwords))).to.equal("vault-damaged");
    expect(code(() => decryptVault("$ANSIBLE_VAULT;1.1;AES256\nzz", passwords))).to.equal("vault-damaged");
    expect(code(() => decryptVault("$ANSIBLE_VAULT;9.9;AES256\n61", passwords))).to.equal("vault-format");
    expect(code(() => decryptVault("plain", passwords))).to.equal("vault-format");
  });

  it("notices a changed byte", () => {
    const text = fixture("vault-1.1.yml").toString().trimEnd();
    const changed = `${text.slice(0, -1)}${text.endsWith("3") ? "4" : "3"}`;
    expect(code(() => decryptVault(changed, [{ id: "default", password: "secret" }]))).to.match(/^vault-/);
  });

  it("writes what it reads, in lines of 80 characters, with the id in the header", () => {
    const salt = Buffer.alloc(32, 7);
    const password = { id: "prod", password: "p" };
    const text = encryptVault("x".repeat(200), password, { salt });
    expect(text.split("\n")[0]).to.equal("$ANSIBLE_VAULT;1.2;AES256;prod");
    expect(
      text
        .split("\n")
        .slice(1, -2)
        .every((line) => line.length === 80),
    ).to.equal(true);
    expect(isVaulted(text)).to.equal(true);
    expect(decryptVault(text, [password]).toString()).to.equal("x".repeat(200));
    expect(encryptVault("", { id: "default", password: "p" })).to.match(/^\$ANSIBLE_VAULT;1\.1;AES256\n/);
  });
});
