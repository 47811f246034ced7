// `tsplay facts PATTERN`: the facts of hosts as JSON, one document.

import { Command } from "commander";
import { eventJson } from "../../report/jsonl.ts";
import { problemText } from "../../report/problem-text.ts";
import { watchInterrupts } from "../interrupt.ts";
import { sourcesOf } from "../run-options.ts";
import {
  addConnectOptions,
  addSourceOptions,
  addVaultOptions,
  type ConnectFlags,
  positiveNumber,
  type SourceFlags,
} from "../shared-options.ts";
import type { World } from "../surroundings.ts";
import type { MakeCommand } from "../table.ts";
import { adHocOptions, adHocPlay } from "./do.ts";

interface FactsFlags extends SourceFlags, ConnectFlags {
  readonly filter?: string;
  readonly subset?: string;
  readonly forks?: number;
}

export const makeCommand: MakeCommand = (world, finish) => {
  const command = new Command("tsplay facts")
    .usage("PATTERN [options]")
    .description("Prints the facts of the hosts of a pattern as JSON, by host.")
    .argument("<pattern>", "which hosts")
    .option("--filter <patterns>", "only facts whose names match, e.g. ansible_dist*")
    .option("--subset <names>", "only these collectors, e.g. network,!virtual")
    .option("-f, --forks <number>", "work on so many hosts at once", positiveNumber);
  addSourceOptions(command);
  addConnectOptions(command);
  return addVaultOptions(command).action(async (pattern: string, flags: FactsFlags) =>
    finish(await show(pattern, flags, world)),
  );
};

async function show(pattern: string, flags: FactsFlags, world: World): Promise<number> {
  const sources = await sourcesOf(flags, world);
  const options = await adHocOptions(pattern, flags, sources, world);
  const facts: Record<string, unknown> = {};
  const list = (text: string | undefined): string[] | undefined => text?.split(",").map((part) => part.trim());
  const args = JSON.stringify({ gather_subset: list(flags.subset), filter: list(flags.filter) });
  const interrupts = watchInterrupts(() => undefined);
  try {
    const { runPlaybooks } = await import("../../run/run.ts");
    const { exitCode } = await runPlaybooks({
      ...options,
      playbooks: [{ name: "<facts>", folder: world.cwd, text: adHocPlay(pattern, "setup", { args }) }],
      interrupt: interrupts.interrupt,
      kill: interrupts.kill,
      events: (event) => {
        if (event.type === "warning")
          world.err(`${problemText(event.problem, { label: "WARNING", cwd: world.cwd })}\n`);
        if (event.type !== "host-result") return;
        if (event.status === "ok" || event.status === "changed") facts[event.host] = event.result.ansible_facts ?? {};
        else {
          const message = `${event.host}: ${String(event.result.msg ?? event.status)}`;
          world.err(`${sources.mask.text(problemText(event.problem ?? { code: "facts", message }))}\n`);
        }
      },
    });
    world.out(`${eventJson(facts, sources.mask, 2)}\n`);
    return exitCode;
  } finally {
    interrupts.stop();
  }
}
