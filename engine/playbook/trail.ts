// Where the loader is: the chain of files and roles that led here. Finds cycles and bounds nesting.

import { fail, type Origin } from "../core/problem.ts";

/** Most files, roles and blocks inside one another. Ansible's own limit is Python's stack, at about 90 imports. */
const DEEPEST = 100;

export interface Step {
  readonly kind: "file" | "role" | "block";
  /** The file's path, the role's path with its entry point, or the block's place. */
  readonly label: string;
  /** Where it was asked for. */
  readonly origin: Origin | undefined;
}

export type Trail = readonly Step[];

/** The trail with one more step. A file or role that is on it already is Failure `playbook-cycle`, with the chain spelled out. */
export function extend(trail: Trail, step: Step): Trail {
  const first =
    step.kind === "block" ? -1 : trail.findIndex((known) => known.kind === step.kind && known.label === step.label);
  if (first >= 0) {
    const circle = [...trail.slice(first), step].filter(({ kind }) => kind !== "block");
    const what = step.kind === "role" ? "the role depends on itself" : "the file imports itself";
    fail("playbook-cycle", `${what}: ${circle.map(({ label }) => label).join(" → ")}`, {
      ...(step.origin ? { origin: step.origin } : {}),
      hint:
        step.kind === "role"
          ? "remove one of the dependencies"
          : "use include_tasks with a condition, or remove one of the imports",
      related: circle
        .slice(1)
        .map(({ label, origin }) => ({ message: `${label} is asked for here`, ...(origin ? { origin } : {}) })),
    });
  }
  if (trail.length >= DEEPEST)
    fail("playbook-depth", `blocks, imports and roles are nested more than ${DEEPEST} deep`, {
      ...(step.origin ? { origin: step.origin } : {}),
    });
  return [...trail, step];
}
