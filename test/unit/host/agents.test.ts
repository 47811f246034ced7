// Both agents over the local connection, through the shells that a host may have.

import { createHost, type OpenHost } from "../../../engine/host/hosts.ts";
import { agentSuite } from "./agent-suite.ts";

const settings = { kind: "local", host: "here", address: "localhost", hostKeyChecking: "yes", timeout: 10 } as const;

const open = (agent: "perl" | "sh"): OpenHost => createHost(settings, { environment: { env: process.env }, agent });

agentSuite("the Perl agent", () => open("perl"));
agentSuite("the sh agent", () => open("sh"));
