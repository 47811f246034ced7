// The way in: finds the command, runs it, turns whatever goes wrong into text and an exit code.

import { didYouMean } from "../core/nearest.ts";
import { Failures, type Problem, problemOf } from "../core/problem.ts";
import { problemsText } from "../report/problem-text.ts";
import { safeText } from "../report/safe-text.ts";
import { painter, wantsColour } from "../report/style.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { realWorld, type World } from "./surroundings.ts";
import { COMMANDS, commandNames, helpText } from "./table.ts";

/** Runs tsplay with the process's arguments; the exit code. */
export async function main(): Promise<number> {
  const world = realWorld();
  process.once("uncaughtException", (error) => {
    tell([problemOf(error)], world);
    process.exit(EXIT.bug);
  });
  return runCommand(process.argv.slice(2), world);
}

/** Runs one command line. Never throws. */
export async function runCommand(argv: readonly string[], world: World): Promise<number> {
  const [first, ...rest] = argv;
  if (first === undefined || first === "--help" || first === "-h" || (first === "help" && rest.length === 0)) {
    world.out(helpText());
    return EXIT.fine;
  }
  if (first === "help") return runCommand([...rest, "--help"], world);
  if (first === "--version") {
    const { version } = await import("./version.ts");
    world.out(`tsplay ${version()}\n`);
    return EXIT.fine;
  }
  const entry = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (!entry) return tell(unknownCommand(first), world);
  try {
    return await perform(await entry.load(), rest, world);
  } catch (error) {
    return tell(error instanceof Failures ? error.problems : [problemOf(error)], world);
  }
}

type Loaded = Awaited<ReturnType<(typeof COMMANDS)[string]["load"]>>;

async function perform({ makeCommand }: Loaded, argv: readonly string[], world: World): Promise<number> {
  const { CommanderError } = await import("commander");
  let exitCode: number = EXIT.fine;
  const command = makeCommand(
    world,
    (code) => {
      exitCode = code;
    },
    COMMANDS,
  );
  const everything = [command, ...command.commands];
  for (const each of everything)
    each
      .exitOverride()
      .configureOutput({
        writeOut: world.out,
        writeErr: (text) => world.err(text.replace(/^error: /, "[ERROR]: ")),
        getOutHelpWidth: () => Math.min(110, world.size().columns),
      })
      .configureHelp({ visibleArguments: () => [], optionDescription: (option) => option.description })
      .helpCommand(false)
      .helpOption("-h, --help", "show this help");
  try {
    await command.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.fine : EXIT.options;
  }
  return exitCode;
}

function unknownCommand(name: string): Problem[] {
  const hint = didYouMean(name, commandNames());
  const what = name.startsWith("-") ? `the option '${name}' does not stand before a command` : `no command '${name}'`;
  return [{ code: "option-command", message: what, hint: hint ?? "tsplay --help lists the commands" }];
}

function tell(problems: readonly Problem[], world: World): number {
  const paint = painter(wantsColour(world.env, process.stderr.isTTY === true));
  world.err(`${paint("failed", safeText(problemsText(problems, { cwd: world.cwd })))}\n`);
  return Math.max(...problems.map(exitCodeOf));
}
