import { expect } from "chai";
import type { ConnectionSettings } from "../../../engine/connection/connection.ts";
import { opensshArguments, opensshProblem } from "../../../engine/connection/openssh.ts";
import { parseSshOptions } from "../../../engine/connection/ssh-options.ts";
import { parseHop, sshTarget } from "../../../engine/connection/ssh-target.ts";

const settings: ConnectionSettings = {
  kind: "ssh",
  host: "web1",
  address: "web1.lab",
  hostKeyChecking: "yes",
  timeout: 10,
};
const env = { HOME: "/home/me", SSH_AUTH_SOCK: "/run/agent" };

const ASKED = `host web1.lab
user me
hostname 10.0.0.7
port 2222
identityfile ~/.ssh/id_rsa
identityfile ~/.ssh/id_ed25519
userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2
globalknownhostsfile /etc/ssh/ssh_known_hosts
stricthostkeychecking ask
serveraliveinterval 0
hashknownhosts yes
proxyjump none
`;

describe("an ssh target", () => {
  it("takes from ssh's own options what the settings leave open", () => {
    const target = sshTarget(settings, parseSshOptions(ASKED), env);
    expect(target).to.deep.include({
      address: "10.0.0.7",
      port: 2222,
      user: "me",
      knownName: "[10.0.0.7]:2222",
      agent: "/run/agent",
      proxyJump: [],
    });
    expect(target.identities.map(({ file }) => file)).to.deep.equal([
      "/home/me/.ssh/id_rsa",
      "/home/me/.ssh/id_ed25519",
    ]);
    expect(target.keys).to.deep.equal({
      checking: "yes",
      userFiles: ["/home/me/.ssh/known_hosts", "/home/me/.ssh/known_hosts2"],
      globalFiles: ["/etc/ssh/ssh_known_hosts"],
      hashNames: true,
    });
  });

  it("lets the settings win", () => {
    const target = sshTarget(
      {
        ...settings,
        user: "root",
        port: 22,
        privateKeyFile: "~/lab.key",
        hostKeyChecking: "accept-new",
        knownHostsFiles: ["/kh"],
      },
      parseSshOptions(ASKED),
      env,
    );
    expect(target).to.deep.include({ user: "root", port: 22, knownName: "10.0.0.7" });
    expect(target.identities).to.deep.equal([{ file: "/home/me/lab.key", explicit: true }]);
    expect(target.keys).to.deep.include({ checking: "accept-new", userFiles: ["/kh"], globalFiles: [] });
  });

  it("notices a dead connection even where ssh's configuration does not ask for it", () => {
    expect(sshTarget(settings, parseSshOptions(ASKED), env)).to.include({ keepaliveSeconds: 15, keepaliveCount: 3 });
    const asked = parseSshOptions("serveraliveinterval 5\nserveralivecountmax 2");
    expect(sshTarget(settings, asked, env)).to.include({ keepaliveSeconds: 5, keepaliveCount: 2 });
  });

  it("follows jump hosts and proxy commands", () => {
    const options = parseSshOptions("hostname h\nport 2200\nproxyjump a,me@b:2222\nproxycommand nc %h %p # %%");
    const target = sshTarget(settings, options, env);
    expect(target.proxyJump).to.deep.equal(["a", "me@b:2222"]);
    expect(target.proxyCommand).to.equal("nc h 2200 # %");
    expect(parseHop("me@b:2222")).to.deep.equal({ user: "me", address: "b", port: 2222 });
    expect(parseHop("ssh://[fe80::1]:22")).to.deep.equal({ address: "fe80::1", port: 22 });
  });
});

describe("the system's ssh client", () => {
  it("gets no password in its arguments", () => {
    expect(opensshArguments({ ...settings, password: "pa55word" }).join(" ")).to.not.contain("pa55word");
  });

  it("is asked not to prompt where there is no password", () => {
    expect(opensshArguments(settings)).to.include("BatchMode=yes");
  });

  it("is understood when it fails", () => {
    const code = (words: string): string | undefined => opensshProblem("web1", words)?.code;
    expect(code("ssh: connect to host x port 22: Connection refused")).to.equal("host-unreachable");
    expect(code("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.")).to.equal(
      "host-key-changed",
    );
    expect(code("Host key verification failed.")).to.equal("host-key-unknown");
    expect(code("root@x: Permission denied (publickey).")).to.equal("auth-failed");
    expect(code("something of the command's own")).to.equal(undefined);
  });
});
