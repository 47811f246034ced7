// The levels of variable precedence, lowest first, as in Ansible's "Understanding variable precedence".
// `root_*` are ours: group_vars and host_vars at the project's root rank just below the playbook's.

export const LEVELS = [
  "role_defaults",
  "inventory_file_group_vars_all",
  "inventory_file_group_vars",
  "inventory_group_vars_all",
  "root_group_vars_all",
  "playbook_group_vars_all",
  "inventory_group_vars",
  "root_group_vars",
  "playbook_group_vars",
  "inventory_file_host_vars",
  "inventory_host_vars",
  "root_host_vars",
  "playbook_host_vars",
  "facts",
  "play_vars",
  "play_vars_prompt",
  "play_vars_files",
  "role_vars",
  "block_vars",
  "task_vars",
  "include_vars",
  "set_facts",
  "role_params",
  "include_params",
  "extra_vars",
  "magic",
] as const;

export type Level = (typeof LEVELS)[number];

/** A level as a person reads it, for `tsplay vars --explain`. */
export function levelTitle(level: Level): string {
  return level.replace(/_/g, " ");
}
