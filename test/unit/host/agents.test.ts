// Both agents over the local connection, through the shells that a host may have.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { textOf } from "../../../engine/core/bytes.ts";
import { createHost, type OpenHost } from "../../../engine/host/hosts.ts";
import { agentSuite } from "./agent-suite.ts";

const settings = { kind: "local", host: "here", address: "localhost", hostKeyChecking: "yes", timeout: 10 } as const;

const open = (agent: "perl" | "sh", env = process.env): OpenHost =>
  createHost(settings, { environment: { env }, agent });

agentSuite("the Perl agent", () => open("perl"));
agentSuite("the sh agent", () => open("sh"));

describe("the Perl agent that hears of no child's end", () => {
  const folder = mkdtempSync(join(tmpdir(), "agent-deaf-"));
  after(() => rmSync(folder, { recursive: true }));

  // The signal may also come between the last look and the wait, where perl does not run a handler.
  it("answers all the same", async () => {
    const block = "POSIX::sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGCHLD))";
    writeFileSync(join(folder, "perl"), `#!/usr/bin/perl\nuse POSIX; ${block}; exec '/usr/bin/perl', @ARGV;\n`);
    chmodSync(join(folder, "perl"), 0o755);
    const { host, close } = open("perl", { ...process.env, PATH: `${folder}:${process.env.PATH}` });
    try {
      expect((await host.run({ argv: ["sh", "-c", "exec >/dev/null 2>&1; sleep 0.1; exit 3"] })).code).to.equal(3);
      expect(textOf((await host.run({ argv: ["grep", "SigBlk", "/proc/self/status"] })).stdout)).to.match(/1....$/m);
    } finally {
      await close();
    }
  }).timeout(10_000);
});
