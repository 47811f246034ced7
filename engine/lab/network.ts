// A lab's own network: which range is free, and the commands that make and unmake its bridge and rules.
// Nothing may leave the lab but what apt needs: addresses of clusters' services and pods are refused at the bridge.

import { createHash } from "node:crypto";
import { fail } from "../core/problem.ts";
import { command, tryCommand } from "./command.ts";

/** A lab's network, decided before anything is made. */
export interface LabNetwork {
  readonly bridge: string;
  /** `10.77.3`: the first three bytes of its /24. */
  readonly prefix: string;
  /** iptables rules that `up` adds and `down` removes, as arguments after `-A`/`-D`. */
  readonly rules: ReadonlyArray<{ readonly table: string; readonly rule: readonly string[] }>;
}

/** A range of IPv4 addresses, both ends included, as numbers. */
interface Range {
  readonly first: number;
  readonly last: number;
}

const FIRST_HOST = 11;

/** The most hosts in a lab: one /24. */
export const MOST_HOSTS = 200;

/** Usual ranges of a cluster's services and pods: what a cluster's own rules miss must not go out by the masquerade. */
const CLUSTER_RANGES = ["10.96.0.0/12", "10.244.0.0/16"] as const;

export function gatewayOf(network: LabNetwork): string {
  return `${network.prefix}.1`;
}

/** Address of a host, counted from 0. */
export function addressOf(network: LabNetwork, index: number): string {
  return `${network.prefix}.${FIRST_HOST + index}`;
}

/** Plans the network of a lab: a range that nothing on this machine uses (`taken`: CIDRs or addresses). */
export function planNetwork(name: string, taken: readonly string[], forwardPolicy: string): LabNetwork {
  const prefix = freePrefix(taken);
  const bridge = bridgeName(name);
  const comment = ["-m", "comment", "--comment", `tsplay lab ${name}`];
  const net = `${prefix}.0/24`;
  const outward = (rule: readonly string[]) => ({ table: "filter", rule: ["FORWARD", ...rule] });
  return {
    bridge,
    prefix,
    rules: [
      { table: "nat", rule: ["POSTROUTING", "-s", net, "!", "-o", bridge, ...comment, "-j", "MASQUERADE"] },
      // In the order in which each is put first in its chain: the refusals end up before the permissions.
      ...(forwardPolicy === "ACCEPT"
        ? []
        : [outward(["-o", bridge, ...comment, "-j", "ACCEPT"]), outward(["-i", bridge, ...comment, "-j", "ACCEPT"])]),
      ...CLUSTER_RANGES.map((range) =>
        outward(["-i", bridge, "!", "-o", bridge, "-d", range, ...comment, "-j", "REJECT"]),
      ),
    ],
  };
}

/** A bridge's name fits in 15 bytes and tells labs apart. */
export function bridgeName(lab: string): string {
  return `tsplay-${createHash("sha256").update(lab).digest("hex").slice(0, 7)}`;
}

/** What is in use here: addresses and routes of this machine, its name servers. */
export async function takenRanges(resolvConf: string): Promise<string[]> {
  const addresses = await command(["ip", "-4", "-o", "address", "show"]);
  const routes = await command(["ip", "-4", "route", "show", "table", "all"]);
  return [
    ...[...addresses.matchAll(/\binet ([\d.]+(?:\/\d+)?)/g)].map((match) => match[1] ?? ""),
    ...[...addresses.matchAll(/\bpeer ([\d.]+(?:\/\d+)?)/g)].map((match) => match[1] ?? ""),
    ...routes.split("\n").flatMap((line) => /^(?:\w+ )?(\d[\d.]+(?:\/\d+)?)/.exec(line)?.[1] ?? []),
    ...[...resolvConf.matchAll(/^nameserver ([\d.]+)$/gm)].map((match) => match[1] ?? ""),
  ];
}

/** The policy of the FORWARD chain; docker and firewalls set DROP, and then labs need rules of their own. */
export async function forwardPolicy(): Promise<string> {
  return /^-P FORWARD (\w+)/m.exec(await command(["iptables", "-w", "-S", "FORWARD"]))?.[1] ?? "ACCEPT";
}

export async function makeNetwork(network: LabNetwork): Promise<void> {
  await command(["ip", "link", "add", network.bridge, "type", "bridge"]);
  await command(["ip", "address", "add", `${gatewayOf(network)}/24`, "dev", network.bridge]);
  await command(["ip", "link", "set", network.bridge, "mtu", "1400", "up"]);
  for (const { table, rule } of network.rules) {
    const [chain = "", ...rest] = rule;
    await command(["iptables", "-w", "-t", table, "-I", chain, "1", ...rest]);
  }
}

/** Removes exactly what `makeNetwork` made, whatever part of it is there. */
export async function removeNetwork(network: LabNetwork): Promise<void> {
  for (const { table, rule } of network.rules)
    while ((await tryCommand(["iptables", "-w", "-t", table, "-C", ...rule])).code === 0)
      await command(["iptables", "-w", "-t", table, "-D", ...rule]);
  if (await hasBridge(network)) await command(["ip", "link", "delete", network.bridge]);
}

export async function hasBridge(network: LabNetwork): Promise<boolean> {
  return (await tryCommand(["ip", "link", "show", network.bridge])).code === 0;
}

/** The first private /24 that overlaps nothing that is taken. */
export function freePrefix(taken: readonly string[]): string {
  const used = taken.filter((cidr) => cidr !== "" && !/\/0$/.test(cidr)).map(rangeOf);
  const free = candidates().find((prefix) => {
    const range = rangeOf(`${prefix}.0/24`);
    return used.every(({ first, last }) => last < range.first || first > range.last);
  });
  return (
    free ?? fail("lab-no-free-range", "every private /24 that a lab could use is routed somewhere on this machine")
  );
}

function candidates(): string[] {
  const counted = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return [
    ...counted(0, 255).map((third) => `10.77.${third}`),
    ...counted(16, 31).map((second) => `172.${second}.77`),
    ...counted(100, 250).map((third) => `192.168.${third}`),
  ];
}

function rangeOf(cidr: string): Range {
  const [address = "", bits = "32"] = cidr.split("/");
  const parts = address.split(".").map(Number);
  const number = [0, 1, 2, 3].reduce((sum, index) => sum * 256 + (parts[index] ?? 0), 0);
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
}
