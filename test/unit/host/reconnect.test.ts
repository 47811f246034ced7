// The connection breaks while something is under way: nothing is lost, nothing is done twice.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect } from "chai";
import ssh2 from "ssh2";
import { createHost, type HostOptions, type OpenHost } from "../../../engine/host/hosts.ts";
import { failureOf } from "../../failure.ts";
import { type Relay, startRelay } from "../../relay.ts";
import { type SshServer, startSshServer } from "../../ssh-server.ts";

const HOST_KEY = ssh2.utils.generateKeyPairSync("ed25519").private;

/** Waits until a condition holds; the test's own limit ends it otherwise. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

for (const agent of ["perl", "sh"] as const) {
  describe(`a broken connection to the ${agent} agent`, () => {
    let server: SshServer;
    let relay: Relay;
    let folder: string;
    let opened: OpenHost | undefined;
    let states: string[];

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "reconnect-"));
      server = await startSshServer({ hostKey: HOST_KEY, password: "secret" });
      relay = await startRelay({ host: "127.0.0.1", port: server.port });
      states = [];
    });
    afterEach(async () => {
      await opened?.close();
      opened = undefined;
      await relay.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const open = (options: Partial<HostOptions> = {}, sshArguments: readonly string[] = []): OpenHost => {
      opened = createHost(
        {
          kind: "ssh",
          host: "far",
          address: "127.0.0.1",
          port: relay.port,
          user: "someone",
          password: "secret",
          hostKeyChecking: "no",
          sshArguments: ["-F", "/dev/null", ...sshArguments],
          timeout: 10,
        },
        {
          environment: { env: { PATH: process.env.PATH, HOME: folder } },
          agent,
          reconnect: 10,
          linger: 30,
          onState: (state) => states.push(state),
          ...options,
        },
      );
      return opened;
    };
    const counted = (what: string): string => `echo once >> '${folder}/count'; ${what}`;
    const times = (): number => readFileSync(`${folder}/count`, "utf8").trim().split("\n").length;
    const started = (): Promise<void> => until(() => readdirSync(folder).includes("count"));

    it("brings the result of a running command after a reset, and runs it once", async () => {
      const { host } = open();
      await host.stat("/");
      const running = host.run({ script: counted("echo before; sleep 0.6; echo after; exit 3") });
      await started();
      relay.reset();
      const result = await running;
      expect([result.code, result.stdout.toString(), times()]).to.deep.equal([3, "before\nafter\n", 1]);
      expect(states).to.deep.equal(["opening", "open", "lost", "reconnected"]);
    });

    it("survives a second cut while it is fetching the result", async () => {
      const { host } = open();
      await host.stat("/");
      const running = host.run({ script: counted("sleep 1.2; echo patient") });
      await started();
      relay.reset();
      await until(() => states.includes("reconnected"));
      await new Promise((resolve) => setTimeout(resolve, 100));
      relay.reset();
      expect((await running).stdout.toString()).to.equal("patient\n");
      expect(times()).to.equal(1);
    });

    it("brings the result of a command that ended while there was no connection", async () => {
      const { host } = open();
      await host.stat("/");
      const running = host.run({ script: counted(`sleep 0.2; echo done; touch '${folder}/ended'`) });
      await started();
      relay.refuse(true);
      relay.reset();
      await until(() => readdirSync(folder).includes("ended"));
      relay.refuse(false);
      expect((await running).stdout.toString()).to.equal("done\n");
      expect(times()).to.equal(1);
    });

    it("notices by keepalive when bytes are swallowed, and goes on", async () => {
      const { host } = open({}, ["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1"]);
      await host.stat("/");
      const running = host.run({ script: counted("sleep 0.3; echo survived") });
      await started();
      relay.swallow();
      expect((await running).stdout.toString()).to.equal("survived\n");
      expect(times()).to.equal(1);
    });

    it("asks reads again, and changes that can be made twice", async () => {
      const { host } = open();
      await host.stat("/");
      relay.reset();
      await until(() => states.includes("lost"));
      writeFileSync(`${folder}/a`, "abc");
      const [stat, content] = await Promise.all([
        host.stat(`${folder}/a`),
        host.read(`${folder}/a`),
        host.write(`${folder}/b`, "b"),
      ]);
      expect([stat?.size, content.toString(), readFileSync(`${folder}/b`, "utf8")]).to.deep.equal([3, "abc", "b"]);
    });

    it("says that the outcome is unknown when nobody can tell it, and does not try again", async () => {
      const { host } = open();
      // The command ends its own agent, and with it everything that knows how it went.
      const script = counted("kill -9 $PPID; sleep 0.3");
      const failure = await failureOf(host.run({ script }));
      expect(failure.problem.code).to.equal("outcome-unknown");
      expect(times()).to.equal(1);
      expect((await host.run({ argv: ["echo", "next"] })).stdout.toString()).to.equal("next\n");
    });

    it("begins a transfer again that was cut in the middle", async () => {
      const { host } = open();
      await host.stat("/");
      const block = Buffer.alloc(64 * 1024, "x");
      let begun = 0;
      const stream = (): Readable => {
        begun += 1;
        const turn = begun;
        return Readable.from(
          (async function* () {
            for (let index = 0; index < 16; index++) {
              if (turn === 1 && index === 8) {
                relay.reset();
                await until(() => states.includes("lost"));
              }
              yield block;
            }
          })(),
        );
      };
      await host.write(`${folder}/large`, { stream, size: block.length * 16 });
      expect(readFileSync(`${folder}/large`).length).to.equal(block.length * 16);
      expect(readdirSync(folder).filter((name) => name.startsWith(".tsplay")).length).to.be.at.most(1);
    });

    it("gives up in bounded time when the host stays away", async () => {
      const { host } = open({ reconnect: 0.5 });
      await host.stat("/");
      const running = host.run({ argv: ["sleep", "1"] });
      const reading = host.read("/proc/uptime");
      relay.refuse(true);
      relay.reset();
      const [first, second] = await Promise.all([failureOf(running), failureOf(reading).catch(() => undefined)]);
      expect(first.problem.code).to.be.oneOf(["outcome-unknown", "host-unreachable"]);
      if (second) expect(second.problem.code).to.be.oneOf(["host-unreachable", "connection-lost"]);
    });

    it("ends running commands when it is closed on purpose", async () => {
      const { host, close } = open();
      const running = failureOf(host.run({ script: `echo $$ > '${folder}/count'; sleep 60` }));
      await started();
      await until(() => readFileSync(`${folder}/count`, "utf8") !== "");
      await close();
      expect((await running).problem.code).to.equal("connection-lost");
      if (agent === "perl") {
        const pid = readFileSync(`${folder}/count`, "utf8").trim();
        await until(() => {
          try {
            return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
          } catch {
            return true;
          }
        });
      }
    });
  });
}
