import { expect } from "chai";
import { BecomeDialogue, becomeCommand } from "../../../engine/host/become.ts";
import type { Become } from "../../../engine/host/host.ts";

const sudo: Become = { method: "sudo", user: "db", password: "s3cret" };
const su: Become = { method: "su", user: "db", password: "s3cret" };
const dialogue = (become: Become): BecomeDialogue => new BecomeDialogue(become, "web1", "MARK");
const ended = (become: Become, words: string, code = 1): string => dialogue(become).ended(code, words).code;

describe("becoming another user", () => {
  it("has no password in its command", () => {
    for (const become of [sudo, su]) expect(becomeCommand(become, "sh -c 'x'", "MARK")).to.not.contain("s3cret");
  });

  it("asks sudo not to ask where there is no password to give", () => {
    expect(becomeCommand({ method: "sudo", user: "db" }, "CMD", "MARK")).to.equal("sudo -H -n -u 'db' CMD");
    // sudo -i hands everything but `$` to the login shell as it is.
    expect(becomeCommand({ method: "sudo", user: "db", flags: "-i" }, 'sh -c "$0"', "MARK")).to.match(
      /^sudo -i -n -u 'db' perl -e '[^$]*'$/,
    );
    expect(becomeCommand({ ...sudo, flags: "-H -S -n -E" }, "CMD", "MARK")).to.equal(
      "sudo -H -E -S -p MARK? -u 'db' CMD",
    );
  });

  it("keeps a user name that would be more one word", () => {
    expect(becomeCommand({ method: "sudo", user: "a b;c'd" }, "CMD", "MARK")).to.contain(`-u 'a b;c'\\''d' CMD`);
    expect(becomeCommand(su, "sh -c 'x'", "MARK")).to.equal(`su 'db' -s /bin/sh -c 'sh -c '\\''x'\\'''`);
  });

  it("gives the password when it is asked for, once", () => {
    const talk = dialogue(sudo);
    expect(talk.onError("a lecture about responsibility\n")).to.equal(undefined);
    expect(talk.onError("a lecture about responsibility\nMARK?")).to.deep.equal({ send: "s3cret\n" });
    expect(talk.onError("MARK?Sorry, try again.\nMARK?")?.problem?.code).to.equal("become-password-wrong");
  });

  it("knows su's question in any language", () => {
    expect(dialogue(su).onError("Passwort: ")).to.deep.equal({ send: "s3cret\n" });
    expect(dialogue({ method: "su", user: "db" }).onError("Password: ")?.problem?.code).to.equal(
      "become-password-missing",
    );
  });

  it("does not wait for the answer to a question that nobody can answer", () => {
    const talk = dialogue(su);
    talk.onError("Password: ");
    expect(talk.onError("Password: \n")).to.equal(undefined);
    const step = talk.onError("Password: \nVerification code: ");
    expect(step?.problem?.code).to.equal("become-question");
    expect(step?.problem?.message).to.contain("Verification code:");
  });

  it("does not take the beginning of a complaint for a question", () => {
    const talk = dialogue(su);
    talk.onError("Password: ");
    expect(talk.onError("Password: \nsu: ")).to.equal(undefined);
    expect(talk.ended(1, "Password: \nsu: Authentication failure").code).to.equal("become-password-wrong");
  });

  it("understands why it was refused", () => {
    expect(ended(sudo, "me is not in the sudoers file.")).to.equal("become-not-permitted");
    expect(ended(sudo, "Sorry, user me is not allowed to execute '/bin/sh' as db on web1.")).to.equal(
      "become-not-permitted",
    );
    expect(ended(sudo, "sudo: sorry, you must have a tty to run sudo")).to.equal("become-needs-tty");
    expect(ended(sudo, "sudo: unknown user db")).to.equal("become-user-unknown");
    expect(ended({ method: "sudo", user: "db" }, "sudo: a password is required")).to.equal("become-password-missing");
    expect(ended(sudo, "sh: 1: sudo: not found", 127)).to.equal("become-missing");
    expect(ended(sudo, "something new")).to.equal("become-failed");
  });

  it("names host and user, and never the password", () => {
    const problem = dialogue(sudo).ended(1, "1 incorrect password attempt");
    expect(problem.message).to.contain("web1").and.to.contain("db");
    expect(JSON.stringify(problem)).to.not.contain("s3cret");
  });
});
