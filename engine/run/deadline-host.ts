// A host whose commands end with the task's time: what still runs on the machine then is killed, not left to itself.

import type { Become, Host, RunRequest } from "../host/host.ts";

/** The same host; each command gets what is left of `seconds`, counted from now, or its own limit if that is shorter. */
export function hostWithDeadline(host: Host, seconds: number, now: () => number = () => performance.now()): Host {
  return until(host, now() + seconds * 1000, now);
}

function until(host: Host, end: number, now: () => number): Host {
  const run = (request: RunRequest) => {
    const left = Math.max(1, Math.round(end - now())) / 1000;
    return host.run({ ...request, timeout: Math.min(request.timeout ?? left, left) });
  };
  const as = (become: Become | undefined): Host => until(host.as(become), end, now);
  return new Proxy(host, {
    get(target, key) {
      if (key === "run") return run;
      if (key === "as") return as;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
