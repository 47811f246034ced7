// Runs a command in a pod.

import { CLUSTER_PARAMS, Kubectl, refuse } from "./kubernetes-client.ts";
import { defineModule } from "./module.ts";
import { shellWords } from "./shell-words.ts";
import { failTask } from "./task-failure.ts";

export const k8sExec = defineModule({
  name: "k8s_exec",
  aliases: ["kubernetes.core.k8s_exec", "community.kubernetes.k8s_exec"],
  summary: "Run a command in a pod",
  params: {
    properties: {
      ...CLUSTER_PARAMS,
      namespace: { type: "string", description: "Namespace of the pod." },
      pod: { type: "string", description: "The pod." },
      container: { type: "string", description: "Its container; the first when absent." },
      command: { type: "string", description: "The command, its words as a shell would separate them." },
    },
    required: ["namespace", "pod", "command"],
  },
  returns: {
    stdout: "What it wrote.",
    stdout_lines: "The same in lines.",
    stderr: "What it wrote to its standard error.",
    stderr_lines: "The same in lines.",
    rc: "Its exit status, which is no failure.",
    return_code: "The same.",
  },
  async plan(_host, params, context) {
    const words = shellWords(params.command);
    if (words.length === 0) failTask("command-empty", "no command given");
    const container = params.container === undefined ? [] : [`--container=${params.container}`];
    return {
      result: {},
      outcome: {
        reason: `the output of '${words[0]}' in the pod ${params.pod}`,
        keys: ["stdout", "stdout_lines", "stderr", "stderr_lines", "rc", "return_code"],
      },
      changes: [
        {
          what: `run ${words[0]} in the pod ${params.pod}`,
          async apply(target) {
            const kubectl = new Kubectl(target, params, context);
            const answer = await kubectl.runAny([
              "exec",
              `--namespace=${params.namespace}`,
              params.pod,
              ...container,
              "--",
              ...words,
            ]);
            // The server's own refusals, as against what the command says.
            if (
              answer.code !== 0 &&
              /^(?:Error from server|error: (?!executing)|The connection to the server)/m.test(answer.stderr)
            )
              refuse(`Failed to execute on pod ${params.pod}`, answer);
            const { stdout, stderr } = answer;
            return {
              changed: true,
              stdout,
              stdout_lines: linesOf(stdout),
              stderr: withoutStatus(stderr),
              stderr_lines: linesOf(withoutStatus(stderr)),
              rc: answer.code,
              return_code: answer.code,
            };
          },
        },
      ],
    };
  },
});

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

/** kubectl's own last line about the exit status. */
function withoutStatus(text: string): string {
  return text.replace(/(^|\n)command terminated with exit code \d+\n?$/, "$1");
}
