// Which proofs are offered to an ssh server, in which order, each once: keys, the ssh agent, then the password.

import { readFileSync } from "node:fs";
import type ssh2 from "ssh2";
import { Failure } from "../core/problem.ts";
import type { ConnectionSettings } from "./connection.ts";
import type { SshTarget } from "./ssh-target.ts";

type Ssh2 = typeof ssh2;
type Method = ssh2.AnyAuthMethod;

/** Keys offered before a server would hang up on us (its MaxAuthTries is 6 by default). */
const MOST_KEYS = 4;

/** A list of proofs, and what was tried, for the message when none was good. */
export interface Proofs {
  readonly methods: ReadonlyArray<{ readonly kind: string; readonly method: Method }>;
  readonly notes: readonly string[];
}

export async function proofsFor(
  ssh: Ssh2,
  settings: ConnectionSettings,
  target: SshTarget,
  label: string,
): Promise<Proofs> {
  const methods: Array<{ kind: string; method: Method }> = [];
  const notes: string[] = [];
  const username = target.user;
  const publicKeys = new Set<string>();
  const inner = target.agent === undefined ? undefined : ssh.createAgent(target.agent);
  const held = inner ? await agentKeys(inner) : [];
  const offerHeld = (keys: ssh2.ParsedKey[]): void => {
    if (!inner || keys.length === 0) return;
    const agent = limitedAgent(ssh, inner, keys);
    methods.push({ kind: `ssh agent (${keys.length} keys)`, method: { type: "agent", username, agent } });
  };
  for (const { file, explicit } of target.identities) {
    if (methods.length >= MOST_KEYS) break;
    // The agent may hold the key unlocked that is locked in its file.
    const inAgent = held.filter((key) => wire(key) === publicHalf(file));
    if (inAgent.length > 0) {
      publicKeys.add(publicHalf(file) ?? "");
      offerHeld(inAgent);
      continue;
    }
    const key = loadKey(ssh, file, explicit, settings, label, notes);
    if (!key) continue;
    publicKeys.add(key.public);
    methods.push({ kind: `key ${file}`, method: { type: "publickey", username, key: key.private } });
  }
  if (!target.identitiesOnly && settings.privateKeyFile === undefined)
    offerHeld(held.filter((key) => !publicKeys.has(wire(key))).slice(0, Math.max(0, MOST_KEYS - methods.length)));
  const { password } = settings;
  if (password !== undefined) {
    methods.push({ kind: "password", method: { type: "password", username, password } });
    methods.push({
      kind: "keyboard-interactive",
      method: { type: "keyboard-interactive", username, prompt: answers(password) },
    });
  }
  return { methods, notes };
}

function loadKey(
  ssh: Ssh2,
  file: string,
  explicit: boolean,
  settings: ConnectionSettings,
  label: string,
  notes: string[],
): { private: Buffer | ssh2.ParsedKey; public: string } | undefined {
  const refuse = (code: string, message: string, hint?: string): undefined => {
    if (explicit) throw new Failure({ code, message: `${label}: ${message}`, ...(hint ? { hint } : {}) });
    notes.push(message);
    return undefined;
  };
  let text: Buffer;
  try {
    text = readFileSync(file);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (missing && !explicit) return undefined;
    return refuse("auth-key-unreadable", `the private key ${file} ${missing ? "does not exist" : "cannot be read"}`);
  }
  const parsed = ssh.utils.parseKey(text, settings.privateKeyPassphrase);
  if (parsed instanceof Error) {
    const { message } = parsed;
    if (/no passphrase given/i.test(message))
      return refuse(
        "auth-key-passphrase",
        `the private key ${file} needs a passphrase`,
        "load it into an ssh agent (ssh-add), or set ansible_ssh_private_key_passphrase",
      );
    if (/bad passphrase|integrity check|bad decrypt/i.test(message))
      return refuse("auth-key-passphrase", `the passphrase for the private key ${file} is wrong`);
    return refuse(
      "auth-key-unreadable",
      `the private key ${file} cannot be used: ${message}`,
      "keys on hardware tokens need ansible_connection: openssh",
    );
  }
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!key?.isPrivateKey()) return refuse("auth-key-unreadable", `${file} is not a private key`);
  return { private: key, public: key.getPublicSSH().toString("base64") };
}

function agentKeys(agent: ssh2.BaseAgent): Promise<ssh2.ParsedKey[]> {
  return new Promise((resolve) => {
    agent.getIdentities((error, keys) => resolve(error ? [] : ((keys ?? []) as ssh2.ParsedKey[])));
  });
}

/** The public key beside a private one, if it is there. */
function publicHalf(file: string): string | undefined {
  try {
    return readFileSync(`${file}.pub`, "utf8").split(/\s+/)[1];
  } catch {
    return undefined;
  }
}

function wire(key: ssh2.ParsedKey): string {
  return key.getPublicSSH().toString("base64");
}

/** An agent that offers only these keys: a full agent would use up the server's patience. */
function limitedAgent(ssh: Ssh2, inner: ssh2.BaseAgent, keys: ssh2.ParsedKey[]): ssh2.BaseAgent {
  class LimitedAgent extends ssh.BaseAgent<ssh2.ParsedKey> {
    override getIdentities(then: ssh2.IdentityCallback<ssh2.ParsedKey>): void {
      then(undefined, keys);
    }
    override sign(
      key: ssh2.ParsedKey,
      data: Buffer,
      options: ssh2.SigningRequestOptions | ssh2.SignCallback,
      then?: ssh2.SignCallback,
    ): void {
      if (typeof options === "function") inner.sign(key, data, options);
      else inner.sign(key, data, options, then);
    }
  }
  return new LimitedAgent() as ssh2.BaseAgent;
}

/** Answers the first question for a password, and none after it. */
function answers(password: string): ssh2.KeyboardInteractiveAuthMethod["prompt"] {
  let given = false;
  return (_name, _instructions, _language, prompts, finish) => {
    if (given && prompts.length > 0) {
      finish([]);
      return;
    }
    if (prompts.length > 0) given = true;
    finish(prompts.map(() => password));
  };
}
