// How to reach a host and as whom, from variables, keywords, options and configuration, in Ansible's order:
// variables beat keywords, keywords beat the command line's defaults.

import type { ConnectionSettings } from "../connection/connection.ts";
import { fail } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { Become } from "../host/host.ts";
import { booleanOf, type Evaluation } from "./evaluate.ts";

/** What the command line and the configuration say when nothing nearer does. */
export interface ConnectionDefaults {
  readonly connection: string;
  readonly user?: string;
  readonly port?: number;
  readonly password?: string;
  readonly privateKeyFile?: string;
  readonly privateKeyPassphrase?: string;
  readonly sshArgs?: string;
  readonly sshCommonArgs?: string;
  readonly sshExtraArgs?: string;
  readonly sshExecutable?: string;
  /** Attempts more to connect. */
  readonly sshRetries?: number;
  /** Become even the user that one is. */
  readonly becomeAllowSameUser?: boolean;
  readonly timeout: number;
  readonly hostKeyChecking: "yes" | "accept-new" | "no";
  readonly become: boolean;
  readonly becomeMethod: string;
  readonly becomeUser: string;
  readonly becomePassword?: string;
  readonly becomeFlags?: string;
  readonly becomeExecutable?: string;
}

/** Keywords of the task that bear on it, as written; undefined where no level sets them. */
export interface ConnectionKeywords {
  readonly connection?: Value;
  readonly port?: Value;
  readonly remoteUser?: Value;
  readonly become?: Value;
  readonly becomeUser?: Value;
  readonly becomeMethod?: Value;
  readonly becomeFlags?: Value;
  readonly becomeExe?: Value;
}

const KINDS: Readonly<Record<string, string>> = {
  smart: "ssh",
  ssh: "ssh",
  paramiko: "ssh",
  paramiko_ssh: "ssh",
  openssh: "openssh",
  local: "local",
  chroot: "chroot",
  docker: "docker",
  podman: "podman",
};

/** Splits an argument text as a shell would, without expanding anything. */
function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const match of text.matchAll(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|(\s+)|([^\s'"\\]+)/gs)) {
    const [, single, double, escaped, space, bare] = match;
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + (single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? escaped ?? bare ?? "");
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** Settings for one host; `name` is the inventory name (or the delegate's). */
export function connectionSettings(
  name: string,
  evaluation: Evaluation,
  keywords: ConnectionKeywords,
  defaults: ConnectionDefaults,
): ConnectionSettings {
  const variable = (...names: readonly string[]): string | undefined => {
    for (const candidate of names) {
      const value = evaluation.scope.get(candidate);
      if (value !== undefined) {
        const text = evaluation.text(value);
        if (text !== undefined) return text;
      }
    }
    return undefined;
  };
  const wanted = variable("ansible_connection") ?? evaluation.text(keywords.connection) ?? defaults.connection;
  const short = wanted.replace(
    /^(ansible\.builtin|ansible\.legacy|community\.docker|containers\.podman|community\.general)\./,
    "",
  );
  const kind = KINDS[short];
  if (kind === undefined)
    fail("connection-unknown", `the connection plugin '${wanted}' of host ${name} is not supported`, {
      hint: `supported are: ${Object.keys(KINDS).join(", ")}`,
    });
  const port = Number(
    variable("ansible_port", "ansible_ssh_port") ??
      evaluation.number(keywords.port, "port") ??
      defaults.port ??
      Number.NaN,
  );
  const user = variable("ansible_user", "ansible_ssh_user") ?? evaluation.text(keywords.remoteUser) ?? defaults.user;
  const password = variable("ansible_password", "ansible_ssh_pass", "ansible_ssh_password") ?? defaults.password;
  // An empty one is how an inventory takes back the key of its groups: none.
  const privateKeyFile =
    (variable("ansible_ssh_private_key_file", "ansible_private_key_file") ?? defaults.privateKeyFile) || undefined;
  const privateKeyPassphrase =
    variable("ansible_ssh_private_key_passphrase", "ansible_private_key_passphrase") ?? defaults.privateKeyPassphrase;
  const retries = Number(variable("ansible_ssh_retries") ?? defaults.sshRetries ?? 0);
  const sshArguments = [
    ...shellWords(variable("ansible_ssh_args") ?? defaults.sshArgs ?? ""),
    ...shellWords(variable("ansible_ssh_common_args") ?? defaults.sshCommonArgs ?? ""),
    ...shellWords(variable("ansible_ssh_extra_args") ?? defaults.sshExtraArgs ?? ""),
  ];
  const checking = variable("ansible_ssh_host_key_checking", "ansible_host_key_checking");
  const sshExecutable = variable("ansible_ssh_executable") ?? defaults.sshExecutable;
  const timeout = Number(
    variable("ansible_timeout", "ansible_ssh_timeout", "ansible_connect_timeout") ?? defaults.timeout,
  );
  return {
    kind,
    host: name,
    address: variable("ansible_host", "ansible_ssh_host", "ansible_docker_host") ?? name,
    hostKeyChecking: checking === undefined ? defaults.hostKeyChecking : hostKeyChecking(checking),
    timeout,
    sshArguments,
    ...(Number.isNaN(port) ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(privateKeyFile === undefined ? {} : { privateKeyFile }),
    ...(privateKeyPassphrase === undefined ? {} : { privateKeyPassphrase }),
    ...(retries > 0 ? { retries } : {}),
    ...(sshExecutable === undefined ? {} : { sshExecutable }),
  };
}

function hostKeyChecking(word: string): "yes" | "accept-new" | "no" {
  if (word === "accept-new") return "accept-new";
  return booleanOf(word) === false ? "no" : "yes";
}

/** Whom to become, or undefined to stay the connection's user. `isLoginUser` tells whether a name is that user. */
export function becomeSettings(
  evaluation: Evaluation,
  keywords: ConnectionKeywords,
  defaults: ConnectionDefaults,
): Become | undefined {
  const variable = (name: string): Value | undefined => evaluation.scope.get(name);
  const wanted =
    evaluation.boolean(variable("ansible_become"), "ansible_become") ??
    evaluation.boolean(keywords.become, "become") ??
    defaults.become;
  if (!wanted) return undefined;
  const method = evaluation.text(variable("ansible_become_method") ?? keywords.becomeMethod) ?? defaults.becomeMethod;
  const short = method.replace(/^(ansible\.builtin|ansible\.legacy)\./, "");
  if (short !== "sudo" && short !== "su")
    fail("become-method-unknown", `the become method '${method}' is not supported`, { hint: "use sudo or su" });
  const user = evaluation.text(variable("ansible_become_user") ?? keywords.becomeUser) ?? defaults.becomeUser;
  const password =
    evaluation.text(
      variable("ansible_become_password") ?? variable("ansible_become_pass") ?? variable(`ansible_${short}_pass`),
    ) ?? defaults.becomePassword;
  const flags = evaluation.text(variable("ansible_become_flags") ?? keywords.becomeFlags) ?? defaults.becomeFlags;
  const executable = evaluation.text(variable("ansible_become_exe") ?? keywords.becomeExe) ?? defaults.becomeExecutable;
  return {
    method: short,
    user,
    ...(password === undefined ? {} : { password }),
    ...(flags === undefined ? {} : { flags }),
    ...(executable === undefined ? {} : { executable }),
    ...(defaults.becomeAllowSameUser ? { always: true } : {}),
  };
}
