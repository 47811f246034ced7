// The sh agent with busybox and nothing else: no Perl, no coreutils.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "mocha";
import { createHost } from "../../engine/host/hosts.ts";
import { agentSuite } from "../unit/host/agent-suite.ts";

const folder = mkdtempSync(join(tmpdir(), "busybox-"));

describe("busybox", () => {
  before(function () {
    try {
      mkdirSync(join(folder, "bin"));
      execFileSync("busybox", ["--install", "-s", join(folder, "bin")]);
    } catch {
      console.log("    skipped: busybox is not installed (apt-get install busybox-static)");
      this.skip();
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  agentSuite("the agent that is found where there is no Perl", () =>
    createHost(
      { kind: "local", host: "here", address: "localhost", hostKeyChecking: "yes", timeout: 10 },
      { environment: { env: { PATH: join(folder, "bin"), HOME: folder } } },
    ),
  );
});
