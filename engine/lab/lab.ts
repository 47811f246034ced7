// The lab's door for commands, tests and the bench: throwaway Debian hosts on this machine (docs/lab.md).

export type { HostChoice } from "./chosen-host.ts";
export { type LabDownOptions, labDown } from "./down.ts";
export { ARCHITECTURES, type LabArch, machineArch } from "./foreign-arch.ts";
export { type GrowOptions, labGrow } from "./grow.ts";
export { LAB_PASSWORD, SUITES } from "./image-recipe.ts";
export { labKill, labRebuild, labStart, type PowerOptions } from "./power.ts";
export { type LabProfile, PROFILES } from "./profile.ts";
export { machineFacts, unfitness } from "./requirements.ts";
export type { LabHost, LabState } from "./state.ts";
export { type LabHealth, type LabSshOptions, type LabStatus, labKind, labSsh, labStatus } from "./status.ts";
export { type LabOptions, labUp } from "./up.ts";
