// A lab that is up, as its state file tells of it, for tests that start none.

import { planNetwork } from "../../../engine/lab/network.ts";
import type { LabState } from "../../../engine/lab/state.ts";

/** NAME-1, NAME-2 … at 10.77.0.11 and on; its key and known hosts in `folder`. */
export function labState(name: string, count: number, folder = `/c/labs/${name}`): Omit<LabState, "format"> {
  return {
    name,
    suite: "bookworm",
    profile: "plain",
    arch: "amd64",
    python: false,
    extraPackages: [],
    image: "bookworm-0",
    phase: "up",
    boot: "b",
    network: planNetwork(name, [], "ACCEPT"),
    hosts: Array.from({ length: count }, (_, index) => ({
      name: `${name}-${index + 1}`,
      address: `10.77.0.${11 + index}`,
      dir: "/d",
      machineId: "0",
      cgroups: [],
    })),
    privateKeyFile: `${folder}/id_ed25519`,
    knownHostsFile: `${folder}/known_hosts`,
    inventory: `/p/inventories/${name}`,
  };
}
