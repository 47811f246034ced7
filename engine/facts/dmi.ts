// The machine's board, product and firmware, from DMI; "NA" where it has none (ARM boards, containers).

import type { Collector } from "./collector.ts";

const FOLDER = "/sys/devices/virtual/dmi/id";

/** Fact → file. */
const FILES: Readonly<Record<string, string>> = {
  bios_date: "bios_date",
  bios_vendor: "bios_vendor",
  bios_version: "bios_version",
  board_asset_tag: "board_asset_tag",
  board_name: "board_name",
  board_serial: "board_serial",
  board_vendor: "board_vendor",
  board_version: "board_version",
  chassis_asset_tag: "chassis_asset_tag",
  chassis_serial: "chassis_serial",
  chassis_vendor: "chassis_vendor",
  chassis_version: "chassis_version",
  form_factor: "chassis_type",
  product_name: "product_name",
  product_serial: "product_serial",
  product_uuid: "product_uuid",
  product_version: "product_version",
  system_vendor: "sys_vendor",
};

/** Chassis types of the SMBIOS specification, by number. */
const FORMS = (
  "Unknown,Other,Unknown,Desktop,Low Profile Desktop,Pizza Box,Mini Tower,Tower,Portable,Laptop,Notebook,Hand Held," +
  "Docking Station,All In One,Sub Notebook,Space-saving,Lunch Box,Main Server Chassis,Expansion Chassis,Sub Chassis," +
  "Bus Expansion Chassis,Peripheral Chassis,RAID Chassis,Rack Mount Chassis,Sealed-case PC,Multi-system,CompactPCI," +
  "AdvancedTCA,Blade,Blade Enclosure,Tablet,Convertible,Detachable,IoT Gateway,Embedded PC,Mini PC,Stick PC"
).split(",");

export const dmi: Collector = {
  group: "dmi",
  subset: "hardware",
  facts: Object.keys(FILES),
  files: Object.values(FILES).map((file) => `${FOLDER}/${file}`),
  collect: (evidence) =>
    Object.fromEntries(
      Object.entries(FILES).map(([fact, file]) => {
        const value = evidence.file(`${FOLDER}/${file}`)?.trim();
        if (value === undefined) return [fact, "NA"];
        return [fact, fact === "form_factor" ? (FORMS[Number(value)] ?? "Unknown") : value];
      }),
    ),
};
