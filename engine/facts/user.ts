// The user as which the facts are gathered.

import { type Collector, rowsOf } from "./collector.ts";

export const user: Collector = {
  group: "user",
  minimal: true,
  facts: ["user_*", "real_user_id", "effective_user_id", "real_group_id", "effective_group_id"],
  entries: [["passwd", "{user}"]],
  script: `
while read -r key real effective rest; do
  case $key in Uid:|Gid:) say "$key" "$real" "$effective" ;; esac
done 2>/dev/null </proc/self/status`,
  collect: (evidence) => {
    const entry = evidence.entry("passwd", "{user}") ?? [];
    const [name = evidence.user, , uid = "0", gid = "0", gecos = "", home = "", shell = ""] = entry;
    const rows = rowsOf(evidence.section("user"));
    const ids = (key: string, fallback: string): [number, number] => {
      const row = rows.find(([one]) => one === key);
      return [Number(row?.[1] ?? fallback), Number(row?.[2] ?? fallback)];
    };
    const [realUser, effectiveUser] = ids("Uid:", uid);
    const [realGroup, effectiveGroup] = ids("Gid:", gid);
    return {
      user_id: name,
      user_uid: Number(uid),
      user_gid: Number(gid),
      user_gecos: gecos,
      user_dir: home,
      user_shell: shell,
      real_user_id: realUser,
      effective_user_id: effectiveUser,
      real_group_id: realGroup,
      effective_group_id: effectiveGroup,
    };
  },
};
