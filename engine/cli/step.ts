// `--step`: asks before each task.

import type { TaskInfo } from "../core/event.ts";
import type { Prompter, StepAnswer } from "../run/options.ts";

/** (N)o, (y)es, (c)ontinue without asking again, as Ansible asks; without an answer it is no. */
export async function askStep(prompter: Prompter, task: TaskInfo): Promise<StepAnswer> {
  const answer = await prompter.ask(`Perform task: ${task.name} (N)o/(y)es/(c)ontinue: `, { echo: true });
  const first = (answer ?? "").trim().toLowerCase();
  if (first === "y" || first === "yes") return "yes";
  return first === "c" || first === "continue" ? "continue" : "no";
}
