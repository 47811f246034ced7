// Waits for a time or for a person.

import { durationText, timeText } from "./command-result.ts";
import { builtin, defineAction } from "./module.ts";
import { sleep } from "./waiting.ts";

export const pause = defineAction({
  name: "pause",
  aliases: builtin("pause"),
  summary: "Wait for a time or for a person",
  params: {
    properties: {
      seconds: { type: "number", description: "How long, in seconds." },
      minutes: { type: "number", description: "How long, in minutes." },
      prompt: { type: "string", description: "Text to show." },
      echo: { type: "boolean", default: true, description: "Show what is typed." },
    },
    exclusive: [["seconds", "minutes"]],
  },
  returns: {
    user_input: "What was typed.",
    delta: "Seconds waited.",
    start: "When it began.",
    stop: "When it ended.",
    stdout: "What happened.",
    echo: "Whether typing was shown.",
  },
  runsInCheck: true,
  oncePerPlay: true,
  async run(context, params) {
    const unit = params.minutes !== undefined ? "minutes" : "seconds";
    const given = params.seconds ?? (params.minutes === undefined ? undefined : params.minutes * 60);
    const seconds = given === undefined ? undefined : Math.max(1, given);
    const start = context.now();
    const finished = (stdout: string, input = "") => {
      const stop = context.now();
      return {
        changed: false,
        rc: 0,
        stdout,
        stderr: "",
        echo: params.echo,
        user_input: input,
        start: timeText(start),
        stop: timeText(stop),
        delta: Math.floor(stop - start),
      };
    };
    if (context.check) return finished("Not waiting in a dry run");
    if (seconds === undefined || params.prompt !== undefined) {
      const text = params.prompt ?? "Press enter to continue, Ctrl+C to interrupt";
      const input = await context.prompt(text, { echo: params.echo, ...(seconds === undefined ? {} : { seconds }) });
      if (input === undefined && seconds === undefined) {
        context.warn("Not waiting for response to prompt as stdin is not interactive");
        return finished("Paused for 0.0 minutes");
      }
      if (input !== undefined)
        return finished(`Paused for ${((context.now() - start) / 60).toFixed(2)} minutes`, input);
    }
    if (seconds !== undefined) {
      context.progress(`waiting ${durationText(seconds)}`);
      await sleep(start + seconds - context.now(), context.signal);
    }
    const waited = context.now() - start;
    return finished(`Paused for ${unit === "minutes" ? (waited / 60).toFixed(2) : waited.toFixed(2)} ${unit}`);
  },
});
