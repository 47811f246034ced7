// The modules about files, commands and the controller's own work.

import { addHost } from "./add-host.ts";
import { assertModule } from "./assert.ts";
import { command } from "./command.ts";
import { copy } from "./copy.ts";
import { debug } from "./debug.ts";
import { failModule } from "./fail.ts";
import { file } from "./file.ts";
import { groupBy } from "./group-by.ts";
import { includeVars } from "./include-vars.ts";
import type { AnyModule } from "./module.ts";
import { pause } from "./pause.ts";
import { ping } from "./ping.ts";
import { raw } from "./raw.ts";
import { script } from "./script.ts";
import { setFact } from "./set-fact.ts";
import { setStats } from "./set-stats.ts";
import { gatherFacts, setup } from "./setup.ts";
import { shell } from "./shell.ts";

import { template } from "./template.ts";

export const fileModules: readonly AnyModule[] = [
  addHost,
  assertModule,
  command,
  copy,
  debug,
  failModule,
  file,
  gatherFacts,
  groupBy,
  includeVars,
  pause,
  ping,
  raw,
  script,
  setFact,
  setStats,
  setup,
  shell,
  template,
];
