// What a task whose parameters are not all known would touch: its destination, if that much is known.

import { Unknown } from "../core/unknown.ts";
import type { PlainObject } from "../core/value.ts";
import type { Prediction } from "../host/prediction.ts";

/** For a module's `touches`: the path under parameter `name` cannot be told afterwards. */
export function touchesPath(name: string): (params: PlainObject) => readonly Prediction[] {
  return (params) => {
    const path = params[name];
    if (typeof path !== "string" || !path.startsWith("/")) return [];
    const reason = new Unknown(`what an undecided task does to ${path}`);
    return [{ kind: "path", path, type: reason, below: reason }];
  };
}
