// Questions at the terminal, with and without echo.

import { createInterface } from "node:readline";
import { fail } from "../core/problem.ts";
import type { Prompter } from "../run/options.ts";
import type { World } from "./surroundings.ts";

/** A prompter; while a question stands, `around` takes the live board off the screen. */
export function prompterFor(
  world: World,
  around: <T>(question: () => Promise<T>) => Promise<T> = (ask) => ask(),
): Prompter {
  return {
    async ask(text, options) {
      if (!world.interactive) return undefined;
      return around(() => (options.echo ? askLine(text, options.seconds) : askSecret(text, options.seconds)));
    },
  };
}

/** A password that must be given; `-k` and its like make no sense without a terminal. */
export async function askPassword(world: World, text: string, option: string): Promise<string> {
  if (!world.interactive)
    fail("no-terminal", `${option} asks for a password, and there is no terminal to ask at`, {
      hint: "put the password into a file that only you can read, and name it with the matching …-password-file option",
    });
  const answer = await askSecret(text);
  return answer ?? fail("interrupted", "no password was given");
}

function askLine(text: string, seconds?: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    const timer = seconds === undefined ? undefined : setTimeout(() => reader.close(), seconds * 1000);
    let answer: string | undefined;
    reader.on("SIGINT", () => {
      reader.close();
      process.kill(process.pid, "SIGINT");
    });
    reader.once("close", () => {
      clearTimeout(timer);
      process.stdin.pause();
      resolve(answer);
    });
    reader.question(text, (line) => {
      answer = line;
      reader.close();
    });
  });
}

/** Reads a line in raw mode so that nothing of it appears; undefined after Ctrl-C, Ctrl-D on an empty line, or the time. */
function askSecret(text: string, seconds?: number): Promise<string | undefined> {
  process.stderr.write(text);
  return new Promise((resolve) => {
    const input = process.stdin;
    let typed = "";
    input.setRawMode(true);
    input.setEncoding("utf8");
    input.resume();
    const timer = seconds === undefined ? undefined : setTimeout(() => end(undefined), seconds * 1000);
    const end = (answer: string | undefined): void => {
      clearTimeout(timer);
      input.off("data", take);
      input.setRawMode(false);
      input.pause();
      process.stderr.write("\n");
      resolve(answer);
    };
    const take = (chunk: string): void => {
      for (const character of chunk) {
        if (character === "\r" || character === "\n" || (character === "\u0004" && typed === "")) {
          end(character === "\u0004" ? undefined : typed);
          return;
        }
        if (character === "\u0003") {
          end(undefined);
          process.kill(process.pid, "SIGINT");
          return;
        }
        if (character === "\u007f" || character === "\b") typed = [...typed].slice(0, -1).join("");
        else if (character === "\u0015") typed = "";
        else if (character >= " ") typed += character;
      }
    };
    input.on("data", take);
  });
}
