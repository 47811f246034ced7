// The modules about files, commands and the controller's own work.

import { addHost } from "./add-host.ts";
import { assemble } from "./assemble.ts";
import { assertModule } from "./assert.ts";
import { asyncStatus } from "./async-status.ts";
import { blockinfile } from "./blockinfile.ts";
import { command } from "./command.ts";
import { copy } from "./copy.ts";
import { debug } from "./debug.ts";
import { failModule } from "./fail.ts";
import { fetchModule } from "./fetch.ts";
import { file } from "./file.ts";
import { find } from "./find.ts";
import { getUrl } from "./get-url.ts";
import { getent } from "./getent.ts";
import { groupBy } from "./group-by.ts";
import { includeVars } from "./include-vars.ts";
import { knownHosts } from "./known-hosts.ts";
import { lineinfile } from "./lineinfile.ts";
import type { AnyModule } from "./module.ts";
import { pause } from "./pause.ts";
import { ping } from "./ping.ts";
import { raw } from "./raw.ts";
import { reboot } from "./reboot.ts";
import { replace } from "./replace.ts";
import { script } from "./script.ts";
import { setFact } from "./set-fact.ts";
import { setStats } from "./set-stats.ts";
import { gatherFacts, setup } from "./setup.ts";
import { shell } from "./shell.ts";
import { slurp } from "./slurp.ts";
import { stat } from "./stat.ts";
import { tempfile } from "./tempfile.ts";
import { template } from "./template.ts";
import { unarchive } from "./unarchive.ts";
import { uri } from "./uri.ts";
import { validateArgumentSpec } from "./validate-argument-spec.ts";
import { waitFor } from "./wait-for.ts";
import { waitForConnection } from "./wait-for-connection.ts";
export const fileModules: readonly AnyModule[] = [
  addHost,
  assemble,
  assertModule,
  asyncStatus,
  blockinfile,
  command,
  copy,
  debug,
  failModule,
  fetchModule,
  file,
  find,
  gatherFacts,
  getent,
  groupBy,
  includeVars,
  lineinfile,
  pause,
  ping,
  raw,
  reboot,
  replace,
  script,
  setFact,
  setStats,
  setup,
  shell,
  slurp,
  stat,
  tempfile,
  template,
  validateArgumentSpec,
  waitFor,
  waitForConnection,
  getUrl,
  unarchive,
  uri,
  knownHosts,
];
