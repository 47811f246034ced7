// Waits until a lab host can be worked with: sshd answers with the right key, systemd has finished starting.

import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../core/problem.ts";
import { tryCommand } from "./command.ts";
import { machineArch } from "./foreign-arch.ts";
import { isRunning } from "./host-processes.ts";
import { sshOptions } from "./inventory.ts";
import { consoleTail } from "./machine.ts";
import type { LabHost, LabState } from "./state.ts";

/** What a host said when it was ready. */
export interface Readiness {
  /** `running`, or `degraded` when a unit failed. */
  readonly systemd: string;
  /** Names that it could not resolve, of those it was asked for. */
  readonly unresolved: readonly string[];
}

const MOST_MS = 60_000;
/** Where every program is emulated. */
const MOST_EMULATED_MS = 600_000;
const CONSOLE_HINT = "all of its console is in the folder `consoles` of the lab's cache (docs/lab.md)";

/** Words of an ssh command line for a host of the lab; `remote` is run there, or a shell is opened. */
export function sshArgv(
  lab: Pick<LabState, "privateKeyFile" | "knownHostsFile">,
  host: Pick<LabHost, "address">,
  remote: readonly string[] = [],
  user = "root",
): string[] {
  return [
    "ssh",
    "-F",
    "none",
    "-i",
    lab.privateKeyFile,
    ...sshOptions(lab),
    "-o",
    "LogLevel=ERROR",
    `${user}@${host.address}`,
    ...remote,
  ];
}

/** Waits for a host; Failure `lab-boot-failed` when it dies or does not answer in time. */
export async function waitUntilReady(lab: LabState, host: LabHost, names: readonly string[]): Promise<Readiness> {
  const deadline = performance.now() + (lab.arch === machineArch() ? MOST_MS : MOST_EMULATED_MS);
  while (!(await listens(host.address, 22))) {
    if (!isRunning(host) || performance.now() > deadline)
      fail("lab-boot-failed", `${host.name} did not come up: ${consoleTail(host)}`, {
        hint: CONSOLE_HINT,
      });
    await sleep(30);
  }
  const script = [
    "systemctl is-system-running --wait",
    ...names.map((name) => `getent hosts ${name} >/dev/null || echo unresolved ${name}`),
  ].join("; ");
  const asked = await tryCommand(sshArgv(lab, host, [script]));
  const [systemd = "", ...rest] = asked.stdout.trim().split("\n");
  if (systemd !== "running" && systemd !== "degraded")
    fail(
      "lab-boot-failed",
      `${host.name} is up but not ready: ${systemd || asked.stderr.trim() || "no answer to ssh"}`,
      {
        hint: CONSOLE_HINT,
      },
    );
  return { systemd, unresolved: rest.flatMap((line) => /^unresolved (.+)$/.exec(line)?.[1] ?? []) };
}

function listens(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 1000 });
    const answer = (yes: boolean) => () => {
      socket.destroy();
      resolve(yes);
    };
    socket.on("connect", answer(true)).on("error", answer(false)).on("timeout", answer(false));
  });
}
