// The way out: every text of every reporter passes here, is masked, made harmless and then written.

import type { Mask } from "../core/secret.ts";
import { safeText } from "./safe-text.ts";
import { type Meaning, type Paint, painter } from "./style.ts";

/** Where text goes. Writes must not throw. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

export interface PrinterOptions extends Streams {
  readonly mask: Mask;
  readonly colour: boolean;
  /** Columns of the terminal; undefined when there is none. */
  readonly columns?: number;
}

export class Printer {
  readonly paint: Paint;
  readonly mask: Mask;
  /** The width that banners are filled to: Ansible's 79 or one less than the terminal's, whichever is more. */
  readonly width: number;
  readonly #streams: Streams;

  constructor(options: PrinterOptions) {
    this.paint = painter(options.colour);
    this.mask = options.mask;
    this.width = Math.max(79, (options.columns ?? 0) - 1);
    this.#streams = options;
  }

  /** Masked, harmless, painted; no line end added. */
  text(text: string, meaning: Meaning = "plain"): string {
    return this.paint(meaning, safeText(this.mask.text(text)));
  }

  /** One or more whole lines to standard output. */
  line(text = "", meaning: Meaning = "plain"): void {
    this.#streams.out(`${this.text(text, meaning)}\n`);
  }

  /** To standard error: errors and warnings. */
  error(text: string, meaning: Meaning = "failed"): void {
    this.#streams.err(`${this.text(text, meaning)}\n`);
  }

  /** Lines that are masked, harmless and painted already. */
  painted(text: string): void {
    this.#streams.out(`${text}\n`);
  }

  /** A blank line and `TEXT *****`, as Ansible heads its sections. */
  banner(text: string): void {
    const shown = safeText(this.mask.text(text));
    this.#streams.out(`\n${shown} ${"*".repeat(Math.max(3, this.width - displayWidth(shown)))}\n`);
  }
}

/** Columns that a text takes on a terminal: wide East Asian characters and emoji take two, combining marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{M}|\u200d|\ufe0f/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
