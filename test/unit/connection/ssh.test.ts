// The ssh connection against a server in this process: proofs, host keys, jump hosts, busy servers.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import ssh2 from "ssh2";
import type { ConnectionSettings } from "../../../engine/connection/connection.ts";
import { openConnection } from "../../../engine/connection/open.ts";
import { Failure } from "../../../engine/core/problem.ts";
import { startRelay } from "../../relay.ts";
import { type SshServer, type SshServerOptions, startSshServer } from "../../ssh-server.ts";

const HOST = ssh2.utils.generateKeyPairSync("ed25519");
const OTHER_HOST = ssh2.utils.generateKeyPairSync("ed25519");
const USER = ssh2.utils.generateKeyPairSync("ed25519");
const LOCKED = ssh2.utils.generateKeyPairSync("ed25519", {
  passphrase: "open sesame",
  cipher: "aes256-ctr",
  rounds: 1,
});

function wire(publicKey: string): Buffer {
  return Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
}

describe("ssh", () => {
  let folder: string;
  const servers: SshServer[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ssh-"));
    writeFileSync(join(folder, "key"), USER.private, { mode: 0o600 });
    writeFileSync(join(folder, "locked"), LOCKED.private, { mode: 0o600 });
    writeFileSync(join(folder, "other"), OTHER_HOST.private, { mode: 0o600 });
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const serve = async (options: Partial<SshServerOptions> = {}): Promise<SshServer> => {
    const server = await startSshServer({ hostKey: HOST.private, authorizedKeys: [wire(USER.public)], ...options });
    servers.push(server);
    return server;
  };

  const settings = (port: number, more: Partial<ConnectionSettings> = {}): ConnectionSettings => ({
    kind: "ssh",
    host: "web1",
    address: "127.0.0.1",
    port,
    user: "someone",
    privateKeyFile: join(folder, "key"),
    hostKeyChecking: "no",
    knownHostsFiles: [join(folder, "known")],
    sshArguments: ["-F", "/dev/null"],
    timeout: 5,
    ...more,
  });

  /** Output of a command, or the failure. */
  const attempt = async (chosen: ConnectionSettings, command = "echo hello"): Promise<string | Failure> => {
    const connection = openConnection(chosen, { env: { PATH: process.env.PATH, HOME: folder } });
    try {
      const channel = await connection.open(command);
      let text = "";
      for await (const chunk of channel.stdout) text += chunk;
      await channel.exit;
      return text;
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    } finally {
      await connection.close();
    }
  };
  const code = (result: string | Failure): string =>
    result instanceof Failure ? result.problem.code : `no failure: ${result}`;

  it("logs in with a key and gives output and exit status", async () => {
    const server = await serve();
    const connection = openConnection(settings(server.port), { env: {} });
    const channel = await connection.open("echo out; echo err >&2; exit 3");
    const read = async (stream: AsyncIterable<Buffer>): Promise<string> => {
      let text = "";
      for await (const chunk of stream) text += chunk;
      return text;
    };
    const [out, err, exit] = await Promise.all([read(channel.stdout), read(channel.stderr), channel.exit]);
    expect([out, err, exit.code]).to.deep.equal(["out\n", "err\n", 3]);
    await connection.close();
  });

  it("offers each proof once: a wrong key, then the password", async () => {
    const server = await serve({ password: "right" });
    const wrongKey = { privateKeyFile: join(folder, "other") };
    expect(await attempt(settings(server.port, { ...wrongKey, password: "right" }))).to.equal("hello\n");
    expect(server.attempts).to.deep.equal(["publickey wrong", "password good"]);
    server.attempts.length = 0;
    const refused = await attempt(settings(server.port, { ...wrongKey, password: "wrong" }));
    expect(code(refused)).to.equal("auth-failed");
    expect(server.attempts).to.deep.equal(["publickey wrong", "password wrong"]);
    expect(refused instanceof Failure && refused.message)
      .to.contain("web1")
      .and.to.contain("permission denied for someone")
      .and.not.to.contain("wrong");
  });

  it("answers a server that asks for the password interactively, once", async () => {
    const server = await serve({ password: "right", interactive: true });
    const chosen = { privateKeyFile: join(folder, "other") };
    expect(await attempt(settings(server.port, { ...chosen, password: "right" }))).to.equal("hello\n");
    server.attempts.length = 0;
    expect(code(await attempt(settings(server.port, { ...chosen, password: "bad" })))).to.equal("auth-failed");
    expect(server.attempts.filter((text) => text.startsWith("keyboard"))).to.deep.equal(["keyboard-interactive wrong"]);
  });

  it("opens a locked key with its passphrase, and says what is wrong without", async () => {
    const server = await serve({ authorizedKeys: [wire(LOCKED.public)] });
    const locked = { privateKeyFile: join(folder, "locked") };
    expect(await attempt(settings(server.port, { ...locked, privateKeyPassphrase: "open sesame" }))).to.equal(
      "hello\n",
    );
    const missing = await attempt(settings(server.port, locked));
    expect(code(missing)).to.equal("auth-key-passphrase");
    expect(missing instanceof Failure && missing.message).to.contain("needs a passphrase");
    const wrong = await attempt(settings(server.port, { ...locked, privateKeyPassphrase: "no" }));
    expect(wrong instanceof Failure && wrong.message)
      .to.contain("passphrase")
      .and.to.contain("is wrong");
    expect(code(await attempt(settings(server.port, { privateKeyFile: join(folder, "none") })))).to.equal(
      "auth-key-unreadable",
    );
  });

  it("refuses an unknown host key and shows its fingerprint", async () => {
    const server = await serve();
    const refused = await attempt(settings(server.port, { hostKeyChecking: "yes" }));
    expect(code(refused)).to.equal("host-key-unknown");
    expect(refused instanceof Failure && refused.message).to.match(/ssh-ed25519 SHA256:[A-Za-z0-9+/]{43}/);
    expect(server.attempts).to.deep.equal([]);
  });

  it("remembers a new key once under accept-new, and knows it from then on", async () => {
    const server = await serve();
    const file = join(folder, "known");
    writeFileSync(file, "# no newline at the end");
    for (const hostKeyChecking of ["accept-new", "accept-new", "yes"] as const)
      expect(await attempt(settings(server.port, { hostKeyChecking }))).to.equal("hello\n");
    const text = readFileSync(file, "utf8").trim().split("\n");
    expect(text.length).to.equal(2);
    expect(text[1]).to.match(/^\[127\.0\.0\.1\]:\d+ ssh-ed25519 /);
  });

  it("refuses a changed host key, loudly and with the line that knows better, before any proof is sent", async () => {
    const server = await serve();
    const file = join(folder, "known");
    writeFileSync(file, `# first\n[127.0.0.1]:${server.port} ${OTHER_HOST.public}\n`);
    for (const hostKeyChecking of ["yes", "accept-new"] as const) {
      const refused = await attempt(settings(server.port, { hostKeyChecking }));
      expect(code(refused)).to.equal("host-key-changed");
      expect(refused instanceof Failure && refused.message)
        .to.contain(`${file}:2`)
        .and.to.contain("ANOTHER HOST KEY");
    }
    expect(server.attempts).to.deep.equal([]);
  });

  it("tries again when the server is too busy to greet it", async () => {
    const server = await serve({ turnAway: 2 });
    expect(await attempt(settings(server.port))).to.equal("hello\n");
  });

  it("makes a further connection when the server takes no more commands on the first", async () => {
    const server = await serve({ maxSessions: 4 });
    const connection = openConnection(settings(server.port), { env: {} });
    const channels = [];
    for (let index = 0; index < 6; index++) channels.push(await connection.open("cat"));
    const texts = await Promise.all(
      channels.map(async (channel, index) => {
        channel.stdin.end(String(index));
        let text = "";
        for await (const chunk of channel.stdout) text += chunk;
        return text;
      }),
    );
    expect(texts).to.deep.equal(["0", "1", "2", "3", "4", "5"]);
    expect(server.attempts.length).to.equal(2);
    await connection.close();
  });

  it("goes through a jump host, whose key is checked too", async () => {
    const target = await serve();
    const jump = await serve();
    const config = join(folder, "config");
    const hop = `Host jump\n HostName 127.0.0.1\n Port ${jump.port}\n User hopper\n IdentityFile ${join(folder, "key")}\n`;
    writeFileSync(config, hop);
    const through = settings(target.port, {
      hostKeyChecking: "yes",
      sshArguments: ["-F", config, "-o", "ProxyJump=jump"],
    });
    expect(code(await attempt(through))).to.equal("host-key-unknown");
    const known = [target, jump].map(({ port }) => `[127.0.0.1]:${port} ${HOST.public}\n`);
    writeFileSync(join(folder, "known"), known.join(""));
    expect(await attempt(through)).to.equal("hello\n");
    expect(jump.attempts).to.deep.equal(["publickey good"]);
  });

  it("connects through a proxy command", async () => {
    const server = await serve();
    const script = join(folder, "proxy.mjs");
    writeFileSync(
      script,
      `import net from "node:net"; const s = net.connect(Number(process.argv[2]), "127.0.0.1"); process.stdin.pipe(s).pipe(process.stdout);`,
    );
    const chosen = settings(1, {
      sshArguments: ["-F", "/dev/null", "-o", `ProxyCommand=${process.execPath} ${script} ${server.port}`],
    });
    expect(await attempt(chosen)).to.equal("hello\n");
  });

  it("says what keeps it from reaching a host, within its time", async () => {
    const refused = await attempt(settings(1));
    expect(refused instanceof Failure && refused.message).to.equal(
      "web1 (127.0.0.1) is unreachable on port 1: connection refused",
    );
    const unknown = await attempt(settings(22, { address: "no-such-host.invalid" }));
    expect(code(unknown)).to.equal("host-unreachable");
    const server = await serve();
    const relay = await startRelay({ host: "127.0.0.1", port: server.port, delay: 60_000 });
    const silent = await attempt(settings(relay.port, { timeout: 0.3 }));
    expect(silent instanceof Failure && silent.message).to.contain("no answer within 0.3 s");
    await relay.close();
  });

  it("refuses names that would be options or hide something", () => {
    for (const address of ["-oProxyCommand=x", "a b", "a\nb", ""])
      expect(() => openConnection(settings(22, { address }), { env: {} }), address).to.throw(
        "is not allowed as host name",
      );
    expect(() => openConnection(settings(22, { user: "-l" }), { env: {} })).to.throw("is not allowed as user");
  });

  it("tells a command's end from a broken connection", async () => {
    const server = await serve();
    const relay = await startRelay({ host: "127.0.0.1", port: server.port });
    const connection = openConnection(settings(relay.port), { env: {} });
    const channel = await connection.open("sleep 5");
    relay.reset();
    const outcome = await channel.exit.catch((error: Failure) => error.problem.code);
    expect(outcome).to.equal("connection-lost");
    const again = await connection.open("exit 4");
    again.stdout.resume();
    expect(await again.exit).to.deep.equal({ code: 4 });
    await connection.close();
    await relay.close();
  });
});
