// The options of the user's ssh configuration for a host, as `ssh -G` tells them: it knows every option there is.

import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { Failure, type Problem } from "../core/problem.ts";

/** Keyword (lower case) to its values, in order. */
export type SshOptions = ReadonlyMap<string, readonly string[]>;

export function parseSshOptions(text: string): SshOptions {
  const options = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const match = /^(\S+)\s+(.*)$/.exec(line.trimEnd());
    if (!match) continue;
    const [, key = "", value = ""] = match;
    const values = options.get(key.toLowerCase());
    if (values) values.push(value);
    else options.set(key.toLowerCase(), [value]);
  }
  return options;
}

/** What holds where there is no ssh client to ask: its defaults, and what the arguments say with -o, -i, -J, -p, -l. */
export function defaultSshOptions(host: string, args: readonly string[] = []): SshOptions {
  const ssh = join(homedir(), ".ssh");
  return new Map<string, string[]>([
    ["hostname", [host]],
    ["user", [userInfo().username]],
    ["port", ["22"]],
    ["identityfile", ["id_rsa", "id_ecdsa", "id_ed25519"].map((name) => join(ssh, name))],
    ["userknownhostsfile", [join(ssh, "known_hosts")]],
    ["globalknownhostsfile", ["/etc/ssh/ssh_known_hosts"]],
    ["stricthostkeychecking", ["ask"]],
    ...optionsOfArguments(args),
  ]);
}

const LETTERS: Readonly<Record<string, string>> = { i: "identityfile", J: "proxyjump", p: "port", l: "user" };

function optionsOfArguments(args: readonly string[]): Array<[string, string[]]> {
  const found = new Map<string, string[]>();
  for (let index = 0; index < args.length; index++) {
    const match = /^-([oiJpl])(.*)$/s.exec(args[index] ?? "");
    if (!match) continue;
    const value = match[2] || (args[++index] ?? "");
    const option =
      match[1] === "o" ? /^\s*(\w+)(?:\s*=\s*|\s+)(.*)$/s.exec(value) : [value, LETTERS[match[1] ?? ""], value];
    const key = option?.[1]?.toLowerCase() ?? "";
    // The first value counts, as in ssh; of identity files all do.
    if (key === "identityfile") found.set(key, [...(found.get(key) ?? []), option?.[2] ?? ""]);
    else if (key !== "" && !found.has(key)) found.set(key, [(option?.[2] ?? "").replace(/^"(.*)"$/, "$1")]);
  }
  return [...found];
}

/** A name that no Host pattern can mean, for asking once what holds for all hosts. */
const ANY = "tsplay-any-host.invalid";

/**
 * Asks `ssh -G` once for each host and arguments, and once for all hosts where the configuration makes no difference
 * between hosts (no Host pattern but `*`, no Match): 300 hosts are then one process, not 300.
 */
export class SshOptionReader {
  readonly #answers = new Map<string, Promise<SshOptions>>();
  readonly #env: NodeJS.ProcessEnv;
  #uniform: boolean | undefined;

  readonly #systemFolder: string;

  constructor(env: NodeJS.ProcessEnv, systemFolder = "/etc/ssh") {
    this.#env = env;
    this.#systemFolder = systemFolder;
  }

  async read(host: string, args: readonly string[], executable = "ssh"): Promise<SshOptions> {
    this.#uniform ??= configurationIsUniform(this.#env, this.#systemFolder);
    if (this.#uniform && !args.some((argument) => /^-F|%/.test(argument))) {
      const common = await this.#ask(ANY, args, executable);
      if (common && ![...common.values()].flat().some((value) => value.includes("%"))) {
        const hostname = common.get("hostname")?.[0];
        return new Map([...common, ["hostname", [hostname === ANY || !hostname ? host : hostname]]]);
      }
    }
    return (await this.#ask(host, args, executable)) ?? defaultSshOptions(host);
  }

  #ask(host: string, args: readonly string[], executable: string): Promise<SshOptions> {
    const key = JSON.stringify([executable, host, ...args]);
    let answer = this.#answers.get(key);
    if (!answer) {
      answer = new Promise((resolve, reject) => {
        const options = { env: this.#env, timeout: 20_000 };
        execFile(executable, ["-G", ...args, "--", host], options, (error, stdout, stderr) => {
          if (!error) resolve(parseSshOptions(stdout));
          else if (error.code === "ENOENT") resolve(defaultSshOptions(host, args));
          else reject(new Failure(optionProblem(executable, stderr || error.message)));
        });
      });
      this.#answers.set(key, answer);
    }
    return answer;
  }
}

function optionProblem(executable: string, words: string): Problem {
  return {
    code: "ssh-options",
    message: `${executable} does not take its configuration or arguments: ${words.trim().split("\n")[0] ?? ""}`,
    hint: "look at ~/.ssh/config and ansible_ssh_common_args",
  };
}

/** Whether the configuration files say the same for every host. */
export function configurationIsUniform(env: NodeJS.ProcessEnv, systemFolder = "/etc/ssh"): boolean {
  const home = env.HOME ?? homedir();
  const files = [
    join(home, ".ssh/config"),
    join(systemFolder, "ssh_config"),
    ...snippets(join(systemFolder, "ssh_config.d")),
  ];
  return files.every((file) => {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ENOENT";
    }
    return text
      .split("\n")
      .every(
        (line) =>
          !/^\s*(match|include|host)\b/i.test(line) ||
          /^\s*(host[\s=]+\*|include\s+\/etc\/ssh\/ssh_config\.d\/\*\.conf)\s*$/i.test(line),
      );
  });
}

function snippets(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".conf"))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
