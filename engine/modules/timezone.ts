// The system's time zone, and whether the hardware clock keeps local time.

import { Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import type { PathPrediction } from "../host/prediction.ts";
import { type Change, defineModule } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { readText, textChange } from "./text-file.ts";

const ZONES = "/usr/share/zoneinfo";
const LOCALTIME = "/etc/localtime";
const NAME_FILE = "/etc/timezone";
const ADJTIME = "/etc/adjtime";

export const timezone = defineModule({
  name: "timezone",
  aliases: ["community.general.timezone"],
  summary: "Set the system's time zone",
  params: {
    properties: {
      name: { type: "string", description: "Name of the zone, such as Europe/Berlin." },
      hwclock: {
        type: "string",
        enum: ["UTC", "local"],
        aliases: ["rtc"],
        description: "What the hardware clock keeps.",
      },
    },
    oneOf: [["name", "hwclock"]],
  },
  returns: {},
  async plan(host, params) {
    const [zone, clock] = await Promise.all([
      params.name === undefined ? [] : zoneChanges(host, params.name),
      params.hwclock === undefined ? [] : clockChanges(host, params.hwclock),
    ]);
    return { changes: [...zone, ...clock] };
  },
  touches: (params) => [
    ...(params.name === undefined ? [] : [touched(LOCALTIME), touched(NAME_FILE)]),
    ...(params.hwclock === undefined ? [] : [touched(ADJTIME)]),
  ],
});

function touched(path: string): PathPrediction {
  return { kind: "path", path, type: new Unknown(`what the module timezone makes of ${path}`) };
}

/** What timedatectl does: the link is the zone, and the file that Debian keeps beside it follows. */
async function zoneChanges(host: Host, name: string): Promise<Change[]> {
  if (!/^[\w+-]+(?:\/[\w+-]+)*$/.test(name)) failTask("timezone-name", `${name} is no name of a time zone`);
  const path = `${ZONES}/${name}`;
  // As timedatectl writes it: it holds in a mounted system, too.
  const relative = `..${path}`;
  const [zone, link, target, real, file] = await Promise.all([
    host.stat(path, { follow: true }),
    host.stat(LOCALTIME),
    host.realpath(LOCALTIME),
    host.realpath(path),
    readText(host, NAME_FILE),
  ]);
  if (zone?.type !== "file")
    failTask(
      "timezone-unknown",
      `the host knows no time zone ${name} (${path} is not there); the package tzdata brings those of today, tzdata-legacy older names`,
    );
  const before = zoneOf(link?.target) ?? (link ? (file?.text.trim() ?? "n/a") : "n/a");
  // Zones are often links to others: another name of the same zone is set by name.
  const isSet = link?.type === "link" && target === real && zoneOf(link.target) === name;
  const changes: Change[] = [];
  if (!isSet)
    changes.push({
      what: `set the time zone to ${name}`,
      difference: { before: `name: ${before}\n`, after: `name: ${name}\n` },
      predict: [{ kind: "path", path: LOCALTIME, type: "link", target: relative }],
      async apply(host) {
        await host.link("symbolic", relative, LOCALTIME);
        return undefined;
      },
    });
  if (file ? file.text.trim() !== name : false)
    changes.push(textChange({ path: NAME_FILE, before: file?.text, after: `${name}\n`, present: file?.stat }));
  return changes;
}

/** The zone that a link points to. */
function zoneOf(target: string | undefined): string | undefined {
  return /(?:^|\/)zoneinfo\/(.+)$/.exec(target ?? "")?.[1];
}

/** The third line of adjtime, as hwclock and systemd read it: without one the clock keeps UTC. */
async function clockChanges(host: Host, wanted: "UTC" | "local"): Promise<Change[]> {
  const file = await readText(host, ADJTIME);
  const lines = (file?.text ?? "").split("\n");
  const present = lines[2]?.trim() === "LOCAL" ? "local" : "UTC";
  if (present === wanted) return [];
  const after = [lines[0] || "0.0 0 0", lines[1] || "0", wanted === "local" ? "LOCAL" : "UTC"].join("\n");
  return [
    {
      ...textChange({ path: ADJTIME, before: file?.text, after: `${after}\n`, present: file?.stat }),
      what: `let the hardware clock keep ${wanted === "local" ? "local time" : "UTC"}`,
    },
  ];
}
