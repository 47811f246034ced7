// Logical volumes; "N/A" where LVM is not installed or the user may not ask, as in Ansible.

import type { Plain } from "../core/value.ts";
import { type Collector, rowsOf } from "./collector.ts";

export const lvm: Collector = {
  group: "lvm",
  subset: "hardware",
  facts: ["lvm"],
  script: `
if command -v vgs >/dev/null 2>&1; then
  options='--noheadings --nosuffix --units g --separator ,'
  vgs $options -o vg_name,pv_count,lv_count,vg_size,vg_free 2>/dev/null | while IFS= read -r row; do say vg "$row"; done
  lvs $options -o lv_name,vg_name,lv_size 2>/dev/null | while IFS= read -r row; do say lv "$row"; done
  pvs $options -o pv_name,vg_name,pv_size,pv_free 2>/dev/null | while IFS= read -r row; do say pv "$row"; done
  say lvm yes
fi`,
  collect: (evidence) => {
    const rows = rowsOf(evidence.section("lvm"));
    if (rows.length === 0 || evidence.user !== "root") return { lvm: "N/A" };
    const vgs: Record<string, Plain> = {};
    const lvs: Record<string, Plain> = {};
    const pvs: Record<string, Plain> = {};
    for (const [kind, text] of rows) {
      const [name = "", a = "", b = "", c = "", d = ""] = (text ?? "").trim().split(",");
      if (kind === "vg") vgs[name] = { num_pvs: a, num_lvs: b, size_g: c, free_g: d };
      else if (kind === "lv") lvs[name] = { vg: a, size_g: b };
      else if (kind === "pv") pvs[name] = { vg: a, size_g: b, free_g: c };
    }
    return { lvm: { lvs, vgs, pvs } };
  },
};
