// The modules about accounts' keys, schedules and what else the administrator of a node sets up.

import { alternatives } from "./alternatives.ts";
import { git } from "./git.ts";
import { iniFile } from "./ini-file.ts";
import { localeGen } from "./locale-gen.ts";
import type { AnyModule } from "./module.ts";
import { ociImage } from "./oci-image.ts";
import { sudoers } from "./sudoers.ts";
import { timezone } from "./timezone.ts";

export const nodeModules: readonly AnyModule[] = [alternatives, git, iniFile, localeGen, ociImage, sudoers, timezone];
