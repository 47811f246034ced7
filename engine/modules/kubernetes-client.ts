// Talks to a cluster through kubectl on the host: exact arguments, JSON in and out, and what it means when it fails.

import { Undecided } from "../core/unknown.ts";
import { isPlainObject, type PlainObject } from "../core/value.ts";
import { type Host, HostError, type RunRequest, type Subject } from "../host/host.ts";
import type { PlanContext } from "./module.ts";
import type { ParamSchema } from "./params.ts";
import { failTask } from "./task-failure.ts";
import { askTool, type ToolAnswer } from "./tool-run.ts";

/** How to reach the cluster: parameters of all modules about Kubernetes. */
export const CLUSTER_PARAMS = {
  kubeconfig: {
    type: "path",
    description:
      "The kubeconfig on the host; else K8S_AUTH_KUBECONFIG or KUBECONFIG of the task's environment, or ~/.kube/config.",
  },
  context: { type: "string", description: "Context of the kubeconfig." },
  host: { type: "string", description: "Address of the API server." },
  ca_cert: {
    type: "path",
    aliases: ["ssl_ca_cert"],
    description: "Certificate of the server's authority, on the host.",
  },
  client_cert: { type: "path", aliases: ["cert_file"], description: "Certificate to log in with, on the host." },
  client_key: { type: "path", aliases: ["key_file"], description: "Its private key, on the host." },
  validate_certs: {
    type: "boolean",
    default: true,
    aliases: ["verify_ssl"],
    description: "Look at the server's certificate.",
  },
  impersonate_user: { type: "string", description: "Act as this user." },
  impersonate_groups: { type: "array", items: { type: "string" }, description: "Act as a member of these groups." },
} as const satisfies Record<string, ParamSchema>;

export interface ClusterParams {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly host: string | undefined;
  readonly ca_cert: string | undefined;
  readonly client_cert: string | undefined;
  readonly client_key: string | undefined;
  readonly validate_certs: boolean;
  readonly impersonate_user: string | undefined;
  readonly impersonate_groups: readonly unknown[] | undefined;
}

/** Words of the server or of kubectl that mean there is nobody to talk to. */
const UNREACHABLE =
  /connection refused|was refused|unable to connect to the server|couldn't get current server api|no such host|i\/o timeout|tls handshake timeout|serviceunavailable|currently unable to handle|unexpected eof|no configuration has been provided|network is unreachable|no route to host|context deadline exceeded|etcdserver: (?:leader changed|no leader|request timed out)/i;
const NO_KUBECONFIG =
  /(?:stat|open|CreateFile) \S+: no such file or directory|invalid configuration|no configuration has been provided/;
const NO_KIND =
  /no matches for kind|unable to recognize|the server doesn't have a resource type|could not find the requested resource/i;

export class Kubectl {
  readonly #host: Host;
  readonly #params: ClusterParams;
  readonly #context: PlanContext;

  constructor(host: Host, params: ClusterParams, context: PlanContext) {
    this.#host = host;
    this.#params = params;
    this.#context = context;
  }

  /** The same cluster from another handle of the host (the one that changes are applied on). */
  on(host: Host): Kubectl {
    return new Kubectl(host, this.#params, this.#context);
  }

  /** Asks; any answer of the server's is an answer. No server to ask is a failure, in a dry run that prepares one undecided. */
  async ask(words: readonly string[], more: Partial<RunRequest> = {}): Promise<ToolAnswer> {
    const answer = await this.#start(words, { ...more, reads: true });
    if (answer.code !== 0 && UNREACHABLE.test(answer.stderr)) this.#unreachable(answer);
    if (answer.code !== 0 && NO_KUBECONFIG.test(answer.stderr)) this.#unreachable(answer);
    return answer;
  }

  /** Asks for what must be answered well. */
  async need(words: readonly string[], what: string, more: Partial<RunRequest> = {}): Promise<ToolAnswer> {
    const answer = await this.ask(words, more);
    if (answer.code === 0) return answer;
    if (isNotFound(answer)) this.#undecidedIfPrepared(`what the cluster says: ${lastWords(answer)}`, true);
    return refuse(what, answer);
  }

  /** Changes something; fails with the server's words unless it ends well. */
  async run(words: readonly string[], what: string, more: Partial<RunRequest> = {}): Promise<ToolAnswer> {
    const answer = await this.#start(words, more);
    return answer.code === 0 ? answer : refuse(what, answer);
  }

  /** Runs what may end with any status. */
  runAny(words: readonly string[], more: Partial<RunRequest> = {}): Promise<ToolAnswer> {
    return this.#start(words, more);
  }

  async #start(words: readonly string[], more: Partial<RunRequest>): Promise<ToolAnswer> {
    const kubeconfig = this.#params.kubeconfig;
    const about: Subject[] = kubeconfig === undefined ? [] : [{ kind: "path", path: kubeconfig }];
    const argv = ["kubectl", ...this.#options(), ...words];
    const request = { argv, ...more, env: { LC_ALL: "C", ...this.#environment(), ...more.env } };
    if (more.reads !== true) {
      const run = await this.#host.run(request);
      return { code: run.code, stdout: run.stdout.toString(), stderr: run.stderr.toString(), run };
    }
    try {
      return await askTool(this.#host, argv, about, request);
    } catch (error) {
      const isMissing =
        (error instanceof HostError && error.errno === "ENOENT") ||
        (error as { problem?: { code?: string } }).problem?.code === "tool-missing";
      if (!isMissing) throw error;
      this.#undecidedIfPrepared("kubectl is not there yet");
      return failTask(
        "tool-missing",
        "kubectl is not on this host; it comes with Kubernetes (package kubectl or kubernetes-client)",
        {
          rc: 127,
        },
      );
    }
  }

  #environment(): Record<string, string> {
    const given = this.#context.environment.K8S_AUTH_KUBECONFIG;
    return this.#params.kubeconfig === undefined && given !== undefined ? { KUBECONFIG: given } : {};
  }

  #options(): string[] {
    const params = this.#params;
    const option = (name: string, value: string | undefined) => (value === undefined ? [] : [`--${name}=${value}`]);
    return [
      ...option("kubeconfig", params.kubeconfig),
      ...option("context", params.context),
      ...option("server", params.host),
      ...option("certificate-authority", params.ca_cert),
      ...option("client-certificate", params.client_cert),
      ...option("client-key", params.client_key),
      ...(params.validate_certs ? [] : ["--insecure-skip-tls-verify=true"]),
      ...option("as", params.impersonate_user),
      ...(params.impersonate_groups ?? []).map((group) => `--as-group=${String(group)}`),
    ];
  }

  #unreachable(answer: ToolAnswer): never {
    const words = lastWords(answer);
    this.#undecidedIfPrepared(`what the cluster says, which cannot be asked yet (${words})`);
    return failTask("cluster-unreachable", `The cluster cannot be reached: ${words}`, {
      rc: answer.code,
      stderr: answer.stderr,
    });
  }

  /** Where earlier tasks of a dry run would change the host, they may be what brings the cluster. */
  #undecidedIfPrepared(reason: string, isReached = false): void {
    const { predictions } = this.#context;
    const kinds = isReached ? (["unit", "kubernetes-object"] as const) : (["package", "path", "unit"] as const);
    const isPrepared = kinds.some((kind) => predictions.of(kind).length > 0);
    if (isPrepared) throw new Undecided(reason);
  }
}

/** Whether the server does not know the kind. */
export function isUnknownKind(answer: ToolAnswer): boolean {
  return answer.code !== 0 && NO_KIND.test(answer.stderr);
}

export function isNotFound(answer: ToolAnswer): boolean {
  return answer.code !== 0 && /\(NotFound\)| not found/.test(answer.stderr);
}

/** A failure with the server's words. */
export function refuse(what: string, answer: ToolAnswer): never {
  return failTask("kubernetes", `${what}: ${lastWords(answer)}`, {
    rc: answer.code,
    stdout: answer.stdout,
    stderr: answer.stderr,
  });
}

/** What kubectl said of the failure, without its warnings. */
function lastWords(answer: ToolAnswer): string {
  const lines = answer.stderr
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^(?:Warning:|[IWE]\d{4} )/.test(line))
    .map((line) => line.replace(/^error: /, "").trim());
  return lines.slice(-5).join("; ") || answer.stderr.trim().split("\n").at(-1) || `exit status ${answer.code}`;
}

/** The objects of an answer in JSON: a list, one object, several one after the other, or nothing. */
export function objectsOf(answer: ToolAnswer): PlainObject[] {
  return jsonTexts(answer.stdout).flatMap((text) => {
    const parsed = JSON.parse(text) as PlainObject;
    const isList = String(parsed.kind).endsWith("List") && Array.isArray(parsed.items);
    return (isList ? (parsed.items as PlainObject[]) : [parsed]).map(withoutManagedFields);
  });
}

/** Newer versions of kubectl leave them out anyway. */
function withoutManagedFields(object: PlainObject): PlainObject {
  if (!isPlainObject(object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** kubectl writes several objects as documents in a row, each beginning with a brace at the line's start. */
function jsonTexts(text: string): string[] {
  const trimmed = text.trim();
  return trimmed === "" ? [] : trimmed.split(/\n(?=\{)/);
}
