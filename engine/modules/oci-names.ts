// Names of images, written in full as runtimes keep them.

import { fail } from "../core/problem.ts";

/** `busybox` → `docker.io/library/busybox:latest`. Failure `image-name`. */
export function fullName(name: string): string {
  const match = /^([a-z0-9]+(?:[._:/-]+[a-zA-Z0-9]+)*?)(?::([\w][\w.-]{0,127}))?$/.exec(
    name.replace(/@sha256:[0-9a-f]{64}$/, ""),
  );
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const hasRegistry = /[.:]/.test(first) || first === "localhost";
  const path = hasRegistry ? name.slice(slash + 1) : name;
  if (!match || /[A-Z]/.test(path.replace(/:[^:/]*$/, "")))
    fail("image-name", `'${name}' is no name of an image`, { hint: "write REGISTRY/PATH:TAG, the path in lower case" });
  const tagged = /:[^/]*$/.test(path) ? path : `${path}:latest`;
  if (hasRegistry) return `${first}/${tagged}`;
  return tagged.includes("/") ? `docker.io/${tagged}` : `docker.io/library/${tagged}`;
}
