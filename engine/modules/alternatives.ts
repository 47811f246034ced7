// Links of update-alternatives: which programs may stand behind a common name, and which one does.

import { Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import type { Prediction } from "../host/prediction.ts";
import { type Alternatives, isSameSlaves, parseQuery, type Slave, slavesOf } from "./alternatives-query.ts";
import { type Change, defineModule, type Plan } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { failTask } from "./task-failure.ts";
import { askTool, runTool } from "./tool-run.ts";

const TOOL = "update-alternatives";

const PARAMS = {
  properties: {
    name: { type: "string", description: "The common name: editor." },
    path: { type: "path", description: "The program." },
    link: { type: "path", description: "The common name's link: /usr/bin/editor. Needed for new names." },
    priority: { type: "integer", description: "Rank of the program where the host chooses; 50 for new ones." },
    state: {
      type: "string",
      enum: ["selected", "present", "auto", "absent"],
      default: "selected",
      description: "Chosen, only offered, chosen by the host, or not offered.",
    },
    subcommands: {
      type: "array",
      aliases: ["slaves"],
      items: {
        type: "object",
        properties: {
          name: { type: "string", description: "Its common name." },
          path: { type: "path", description: "What it leads to." },
          link: { type: "path", description: "Its link." },
        },
        requiredProperties: ["name", "path", "link"],
      },
      description: "Links that follow this one.",
    },
  },
  required: ["name", "path"],
} as const;

type AlternativesParams = ParamsOf<typeof PARAMS>;

export const alternatives = defineModule({
  name: "alternatives",
  aliases: ["community.general.alternatives"],
  summary: "Choose the programs behind common names",
  params: PARAMS,
  returns: {},
  async plan(host, params): Promise<Plan> {
    const { name, path, state } = params;
    const [answer, program] = await Promise.all([
      askTool(host, [TOOL, "--query", name], [{ kind: "path", path: chosenLink(name) }]),
      host.stat(path, { follow: true }),
    ]);
    const now = answer.code === 0 ? parseQuery(answer.stdout) : undefined;
    const offered = now?.choices.get(path);
    if (state === "absent") return { changes: offered ? [removal(params, now)] : [] };
    const changes: Change[] = [];
    const wanted = slavesOf(params.subcommands);
    const isOffered =
      offered !== undefined &&
      (params.priority === undefined || params.priority === offered.priority) &&
      (wanted === undefined || isSameSlaves(wanted, offered.slaves, now?.slaveLinks));
    if (!isOffered) {
      if (!program) failTask("alternatives-path", `Specified path ${path} does not exist`);
      changes.push(installation(params, now, wanted));
    }
    if (state === "selected" && now?.value !== path)
      changes.push(choice(params, [TOOL, "--set", name, path], path, `let ${name} be ${path}`, now));
    // A new name is chosen by the host from the beginning.
    if (state === "auto" && now !== undefined && now.status !== "auto")
      changes.push(choice(params, [TOOL, "--auto", name], best(params, now), `let the host choose ${name}`, now));
    return { changes };
  },
  touches: (params) =>
    typeof params.name === "string"
      ? [{ kind: "path", path: chosenLink(params.name), type: new Unknown(`which program ${params.name} is`) }]
      : [],
});

/** Where the system keeps which program was chosen. */
function chosenLink(name: string): string {
  return `/etc/alternatives/${name}`;
}

function installation(
  params: AlternativesParams,
  now: Alternatives | undefined,
  wanted: readonly Slave[] | undefined,
): Change {
  const { name, path } = params;
  const offered = now?.choices.get(path);
  const link = params.link ?? now?.link;
  if (link === undefined)
    return failTask(
      "alternatives-link",
      `Needed to install the alternative, but unable to do so as we are missing the link of ${name}`,
    );
  const priority = params.priority ?? offered?.priority ?? 50;
  const slaves = wanted ?? kept(now, path);
  const argv = [TOOL, "--install", link, name, path, String(priority)];
  for (const slave of slaves) argv.push("--slave", slave.link, slave.name, slave.path);
  const isChosen = now === undefined || (now.status === "auto" && best({ ...params, priority }, now) === path);
  const predict: Prediction[] = [
    { kind: "path", path: link, type: "link", target: chosenLink(name) },
    ...(isChosen ? [{ kind: "path", path: chosenLink(name), type: "link", target: path } as const] : []),
    ...slaves.map(
      (slave) => ({ kind: "path", path: slave.link, type: "link", target: chosenLink(slave.name) }) as const,
    ),
  ];
  return {
    what: `offer ${path} as ${name}`,
    difference: {
      before: offered ? `${path} priority ${offered.priority}\n` : "",
      after: `${path} priority ${priority}\n`,
      beforeHeader: `alternatives of ${name}`,
      afterHeader: `alternatives of ${name}`,
    },
    predict,
    apply: (host) => run(host, argv, `offer ${path} as ${name}`),
  };
}

function choice(
  { name }: AlternativesParams,
  argv: readonly string[],
  target: string | undefined,
  what: string,
  now: Alternatives | undefined,
): Change {
  return {
    what,
    difference: {
      before: `${now?.value ?? "none"}\n`,
      after: `${target ?? "none"}\n`,
      beforeHeader: `${name} (${now?.status ?? "absent"})`,
      afterHeader: name,
    },
    predict: target === undefined ? [] : [{ kind: "path", path: chosenLink(name), type: "link", target }],
    apply: (host) => run(host, argv, what),
  };
}

function removal({ name, path }: AlternativesParams, now: Alternatives | undefined): Change {
  const what = `no longer offer ${path} as ${name}`;
  const others = [...(now?.choices ?? [])].filter(([other]) => other !== path);
  const isLast = others.length === 0;
  return {
    what,
    difference: {
      before: `${path}\n`,
      after: "",
      beforeHeader: `alternatives of ${name}`,
      afterHeader: `alternatives of ${name}`,
    },
    predict: [
      ...(isLast && now ? [{ kind: "path", path: now.link, type: "absent" } as const] : []),
      isLast
        ? { kind: "path", path: chosenLink(name), type: "absent" }
        : { kind: "path", path: chosenLink(name), type: "link", target: highest(others) ?? path },
    ],
    apply: (host) => run(host, [TOOL, "--remove", name, path], what),
  };
}

/** What the host would choose with the program offered. */
function best({ path, priority }: AlternativesParams, now: Alternatives): string | undefined {
  const own = priority ?? now.choices.get(path)?.priority ?? 50;
  const others = [...now.choices].filter(([other]) => other !== path);
  return highest([...others, [path, { priority: own }]]);
}

function highest(choices: readonly (readonly [string, { readonly priority: number }])[]): string | undefined {
  return choices.toSorted(([, a], [, b]) => b.priority - a.priority)[0]?.[0];
}

/** What follows the program already stays with it. */
function kept(now: Alternatives | undefined, path: string): Slave[] {
  return [...(now?.choices.get(path)?.slaves ?? [])].flatMap(([name, target]) => {
    const link = now?.slaveLinks.get(name);
    return link === undefined ? [] : [{ name, path: target, link }];
  });
}

async function run(host: Host, argv: readonly string[], what: string): Promise<undefined> {
  await runTool(host, argv, `could not ${what}`);
  return undefined;
}
