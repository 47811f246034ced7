// Two ways to see addresses and routes: the JSON of `ip`, and the files of /proc/net for hosts without it.

import { linesOf } from "./collector.ts";
import { dotted, ipv6Of, netmaskOf, networkOf, numberOf } from "./netmask.ts";

export interface Address {
  readonly device: string;
  readonly family: 4 | 6;
  readonly address: string;
  readonly prefix: number;
  readonly broadcast?: string;
  readonly scope: string;
  readonly label?: string;
}

export interface Route {
  readonly device: string;
  readonly gateway?: string;
  readonly source?: string;
}

export interface Seen {
  readonly addresses: readonly Address[];
  readonly default4?: Route;
  readonly default6?: Route;
  readonly local4: readonly string[];
  readonly local6: readonly string[];
}

interface NetFiles {
  readonly route: string | undefined;
  readonly route6: string | undefined;
  readonly addresses6: string | undefined;
  readonly trie: string | undefined;
}

interface IpObject {
  readonly ifname?: string;
  readonly addr_info?: readonly {
    readonly family?: string;
    readonly local?: string;
    readonly prefixlen?: number;
    readonly broadcast?: string;
    readonly scope?: string;
    readonly label?: string;
  }[];
  readonly type?: string;
  readonly dst?: string;
  readonly dev?: string;
  readonly gateway?: string;
  readonly prefsrc?: string;
}

/** What the lines of `ip -j -batch` say: one JSON array a command. */
export function fromIp(lines: readonly string[], files: NetFiles): Seen {
  const addresses: Address[] = [];
  const local4: string[] = [];
  let default4: Route | undefined;
  let default6: Route | undefined;
  for (const object of lines.flatMap(parse)) {
    if (object.addr_info && object.ifname !== undefined) addresses.push(...addressesOf(object, object.ifname));
    else if (object.type === "local" && object.dst !== undefined) local4.push(object.dst);
    else if (object.dst === "8.8.8.8" && object.dev !== undefined) default4 = routeOf(object, object.dev);
    else if (object.dst?.includes(":") && object.dev !== undefined && object.dev !== "lo")
      default6 = routeOf(object, object.dev);
  }
  return {
    addresses,
    ...(default4 ? { default4 } : {}),
    ...(default6 ? { default6 } : {}),
    local4,
    local6: local6Of(files),
  };
}

function parse(line: string): IpObject[] {
  try {
    return JSON.parse(line) as IpObject[];
  } catch {
    return [];
  }
}

function routeOf(object: IpObject, device: string): Route {
  return {
    device,
    ...(object.gateway === undefined ? {} : { gateway: object.gateway }),
    ...(object.prefsrc === undefined ? {} : { source: object.prefsrc }),
  };
}

function addressesOf(object: IpObject, device: string): Address[] {
  return (object.addr_info ?? []).flatMap((one): Address[] => {
    if (one.local === undefined || (one.family !== "inet" && one.family !== "inet6")) return [];
    return [
      {
        device,
        family: one.family === "inet" ? 4 : 6,
        address: one.local,
        prefix: one.prefixlen ?? 32,
        scope: one.scope ?? "global",
        ...(one.broadcast === undefined ? {} : { broadcast: one.broadcast }),
        ...(one.label === undefined ? {} : { label: one.label }),
      },
    ];
  });
}

const SCOPES: Readonly<Record<string, string>> = { "00": "global", "10": "host", "20": "link", "40": "site" };

/** What the files of /proc/net say. */
export function fromProc(files: NetFiles): Seen {
  const routes = linesOf(files.route)
    .slice(1)
    .map((line) => line.split(/\s+/))
    .map(([device = "", target = "0", gateway = "0", , , , , mask = "0"]) => ({
      device,
      network: littleEndian(target),
      gateway: littleEndian(gateway),
      prefix: bitsOf(littleEndian(mask)),
    }));
  const local = localAddresses(files.trie);
  const addresses: Address[] = local.map((address) => {
    const route = routes.find((one) => one.prefix > 0 && networkOf(address, one.prefix) === one.network);
    const loopback = address.startsWith("127.");
    const prefix = loopback ? 8 : (route?.prefix ?? 32);
    return {
      device: loopback ? "lo" : (route?.device ?? ""),
      family: 4,
      address,
      prefix,
      scope: loopback ? "host" : "global",
      ...(loopback || prefix >= 31 ? {} : { broadcast: broadcastOf(address, prefix) }),
    };
  });
  for (const line of linesOf(files.addresses6)) {
    const [digits = "", , prefix = "80", scope = "00", , device = ""] = line.trim().split(/\s+/);
    addresses.push({
      device,
      family: 6,
      address: ipv6Of(digits),
      prefix: Number.parseInt(prefix, 16),
      scope: SCOPES[scope] ?? "global",
    });
  }
  const first = routes.find((one) => one.prefix === 0 && one.network === "0.0.0.0");
  const default6 = default6Of(files.route6);
  return {
    addresses,
    ...(first
      ? { default4: { device: first.device, ...(first.gateway === "0.0.0.0" ? {} : { gateway: first.gateway }) } }
      : {}),
    ...(default6 ? { default6 } : {}),
    local4: local,
    local6: local6Of(files),
  };
}

function default6Of(text: string | undefined): Route | undefined {
  for (const line of linesOf(text)) {
    const [target = "", prefix = "", , , gateway = "", , , , flags = "0", device = ""] = line.trim().split(/\s+/);
    if (!/^0+$/.test(target) || prefix !== "00" || device === "lo" || (Number.parseInt(flags, 16) & 0x200) !== 0)
      continue;
    return { device, ...(/^0+$/.test(gateway) ? {} : { gateway: ipv6Of(gateway) }) };
  }
  return undefined;
}

/** Addresses of the host itself: routes marked local (0x80000000). */
function local6Of(files: NetFiles): string[] {
  const found = linesOf(files.route6).flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const local = ((Number.parseInt(words[8] ?? "0", 16) >>> 31) & 1) === 1;
    return local && words[1] === "80" ? [ipv6Of(words[0] ?? "")] : [];
  });
  return [...new Set(found)];
}

/** Leaves of the routing trie that are `32 host LOCAL`. */
function localAddresses(trie: string | undefined): string[] {
  const found = new Set<string>();
  let leaf: string | undefined;
  for (const line of linesOf(trie)) {
    const address = line.match(/\|--\s+([\d.]+)/)?.[1];
    if (address !== undefined) leaf = address;
    else if (/\/32 host LOCAL/.test(line) && leaf !== undefined) found.add(leaf);
  }
  return [...found];
}

function littleEndian(hex: string): string {
  return (hex.padStart(8, "0").match(/../g) ?? [])
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join(".");
}

function bitsOf(mask: string): number {
  return [...numberOf(mask).toString(2)].filter((bit) => bit === "1").length;
}

function broadcastOf(address: string, prefix: number): string {
  return dotted((numberOf(address) | (~numberOf(netmaskOf(prefix)) >>> 0)) >>> 0);
}
