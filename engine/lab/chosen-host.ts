// Which lab and which of its hosts a user means, and that it is in a state to work with.

import { nearest } from "../core/nearest.ts";
import { fail } from "../core/problem.ts";
import { defaultCacheDir, type Places } from "./places.ts";
import { bootId } from "./process-identity.ts";
import { type LabHost, type LabState, labNames, readState } from "./state.ts";

/** A host as users name it. */
export interface HostChoice {
  /** The lab; the one that the host's name begins with when absent, else `lab`. */
  readonly name?: string;
  /** Where labs are kept; the user's cache folder when absent. */
  readonly cacheDir?: string;
  /** A host's name (`lab-2`) or its number (`2`); the first host when absent. */
  readonly host?: string;
}

export function placesOf({ cacheDir }: { readonly cacheDir?: string }): Places {
  return { cacheDir: cacheDir ?? defaultCacheDir() };
}

/** The name of the lab that is meant. */
export function chosenLab(places: Places, { name, host }: HostChoice): string {
  if (name !== undefined) return name;
  const named = /^(.+)-\d+$/.exec(host ?? "")?.[1];
  return named !== undefined && labNames(places).includes(named) ? named : "lab";
}

/** The state of a lab whose hosts have been up since this machine started; some may be down. Failure `lab-not-up`. */
export function startedLab(places: Places, name: string): LabState {
  const state = readState(places, name);
  if (state && state.boot === bootId() && state.phase === "up") return state;
  return fail("lab-not-up", `the lab \`${name}\` is not up`, {
    hint: `start it with \`tsplay lab up${name === "lab" ? "" : ` --name ${name}`}\``,
  });
}

/** A host of a lab by name or number. Failure `lab-unknown-host`. */
export function chosenHost(state: LabState, wanted = state.hosts[0]?.name ?? ""): LabHost {
  const host = state.hosts.find((one, index) => one.name === wanted || String(index + 1) === wanted);
  if (host) return host;
  const names = state.hosts.map((one) => one.name);
  const near = nearest(wanted, names);
  return fail("lab-unknown-host", `the lab \`${state.name}\` has no host \`${wanted}\``, {
    hint: near ? `did you mean ${near}?` : `it has ${names.join(", ")}`,
  });
}
