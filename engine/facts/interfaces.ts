// Network interfaces and addresses: from `ip -j` where it is installed, else from /proc/net and /sys.

import type { Plain, PlainObject } from "../core/value.ts";
import { type Collector, type Facts, linesOf, rowsOf } from "./collector.ts";
import { netmaskOf, networkOf } from "./netmask.ts";
import { type Address, fromIp, fromProc, type Route, type Seen } from "./network-sources.ts";

export const interfaces: Collector = {
  group: "interfaces",
  subset: "network",
  facts: [
    "interfaces",
    "default_ipv4",
    "default_ipv6",
    "all_ipv4_addresses",
    "all_ipv6_addresses",
    "locally_reachable_ips",
  ],
  files: ["/proc/net/if_inet6", "/proc/net/ipv6_route", "/proc/net/route", "/proc/net/fib_trie"],
  script: `
for folder in /sys/class/net/*; do
  [ -d "$folder" ] || continue
  set -- link "\${folder##*/}"
  for field in type mtu address operstate flags speed bridge/bridge_id bridge/stp_state bonding/mode bonding/miimon bonding/lacp_rate \\
    bonding/primary bonding/slaves bonding/all_slaves_active bonding/active_slave; do
    first "$folder/$field"; set -- "$@" "$value"
  done
  if [ -d "$folder/device" ]; then
    cd -P "$folder/device"; pci=\${PWD##*/}; module=
    if [ -d driver/module ]; then cd -P driver/module; module=\${PWD##*/}; fi
    cd /; set -- "$@" "$pci" "$module"
  else set -- "$@" "" ""; fi
  say "$@"
  for port in "$folder"/brif/*; do [ -e "$port" ] && say port "\${folder##*/}" "\${port##*/}"; done
done 2>/dev/null
if command -v ip >/dev/null 2>&1; then
  ip -j -force -batch - 2>/dev/null <<end
addr show
route get 8.8.8.8
route get 2404:6800:400a:800::1012
route show table local
end
fi
:`,
  collect: (evidence) => {
    const text = evidence.section("interfaces");
    const json = linesOf(text).filter((line) => line.startsWith("["));
    const files = {
      route: evidence.file("/proc/net/route"),
      route6: evidence.file("/proc/net/ipv6_route"),
      addresses6: evidence.file("/proc/net/if_inet6"),
      trie: evidence.file("/proc/net/fib_trie"),
    };
    const seen: Seen = json.length > 0 ? fromIp(json, files) : fromProc(files);
    const rows = rowsOf(text);
    const facts: Facts = {};
    const names: string[] = [];
    const ports = new Map<string, string[]>();
    for (const [kind, name = "", port = ""] of rows)
      if (kind === "port") ports.set(name, [...(ports.get(name) ?? []), port]);
    for (const row of rows) {
      if (row[0] !== "link" || row[1] === undefined || row[1] === "bonding_masters") continue;
      names.push(row[1]);
      facts[factName(row[1])] = interfaceOf(row.slice(1), seen, ports.get(row[1]) ?? []);
    }
    addAliases(facts, names, seen);
    return {
      ...facts,
      interfaces: names,
      ...defaults(facts, seen),
      all_ipv4_addresses: seen.addresses
        .filter((one) => one.family === 4 && !one.address.startsWith("127."))
        .map((one) => one.address),
      all_ipv6_addresses: seen.addresses
        .filter((one) => one.family === 6 && one.address !== "::1")
        .map((one) => one.address),
      locally_reachable_ips: { ipv4: seen.local4, ipv6: seen.local6 },
    };
  },
};

/** Fact names have no characters that variables may not have. */
function factName(device: string): string {
  return device.replace(/[-:]/g, "_");
}

const TYPES: Readonly<Record<string, string>> = {
  "1": "ether",
  "32": "infiniband",
  "512": "ppp",
  "772": "loopback",
  "776": "tunnel",
  "65534": "tunnel",
};

function interfaceOf(row: readonly string[], seen: Seen, ports: readonly string[]): PlainObject {
  const [
    device = "",
    type = "",
    mtu = "",
    mac = "",
    state = "",
    flags = "0",
    speed = "",
    bridge = "",
    stp = "",
    ...more
  ] = row;
  const [
    mode = "",
    miimon = "",
    lacp = "",
    primary = "",
    slaves = "",
    allActive = "",
    activeSlave = "",
    pci = "",
    module = "",
  ] = more;
  const found: Record<string, Plain> = { device };
  if (mac !== "" && mac !== "00:00:00:00:00:00") found.macaddress = mac;
  if (mtu !== "") found.mtu = Number(mtu);
  found.active = state !== "down";
  if (module !== "") found.module = module;
  found.type = TYPES[type] ?? "unknown";
  if (bridge !== "") {
    found.type = "bridge";
    found.interfaces = [...ports];
    found.id = bridge;
    if (stp !== "") found.stp = stp === "1";
  }
  if (mode !== "") {
    found.type = "bonding";
    found.slaves = slaves.split(/\s+/).filter((one) => one !== "");
    found.mode = mode.split(" ")[0] ?? "";
    found.miimon = miimon.split(" ")[0] ?? "";
    found.lacp_rate = lacp.split(" ")[0] ?? "";
    if (primary !== "") found.primary = primary;
    found.all_slaves_active = allActive === "1";
    found.active_slave = activeSlave;
  }
  if (pci !== "") found.pciid = pci;
  if (speed !== "") found.speed = Number(speed);
  found.promisc = (Number(flags) & 0x100) !== 0;
  const own = seen.addresses.filter((one) => one.device === device);
  const four = own.filter((one) => one.family === 4 && (one.label === undefined || one.label === device));
  const six = own.filter((one) => one.family === 6);
  if (four[0]) found.ipv4 = ipv4Of(four[0]);
  if (four.length > 1) found.ipv4_secondaries = four.slice(1).map(ipv4Of);
  if (six.length > 0)
    found.ipv6 = six.map((one) => ({ address: one.address, prefix: String(one.prefix), scope: one.scope }));
  return found;
}

function ipv4Of(address: Address): PlainObject {
  return {
    address: address.address,
    broadcast: address.broadcast ?? "",
    netmask: netmaskOf(address.prefix),
    network: networkOf(address.address, address.prefix),
    prefix: String(address.prefix),
  };
}

/** `eth0:1` is an interface of its own to Ansible. */
function addAliases(facts: Facts, names: string[], seen: Seen): void {
  for (const one of seen.addresses) {
    if (one.family !== 4 || one.label === undefined || one.label === one.device) continue;
    if (!names.includes(one.label)) names.push(one.label);
    facts[factName(one.label)] = { ipv4: ipv4Of(one) };
  }
}

function defaults(facts: Facts, seen: Seen): PlainObject {
  return {
    default_ipv4: defaultOf(4, seen.default4, facts, seen),
    default_ipv6: defaultOf(6, seen.default6, facts, seen),
  };
}

function defaultOf(family: 4 | 6, route: Route | undefined, facts: Facts, seen: Seen): PlainObject {
  if (!route) return {};
  const found: Record<string, Plain> = { interface: route.device };
  if (route.gateway !== undefined) found.gateway = route.gateway;
  const of = (device: string): PlainObject => (facts[factName(device)] ?? {}) as PlainObject;
  const address =
    seen.addresses.find((one) => one.family === family && one.address === route.source) ??
    (route.source === undefined
      ? seen.addresses.find((one) => one.family === family && one.device === route.device)
      : undefined);
  if (!address) return route.source === undefined ? found : { ...found, address: route.source };
  const link = of(address.device);
  if (family === 4)
    return {
      ...found,
      ...ipv4Of(address),
      alias: address.label ?? address.device,
      macaddress: link.macaddress,
      mtu: link.mtu,
      type: link.type,
    };
  return {
    ...found,
    address: address.address,
    prefix: String(address.prefix),
    scope: address.scope,
    macaddress: link.macaddress,
    mtu: link.mtu,
    type: link.type,
  };
}
