// The lab's door for commands, tests and the bench: throwaway Debian hosts on this machine (docs/lab.md).

export { labDown } from "./down.ts";
export { ARCHITECTURES, type LabArch, machineArch } from "./foreign-arch.ts";
export { labGrow } from "./grow.ts";
export { LAB_PASSWORD, SUITES } from "./image-recipe.ts";
export { labKill, labRebuild, labStart } from "./power.ts";
export { type LabProfile, PROFILES } from "./profile.ts";
export { machineFacts, unfitness } from "./requirements.ts";
export type { LabHost, LabState } from "./state.ts";
export { labKind, labSsh, labStatus } from "./status.ts";
export { type LabOptions, labUp } from "./up.ts";
