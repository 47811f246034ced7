// The controller itself as a host: commands are its own child processes.

import type { Connection } from "./connection.ts";
import { ProcessConnection } from "./process-connection.ts";

/** `environment` is what commands see; the program's own when absent. */
export function localConnection(environment?: NodeJS.ProcessEnv): Connection {
  return new ProcessConnection("localhost", (command) => ({
    argv: ["/bin/sh", "-c", command],
    ...(environment ? { env: environment } : {}),
  }));
}
