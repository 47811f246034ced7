// Block devices and their partitions, from /sys, with the links that udev made.

import type { Plain, PlainObject } from "../core/value.ts";
import { type Collector, rowsOf } from "./collector.ts";

const KINDS = ["ids", "uuids", "labels", "masters"] as const;
type Links = Record<(typeof KINDS)[number], Record<string, string[]>>;

export const devices: Collector = {
  group: "devices",
  subset: "hardware",
  facts: ["devices", "device_links"],
  script: `
for disk in /sys/block/*; do
  [ -d "$disk" ] || continue
  name=\${disk##*/}
  set -- disk "$name"
  for field in device/vendor device/model device/sas_address device/sas_device_handle size removable queue/discard_granularity \\
    queue/rotational queue/scheduler queue/logical_block_size queue/hw_sector_size; do
    first "$disk/$field"; set -- "$@" "$value"
  done
  say "$@"
  for holder in "$disk"/holders/*; do [ -e "$holder" ] && say holder "$name" "\${holder##*/}"; done
  for part in "$disk"/"$name"*; do
    [ -r "$part/start" ] || continue
    set -- part "$name" "\${part##*/}"
    for field in start size queue/logical_block_size queue/hw_sector_size; do first "$part/$field"; set -- "$@" "$value"; done
    say "$@"
    for holder in "$part"/holders/*; do [ -e "$holder" ] && say holder "\${part##*/}" "\${holder##*/}"; done
  done
  for slave in "$disk"/slaves/*; do [ -e "$slave" ] && say master "\${slave##*/}" "$name"; done
done
if [ -d /dev/disk ]; then ls -l /dev/disk/by-id /dev/disk/by-uuid /dev/disk/by-label 2>/dev/null; fi
:`,
  collect: (evidence) => {
    const text = evidence.section("devices");
    const rows = rowsOf(text);
    const links = linksOf(text);
    const holders = new Map<string, string[]>();
    for (const [kind, a = "", b = ""] of rows) {
      if (kind === "holder") holders.set(a, [...(holders.get(a) ?? []), b]);
      if (kind === "master") links.masters[a] = [...(links.masters[a] ?? []), b];
    }
    const found: Record<string, Plain> = {};
    const partitions = new Map<string, Record<string, Plain>>();
    for (const row of rows) {
      const name = row[1] ?? "";
      if (row[0] === "disk") {
        const parts: Record<string, Plain> = {};
        partitions.set(name, parts);
        found[name] = disk(row.slice(2), name, links, holders.get(name) ?? [], parts);
      } else if (row[0] === "part") {
        const part = row[2] ?? "";
        const parts = partitions.get(name);
        if (parts) parts[part] = partition(row.slice(3), part, links, holders.get(part) ?? []);
      }
    }
    return { devices: found, device_links: links };
  },
};

function disk(
  row: readonly string[],
  name: string,
  links: Links,
  holders: readonly string[],
  partitions: PlainObject,
): PlainObject {
  const [
    vendor,
    model,
    address,
    handle,
    size = "0",
    removable,
    discard,
    rotational,
    scheduler = "",
    logical,
    hardware,
  ] = row;
  const sector = logical || hardware || "512";
  const bytes = Number(size) * 512;
  return {
    virtual: 1,
    links: linksFor(name, links),
    vendor: textOrNull(vendor),
    model: textOrNull(model),
    sas_address: textOrNull(address),
    sas_device_handle: textOrNull(handle),
    removable: textOrNull(removable),
    support_discard: textOrNull(discard),
    partitions,
    rotational: textOrNull(rotational),
    scheduler_mode: scheduler.match(/\[(.*)\]/)?.[1] ?? "",
    sectors: Math.floor(bytes / Number(sector)),
    sectorsize: sector,
    size: humanSize(bytes),
    host: "",
    holders: [...holders],
  };
}

function partition(row: readonly string[], name: string, links: Links, holders: readonly string[]): PlainObject {
  const [start = "", size = "0", logical, hardware] = row;
  const sector = Number(logical || hardware || "512");
  const bytes = Number(size) * 512;
  return {
    links: linksFor(name, links),
    start,
    sectors: Math.floor(bytes / sector),
    sectorsize: sector,
    size: humanSize(bytes),
    uuid: links.uuids[name]?.[0] ?? null,
    holders: [...holders],
  };
}

function textOrNull(text: string | undefined): string | null {
  const value = text?.trim();
  return value === undefined || value === "" ? null : value;
}

function linksFor(name: string, links: Links): Record<string, string[]> {
  return Object.fromEntries(KINDS.map((kind) => [kind, [...(links[kind][name] ?? [])].sort()]));
}

/** The targets of udev's links, from the listing of its folders. */
function linksOf(text: string): Links {
  const links: Links = { ids: {}, uuids: {}, labels: {}, masters: {} };
  const names: Record<string, keyof Links> = { "by-id": "ids", "by-uuid": "uuids", "by-label": "labels" };
  let current: keyof Links | undefined;
  for (const line of text.split("\n")) {
    const folder = line.match(/^\/dev\/disk\/(by-[a-z]+):$/)?.[1];
    if (folder !== undefined) current = names[folder];
    const match = line.match(/^l\S+\s+(?:\S+\s+){7}(.*) -> .*?([^/]+)$/);
    if (!match || current === undefined) continue;
    const target = match[2] ?? "";
    const name = (match[1] ?? "").replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    links[current][target] = [...(links[current][target] ?? []), name].sort();
  }
  return links;
}

/** Bytes as Ansible prints them: 20.00 GB. */
function humanSize(bytes: number): string {
  const units = ["ZB", "EB", "PB", "TB", "GB", "MB", "KB"];
  for (const [index, unit] of units.entries()) {
    const size = 1024 ** (units.length - index);
    if (bytes >= size) return `${(bytes / size).toFixed(2)} ${unit}`;
  }
  return `${bytes.toFixed(2)} Bytes`;
}
