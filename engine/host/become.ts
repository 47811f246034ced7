// Becoming another user by sudo or su: the command line, and what their words mean. No password in any argument.

import type { Problem } from "../core/problem.ts";
import type { Become } from "./host.ts";

const quote = (text: string): string => `'${text.replace(/'/g, "'\\''")}'`;
const words = (text: string | undefined): string[] => (text ?? "").split(/\s+/).filter((word) => word !== "");

/** `command` run as another user; sudo asks with `prompt`, so that its question is known from noise. */
export function becomeCommand(become: Become, command: string, prompt: string): string {
  const program = become.executable ?? become.method;
  if (become.method === "sudo") {
    const flags = words(become.flags ?? "-H").filter((flag) => !/^(-n|--non-interactive|-S|--stdin)$/.test(flag));
    const ask = become.password === undefined ? ["-n"] : ["-S", "-p", `${prompt}?`];
    const login = flags.some((flag) => /^(-[a-zA-Z]*[is][a-zA-Z]*|--login|--shell)$/.test(flag));
    return [program, ...flags, ...ask, "-u", quote(become.user), login ? withoutDollars(command) : command].join(" ");
  }
  return [program, ...words(become.flags), quote(become.user), "-s", "/bin/sh", "-c", quote(command)].join(" ");
}

/** For `sudo -i` and `-s`, which give the command to the user's shell with everything escaped but `$`. Needs Perl. */
function withoutDollars(command: string): string {
  const hex = Buffer.from(command).toString("hex");
  return `perl -e ${quote(`exec q(/bin/sh),q(-c),pack(q(H*),q(${hex}))`)}`;
}

/** What to do after the program said something. */
export interface Step {
  readonly send?: string;
  readonly problem?: Problem;
}

/** Follows the conversation with sudo or su until the agent speaks. Gives the password once, never twice. */
export class BecomeDialogue {
  /** The program may read a password from our input. */
  readonly mayAsk: boolean;
  readonly #become: Become;
  readonly #host: string;
  readonly #prompt: string;
  #sent = false;
  /** What stood on stderr when the password was given. */
  #before = "";

  constructor(become: Become, host: string, prompt: string) {
    this.mayAsk = become.password !== undefined || become.method === "su";
    this.#become = become;
    this.#host = host;
    this.#prompt = prompt;
  }

  /** `errors` is all that came on stderr so far. */
  onError(errors: string): Step | undefined {
    const questions =
      this.#become.method === "sudo"
        ? errors.split(`${this.#prompt}?`).length - 1
        : // su has no option for its prompt: "Password: " in any language ends in a colon and no newline.
          (errors.match(/[^\n]*[:：][ \t]*$/)?.length ?? 0);
    if (this.#sent) return this.#afterPassword(errors, questions);
    if (questions === 0) return undefined;
    if (this.#become.password === undefined) return { problem: this.#missing() };
    this.#sent = true;
    this.#before = errors;
    return { send: `${this.#become.password}\n` };
  }

  #afterPassword(errors: string, questions: number): Step | undefined {
    if (this.#become.method === "sudo" && questions > 1) return { problem: this.#wrong() };
    const since = errors.startsWith(this.#before) ? errors.slice(this.#before.length) : "";
    const question = /[^\n]*\S[^\n]*[:：][ \t]*$/.exec(since)?.[0].trim();
    const { method } = this.#become;
    // su and sudo write "su: " before what they complain of: that is no question yet.
    if (question === undefined || question === `${method}:`) return undefined;
    return {
      problem: this.#problem("become-question", `${method} asks for more than a password: '${question.slice(0, 80)}'`, {
        hint: "nobody can answer it here; let this account become by password or without",
      }),
    };
  }

  timedOut(): Problem | undefined {
    const { method, user } = this.#become;
    return this.#problem("become-timeout", `${method} to ${user} did not answer`, {
      hint: "it may ask something that nobody can answer here; try it by hand",
    });
  }

  /** The program ended before the agent spoke. */
  ended(code: number | null, errors: string): Problem {
    const { method, user } = this.#become;
    const said = errors.replaceAll(`${this.#prompt}?`, "").trim();
    for (const [pattern, kind] of MEANINGS) {
      if (!pattern.test(said)) continue;
      if (kind === "wrong") return this.#sent ? this.#wrong() : this.#missing();
      if (kind === "missing") return this.#missing();
      return this.#problem(...kind(this.#become), { said });
    }
    if (code === 127)
      return this.#problem("become-missing", `there is no ${this.#become.executable ?? method} on it`, {
        hint: `install ${method}, or set ansible_become_method`,
      });
    return this.#problem("become-failed", `${method} to ${user} failed with status ${code}`, { said });
  }

  #wrong(): Problem {
    return this.#problem("become-password-wrong", `the ${this.#become.method} password for ${this.#who()} is wrong`, {
      hint: "give it with --ask-become-pass (-K) or ansible_become_password",
    });
  }

  #missing(): Problem {
    return this.#problem("become-password-missing", `${this.#become.method} to ${this.#become.user} needs a password`, {
      hint: "give it with --ask-become-pass (-K) or ansible_become_password",
    });
  }

  #who(): string {
    return this.#become.method === "su" ? this.#become.user : `becoming ${this.#become.user}`;
  }

  #problem(code: string, message: string, more: { hint?: string; said?: string } = {}): Problem {
    return {
      code,
      message: `${this.#host}: ${message}`,
      ...(more.hint ? { hint: more.hint } : {}),
      ...(more.said ? { cause: { code: "become-output", message: more.said.slice(-1000) } } : {}),
    };
  }
}

type Meaning = (become: Become) => [code: string, message: string];

/** What sudo and su say (LC_ALL=C), by its meaning; the first that matches counts. */
const MEANINGS: ReadonlyArray<readonly [RegExp, "wrong" | "missing" | Meaning]> = [
  [/not in the sudoers file|not allowed to execute|may not run sudo|not allowed to run/i, notPermitted],
  [/must have a tty/i, (become) => ["become-needs-tty", `${become.method} is set up to want a terminal (requiretty)`]],
  [
    /unknown user|user \S+ does not exist|No passwd entry/i,
    (become) => ["become-user-unknown", `there is no user ${become.user} on it`],
  ],
  [/incorrect password attempt|Sorry, try again|Authentication failure|incorrect password/i, "wrong"],
  [/a password is required|no password was provided|a terminal is required/i, "missing"],
  [
    /must be setuid|effective uid is not 0|no new privileges/i,
    (become) => ["become-not-permitted", `${become.method} cannot gain rights there`],
  ],
];

function notPermitted(become: Become): [string, string] {
  return ["become-not-permitted", `the user may not become ${become.user} by ${become.method}`];
}
