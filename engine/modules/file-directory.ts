// `file: state=directory`: a folder with its parents, and attributes of all that is below it.

import { fail } from "../core/problem.ts";
import type { Attributes, Entry, Host, Stat } from "../host/host.ts";
import type { Prediction } from "../host/prediction.ts";
import type { FileParams } from "./file.ts";
import {
  type AttributeParams,
  attributesToChange,
  planAttributes,
  stateOf,
  statResult,
  wantedAttributes,
} from "./file-attributes.ts";
import { applyExtended } from "./file-extended.ts";
import { finish, lookingAgain, type Present, stateDifference } from "./file-plan.ts";
import { planTimes } from "./file-touch.ts";
import type { Change, Plan } from "./module.ts";
import { failTask } from "./task-failure.ts";

export async function planDirectory(host: Host, given: FileParams, present: Present): Promise<Plan> {
  const { path, own } = present;
  if (!own) {
    const result = { path, state: "directory" };
    return {
      result,
      changes: lookingAgain(path, [await planMakeFolders(host, path, given, { path, state: "absent" })]),
    };
  }
  const followed = own.type === "link" && given.follow ? present.target : own;
  if (followed?.type !== "directory")
    return failTask("file-state", `${path} already exists as a ${stateOf(followed ?? own)}`, {
      path,
      ...statResult(followed ?? own),
    });
  return finish(path, followed, { path }, [
    await planAttributes(host, path, followed, given, { follow: true }),
    given.recurse ? await planBelow(host, path, given) : undefined,
    await planTimes(host, given, path, followed, "preserve"),
  ]);
}

/**
 * Makes a folder and those above it that are missing, all with the same attributes, as Ansible does.
 * Failure `not-a-folder` when something on the way is none.
 */
export async function planMakeFolders(
  host: Host,
  path: string,
  params: AttributeParams,
  before?: object,
): Promise<Change> {
  const ancestors = ancestorsOf(path);
  const [attributes, ...stats] = await Promise.all([
    wantedAttributes(host, params, undefined, "directory"),
    ...ancestors.map((folder) => host.stat(folder, { follow: true })),
  ]);
  const blocked = ancestors.find((_, index) => stats[index] !== undefined && stats[index]?.type !== "directory");
  if (blocked !== undefined)
    fail("not-a-folder", `There was an issue creating ${path} as requested: ${blocked} is not a directory`);
  const missing = [...ancestors.filter((_, index) => stats[index] === undefined), path];
  return {
    what: `make the folder ${path}`,
    difference: before ? stateDifference(path, "absent", "directory") : undefined,
    predict: missing.map((folder) => predictFolder(folder, attributes)),
    async apply(target) {
      for (const folder of missing) {
        await target.makeDirectory(folder, attributes);
        await applyExtended(target, folder, params);
      }
      return { changed: true };
    },
  };
}

function predictFolder(path: string, attributes: Attributes): Prediction {
  return { kind: "path", path, type: "directory", ...attributes };
}

/** All folders above a path, outermost first, without the root. */
function ancestorsOf(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.slice(0, -1).map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
}

/** One change for everything below a folder whose attributes differ. Links are changed only where they lead, with `follow`. */
async function planBelow(host: Host, path: string, given: FileParams): Promise<Change | undefined> {
  const entries = await host.walk(path);
  const links = entries.filter((entry) => entry.stat.type === "link");
  const targets = given.follow
    ? await Promise.all(
        links.map(async (link) => ({ path: link.path, stat: await host.stat(link.path, { follow: true }) })),
      )
    : [];
  const all: { path: string; stat: Stat }[] = [
    ...entries.filter((entry: Entry) => entry.stat.type !== "link"),
    ...targets.flatMap((target) => (target.stat ? [{ path: target.path, stat: target.stat }] : [])),
  ];
  const due: { path: string; attributes: Attributes; stat: Stat }[] = [];
  await Promise.all(
    all.map(async (entry) => {
      const wanted = await wantedAttributes(
        host,
        given,
        entry.stat,
        entry.stat.type === "directory" ? "directory" : "file",
      );
      const attributes = attributesToChange(wanted, entry.stat);
      if (Object.keys(attributes).length > 0) due.push({ path: entry.path, attributes, stat: entry.stat });
    }),
  );
  if (due.length === 0) return undefined;
  return {
    what: `set attributes of ${due.length} paths below ${path}`,
    predict: due.map(({ path: below, attributes, stat }) => ({
      kind: "path",
      path: below,
      type: stat.type,
      ...attributes,
    })),
    async apply(target) {
      await Promise.all(
        due.map(({ path: below, attributes }) => target.setAttributes(below, { ...attributes, follow: true })),
      );
      return { changed: true };
    },
  };
}
