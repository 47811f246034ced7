import { expect } from "chai";
import { HostError } from "../../../engine/host/host.ts";
import { git } from "../../../engine/modules/git.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const ONE = "1".repeat(40);
const TWO = "2".repeat(40);
const TAG = "3".repeat(40);
const REFS = [
  "ref: refs/heads/main\tHEAD",
  `${TWO}\tHEAD`,
  `${TWO}\trefs/heads/main`,
  `${TAG}\trefs/tags/v1`,
  `${ONE}\trefs/tags/v1^{}`,
].join("\n");
const PARAMS = { repo: "https://h/x", dest: "/srv/x" };

/** A host whose repository is at `head`, or that has none yet. */
function hostWith(head?: string, status = ""): SimulatedHost {
  const host = new SimulatedHost({ files: head === undefined ? {} : { "/srv/x/.git/HEAD": "x" } });
  return host
    .onRun(/^git /)
    .onRun(/ls-remote/, { stdout: REFS })
    .onRun(/rev-parse HEAD$/, { stdout: `${head ?? TWO}\n` })
    .onRun(/config --get/, { stdout: "https://h/x\n" })
    .onRun(/status --porcelain/, { stdout: status });
}

/** The commands that a run would add to those of a dry run. */
async function commands(params: RawParams, host: SimulatedHost): Promise<string[]> {
  await planAndApply(git, { ...PARAMS, ...params }, host);
  return host.requests.flatMap(({ reads, argv = [] }) => (reads === true ? [] : [argv.slice(1).join(" ")]));
}
const failure = (params: RawParams, host: SimulatedHost) => messageOf(planOnly(git, { ...PARAMS, ...params }, host));

describe("module git", () => {
  it("clones where nothing is, and tells the commit in a dry run", async () => {
    const dry = await planOnly(git, PARAMS, hostWith());
    expect(dry.result).to.include({ before: null, after: TWO, changed: true });
    expect(await commands({ version: "v1", depth: 1 }, hostWith())).to.deep.equal([
      "clone --origin origin --depth 1 --branch v1 --recursive -- https://h/x /srv/x",
    ]);
    expect((await planOnly(git, { ...PARAMS, clone: false }, hostWith())).changed).to.equal(false);
  });
  it("leaves a repository that is at the version, by head, branch, tag and commit", async () => {
    const changed = async (head: string, version: string) =>
      (await planOnly(git, { ...PARAMS, version }, hostWith(head))).changed;
    expect([await changed(TWO, "HEAD"), await changed(TWO, "main"), await changed(ONE, "v1")]).to.deep.equal([
      false,
      false,
      false,
    ]);
    expect([await changed(ONE, ONE), await changed(ONE, "main"), await changed(TWO, "v1")]).to.deep.equal([
      false,
      true,
      true,
    ]);
  });
  it("fetches and checks out what differs, and nothing without update", async () => {
    expect(await commands({ version: "main", single_branch: true }, hostWith(ONE))).to.deep.equal([
      "-C /srv/x fetch --tags --force origin +refs/heads/main:refs/remotes/origin/main",
      "-C /srv/x checkout --force --no-track -B main refs/remotes/origin/main --",
      "-C /srv/x config branch.main.remote origin",
      "-C /srv/x config branch.main.merge refs/heads/main",
    ]);
    expect(await commands({ update: false }, hostWith(ONE))).to.deep.equal([]);
  });
  it("keeps changes of the working copy unless it is forced", async () => {
    expect(await failure({}, hostWith(TWO, " M f"))).to.contain("Local modifications exist");
    expect((await commands({ force: true }, hostWith(TWO, " M f")))[0]).to.equal("-C /srv/x reset --hard HEAD --");
  });
  it("sets the remote's address", async () => {
    const { result } = await planAndApply(git, { ...PARAMS, repo: "https://other/x" }, hostWith(TWO));
    expect(result).to.include({ remote_url_changed: true, changed: true });
  });
  it("gives ssh the key and what it may trust", async () => {
    const host = hostWith();
    await planOnly(git, { ...PARAMS, key_file: "/root/a key", accept_newhostkey: true }, host);
    expect(host.requests.at(-1)?.env).to.include({
      GIT_TERMINAL_PROMPT: "0",
      GIT_SSH_COMMAND:
        "ssh -o BatchMode=yes -i '/root/a key' -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new",
    });
  });
  it("says what is wrong, without passwords", async () => {
    expect(await failure({ version: "nope" }, hostWith())).to.contain("no such branch or tag");
    const filled = hostWith();
    filled.seed("/srv/x/file", "");
    expect(await failure({}, filled)).to.contain("not empty");
    const refused = hostWith().onRun(/ls-remote/, { code: 128, stderr: "unable to access 'https://u:pw@h/x'" });
    expect(await failure({}, refused)).to.match(/unable to access 'https:\/\/h\/x'$/);
    expect(await failure({ archive: "/x.tar" }, hostWith())).to.contain("archive");
    expect(await failure({ umask: "9" }, hostWith())).to.contain("octal");
  });
  it("names the package that brings git, unless an earlier task brings it", async () => {
    const host = new SimulatedHost().onRun(/^git /, () => {
      throw new HostError({ code: "host-verb", message: "cannot run git" }, { errno: "ENOENT" });
    });
    expect(await failure({}, host)).to.equal("the host has no git");
    const predictions = {
      of: (kind: string) => (kind === "package" ? [{ kind: "package", name: "git", version: "2" }] : []) as never,
    };
    expect((await planOnly(git, PARAMS, host, { predictions })).changed).to.equal(true);
  });
});
