// Tells how a task that runs in the background is doing.

import type { Result } from "../core/result.ts";
import { builtin, defineAction } from "./module.ts";

export const asyncStatus = defineAction({
  name: "async_status",
  aliases: builtin("async_status"),
  summary: "Tell how a background task is doing",
  params: {
    properties: {
      jid: { type: "string", description: "The task's ansible_job_id." },
      mode: { type: "string", enum: ["status", "cleanup"], default: "status", description: "Ask, or forget the task." },
    },
    required: ["jid"],
  },
  returns: {
    ansible_job_id: "The task.",
    started: "Whether it began.",
    finished: "Whether it ended.",
    erased: "The task that was forgotten.",
  },
  runsInCheck: true,
  async run(context, { jid, mode }): Promise<Result> {
    const job = context.job(jid);
    if (!job)
      return {
        changed: false,
        failed: true,
        ansible_job_id: jid,
        started: true,
        finished: true,
        msg: "could not find job",
        stdout: "",
        stderr: "",
        stdout_lines: [],
        stderr_lines: [],
      };
    if (mode === "cleanup") {
      context.forgetJob(jid);
      return { changed: false, ansible_job_id: jid, erased: jid, started: false, finished: false };
    }
    return { changed: false, ...job.result, ansible_job_id: jid, started: true, finished: job.finished };
  },
});
