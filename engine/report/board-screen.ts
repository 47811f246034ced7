// The board on a real terminal: listr2's renderer (cursor, spinner's beat, other writers held back), with our own
// lines on it and finished text above it.

import { writeSync } from "node:fs";
import { DefaultRenderer, Listr } from "listr2";

/** What the screen shows, asked for at each beat. */
export interface BoardContent {
  /** The board's lines now. */
  readonly lines: () => readonly string[];
  /** Lines to be printed above it since the last time, for good. */
  readonly takeAbove: () => string;
}

/** A board that is on the screen until it is ended. */
export interface BoardScreen {
  /** Takes the board off; what is above it stays. */
  end(): Promise<void>;
}

/** The parts of listr2's renderer that it keeps to itself but that printing above a board needs. */
interface Inner {
  readonly updater: { clear(): void };
  readonly logger: { readonly process: { toStdout(text: string, eol?: boolean): boolean } };
}

export function openBoard(content: BoardContent): BoardScreen {
  class BoardRenderer extends DefaultRenderer {
    override update(): void {
      this.#printAbove();
      super.update();
    }

    override end(): void {
      this.#printAbove();
      super.end();
    }

    override create(): string {
      return content.lines().join("\n");
    }

    #printAbove(): void {
      const text = content.takeAbove();
      if (text === "") return;
      const inner = this as unknown as Inner;
      inner.updater.clear();
      inner.logger.process.toStdout(text, false);
    }
  }

  let finish: () => void = () => {};
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const list = new Listr([{ title: "run", task: () => over }], {
    renderer: BoardRenderer,
    rendererOptions: { clearOutput: true },
    registerSignalListeners: false,
    exitOnError: false,
  });
  const running = list.run();
  process.once("exit", showCursor);
  return {
    async end() {
      finish();
      await running;
      process.off("exit", showCursor);
    },
  };
}

/** For a process that ends under the board: listr2 holds back what goes through process.stdout. */
function showCursor(): void {
  writeSync(1, "\u001b[?25h");
}
