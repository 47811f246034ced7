// Every setting that has a meaning here, as data: Ansible's name for it, where ansible.cfg and the environment hold
// it, its type, default and description. What is known but has no effect stands in no-effect.ts.

/** `path` is one path, `paths` are separated by `:`, `sources` by commas (inventories), `list` by commas. */
export type SettingType = "boolean" | "integer" | "number" | "string" | "path" | "paths" | "sources" | "list";

export interface Setting {
  readonly type: SettingType;
  /** Name in `ansible-config`. */
  readonly ansible: string;
  /** Environment variables, the last that is set wins. */
  readonly env: readonly string[];
  /** `section.key` in ansible.cfg, the last that is set wins. */
  readonly ini: readonly string[];
  readonly default: boolean | number | string | readonly string[] | undefined;
  readonly description: string;
  readonly choices?: readonly string[];
  /** Its value is a secret or names one: never shown. */
  readonly secret?: boolean;
}

const none = undefined;

function row<const T extends SettingType, const D extends Setting["default"]>(
  type: T,
  ansible: string,
  env: string,
  ini: string,
  fallback: D,
  description: string,
  more: { readonly choices?: readonly string[]; readonly secret?: boolean } = {},
): Setting & { readonly type: T; readonly default: D } {
  const split = (text: string): string[] => text.split(" ").filter((part) => part !== "");
  return { type, ansible, env: split(env), ini: split(ini), default: fallback, description, ...more };
}

// biome-ignore format: a table, one setting a line
export const SETTINGS = {
  // Where things are
  inventory: row("sources", "DEFAULT_HOST_LIST", "ANSIBLE_INVENTORY", "defaults.inventory", ["/etc/ansible/hosts"], "inventory sources, if no -i is given"),
  roles_path: row("paths", "DEFAULT_ROLES_PATH", "ANSIBLE_ROLES_PATH", "defaults.roles_path", ["~/.ansible/roles", "/usr/share/ansible/roles", "/etc/ansible/roles"], "folders where roles are looked for"),
  playbook_dir: row("path", "PLAYBOOK_DIR", "ANSIBLE_PLAYBOOK_DIR", "defaults.playbook_dir", none, "the playbook folder for commands that run no playbook"),
  log_path: row("path", "DEFAULT_LOG_PATH", "ANSIBLE_LOG_PATH", "defaults.log_path", none, "file to which the output is also written"),

  // Inventory
  inventory_any_unparsed_is_failed: row("boolean", "INVENTORY_ANY_UNPARSED_IS_FAILED", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "inventory.any_unparsed_is_failed", true, "a source that cannot be read stops the run (Ansible's default is no)"),
  inventory_ignore_extensions: row("list", "INVENTORY_IGNORE_EXTS", "ANSIBLE_INVENTORY_IGNORE", "defaults.inventory_ignore_extensions inventory.ignore_extensions", [".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry"], "endings of files that are ignored in inventory folders"),
  inventory_ignore_patterns: row("list", "INVENTORY_IGNORE_PATTERNS", "ANSIBLE_INVENTORY_IGNORE_REGEX", "defaults.inventory_ignore_patterns inventory.ignore_patterns", [], "regular expressions of files that are ignored in inventory folders"),
  host_pattern_mismatch: row("string", "HOST_PATTERN_MISMATCH", "ANSIBLE_HOST_PATTERN_MISMATCH", "inventory.host_pattern_mismatch", "warning", "what a host pattern that matches nothing is", { choices: ["warning", "error", "ignore"] }),
  localhost_warning: row("boolean", "LOCALHOST_WARNING", "ANSIBLE_LOCALHOST_WARNING", "defaults.localhost_warning", true, "warn when the inventory has no host but the implicit localhost"),

  // Connections
  remote_user: row("string", "DEFAULT_REMOTE_USER", "ANSIBLE_REMOTE_USER", "defaults.remote_user", none, "user to log in as"),
  remote_port: row("integer", "DEFAULT_REMOTE_PORT", "ANSIBLE_REMOTE_PORT", "defaults.remote_port", none, "ssh port"),
  transport: row("string", "DEFAULT_TRANSPORT", "ANSIBLE_TRANSPORT", "defaults.transport", "ssh", "connection that is used where none is named"),
  private_key_file: row("path", "DEFAULT_PRIVATE_KEY_FILE", "ANSIBLE_PRIVATE_KEY_FILE", "defaults.private_key_file", none, "ssh key to log in with"),
  private_key_passphrase: row("string", "private_key_passphrase", "ANSIBLE_PRIVATE_KEY_PASSPHRASE", "", none, "passphrase of the ssh key", { secret: true }),
  timeout: row("integer", "DEFAULT_TIMEOUT", "ANSIBLE_TIMEOUT ANSIBLE_SSH_TIMEOUT", "defaults.timeout ssh_connection.timeout", 10, "seconds to wait for a connection"),
  host_key_checking: row("boolean", "HOST_KEY_CHECKING", "ANSIBLE_HOST_KEY_CHECKING ANSIBLE_SSH_HOST_KEY_CHECKING", "defaults.host_key_checking ssh_connection.host_key_checking", true, "check host keys against known_hosts"),
  ssh_args: row("string", "ssh_args", "ANSIBLE_SSH_ARGS", "ssh_connection.ssh_args", none, "options for ssh, in place of the default ones"),
  ssh_common_args: row("string", "ssh_common_args", "ANSIBLE_SSH_COMMON_ARGS", "ssh_connection.ssh_common_args", "", "more options for ssh"),
  ssh_extra_args: row("string", "ssh_extra_args", "ANSIBLE_SSH_EXTRA_ARGS", "ssh_connection.ssh_extra_args", "", "more options for ssh only"),
  ssh_executable: row("string", "ssh_executable", "ANSIBLE_SSH_EXECUTABLE", "ssh_connection.ssh_executable", "ssh", "the ssh program of the openssh connection"),
  ssh_retries: row("integer", "reconnection_retries", "ANSIBLE_SSH_RETRIES", "connection.retries ssh_connection.retries", 0, "attempts more to connect"),
  ask_pass: row("boolean", "DEFAULT_ASK_PASS", "ANSIBLE_ASK_PASS", "defaults.ask_pass", false, "ask for the ssh password"),
  connection_password_file: row("path", "CONNECTION_PASSWORD_FILE", "ANSIBLE_CONNECTION_PASSWORD_FILE", "defaults.connection_password_file", none, "file that holds the ssh password, or a program that prints it"),
  executable: row("string", "DEFAULT_EXECUTABLE", "ANSIBLE_EXECUTABLE", "defaults.executable", "/bin/sh", "shell for commands on hosts"),

  // Become
  become: row("boolean", "DEFAULT_BECOME", "ANSIBLE_BECOME", "privilege_escalation.become", false, "become another user where no play or task says"),
  become_method: row("string", "DEFAULT_BECOME_METHOD", "ANSIBLE_BECOME_METHOD", "privilege_escalation.become_method", "sudo", "how to become another user"),
  become_user: row("string", "DEFAULT_BECOME_USER", "ANSIBLE_BECOME_USER ANSIBLE_SUDO_USER ANSIBLE_SU_USER", "privilege_escalation.become_user sudo_become_plugin.user su_become_plugin.user", "root", "the user to become"),
  become_exe: row("string", "DEFAULT_BECOME_EXE", "ANSIBLE_BECOME_EXE ANSIBLE_SUDO_EXE ANSIBLE_SU_EXE", "privilege_escalation.become_exe sudo_become_plugin.executable su_become_plugin.executable", none, "the program to become another user with"),
  become_flags: row("string", "DEFAULT_BECOME_FLAGS", "ANSIBLE_BECOME_FLAGS ANSIBLE_SUDO_FLAGS ANSIBLE_SU_FLAGS", "privilege_escalation.become_flags sudo_become_plugin.flags su_become_plugin.flags", none, "options for that program"),
  become_pass: row("string", "become_pass", "ANSIBLE_BECOME_PASS ANSIBLE_SUDO_PASS ANSIBLE_SU_PASS", "sudo_become_plugin.password su_become_plugin.password", none, "password to become another user", { secret: true }),
  become_ask_pass: row("boolean", "DEFAULT_BECOME_ASK_PASS", "ANSIBLE_BECOME_ASK_PASS", "privilege_escalation.become_ask_pass", false, "ask for the become password"),
  become_password_file: row("path", "BECOME_PASSWORD_FILE", "ANSIBLE_BECOME_PASSWORD_FILE", "defaults.become_password_file", none, "file that holds the become password, or a program that prints it"),
  become_allow_same_user: row("boolean", "BECOME_ALLOW_SAME_USER", "ANSIBLE_BECOME_ALLOW_SAME_USER", "privilege_escalation.become_allow_same_user", false, "use the become method even if one is that user already"),

  // Running
  forks: row("integer", "DEFAULT_FORKS", "ANSIBLE_FORKS", "defaults.forks", 50, "hosts that are worked on at once"),
  strategy: row("string", "DEFAULT_STRATEGY", "ANSIBLE_STRATEGY", "defaults.strategy", "linear", "the order in which hosts take tasks"),
  gathering: row("string", "DEFAULT_GATHERING", "ANSIBLE_GATHERING", "defaults.gathering", "implicit", "when facts are gathered without being asked for", { choices: ["implicit", "explicit", "smart"] }),
  gather_subset: row("list", "DEFAULT_GATHER_SUBSET", "ANSIBLE_GATHER_SUBSET", "defaults.gather_subset", ["all"], "which facts are gathered"),
  gather_timeout: row("integer", "DEFAULT_GATHER_TIMEOUT", "ANSIBLE_GATHER_TIMEOUT", "defaults.gather_timeout", 10, "seconds that gathering slow facts may take"),
  fact_caching: row("string", "CACHE_PLUGIN", "ANSIBLE_CACHE_PLUGIN", "defaults.fact_caching", "memory", "where facts are kept", { choices: ["memory", "jsonfile", "ansible.builtin.memory", "ansible.builtin.jsonfile"] }),
  fact_caching_connection: row("path", "CACHE_PLUGIN_CONNECTION", "ANSIBLE_CACHE_PLUGIN_CONNECTION", "defaults.fact_caching_connection", none, "folder of cached facts (jsonfile)"),
  fact_caching_prefix: row("string", "CACHE_PLUGIN_PREFIX", "ANSIBLE_CACHE_PLUGIN_PREFIX", "defaults.fact_caching_prefix", "", "what names of cache files start with"),
  fact_caching_timeout: row("integer", "CACHE_PLUGIN_TIMEOUT", "ANSIBLE_CACHE_PLUGIN_TIMEOUT", "defaults.fact_caching_timeout", 86400, "seconds after which cached facts are gathered anew; 0 never"),
  inject_facts_as_vars: row("boolean", "INJECT_FACTS_AS_VARS", "ANSIBLE_INJECT_FACT_VARS", "defaults.inject_facts_as_vars", true, "facts are variables ansible_* too"),
  hash_behaviour: row("string", "DEFAULT_HASH_BEHAVIOUR", "ANSIBLE_HASH_BEHAVIOUR", "defaults.hash_behaviour", "replace", "what happens to a mapping that is set at two levels", { choices: ["replace", "merge"] }),
  any_errors_fatal: row("boolean", "ANY_ERRORS_FATAL", "ANSIBLE_ANY_ERRORS_FATAL", "defaults.any_errors_fatal", false, "a failed task on one host stops all hosts"),
  force_handlers: row("boolean", "DEFAULT_FORCE_HANDLERS", "ANSIBLE_FORCE_HANDLERS", "defaults.force_handlers", false, "run notified handlers even after a failure"),
  error_on_missing_handler: row("boolean", "ERROR_ON_MISSING_HANDLER", "ANSIBLE_ERROR_ON_MISSING_HANDLER", "defaults.error_on_missing_handler", true, "notifying a handler that does not exist is an error"),
  private_role_vars: row("boolean", "DEFAULT_PRIVATE_ROLE_VARS", "ANSIBLE_PRIVATE_ROLE_VARS", "defaults.private_role_vars", false, "a role's variables are seen in that role only"),
  poll_interval: row("integer", "DEFAULT_POLL_INTERVAL", "ANSIBLE_POLL_INTERVAL", "defaults.poll_interval", 15, "seconds between looks at a background task"),
  task_timeout: row("integer", "TASK_TIMEOUT", "ANSIBLE_TASK_TIMEOUT", "defaults.task_timeout", 0, "seconds that a task may take; 0 no limit"),
  no_log: row("boolean", "DEFAULT_NO_LOG", "ANSIBLE_NO_LOG", "defaults.no_log", false, "hide the details of all tasks"),
  module_name: row("string", "DEFAULT_MODULE_NAME", "", "defaults.module_name", "command", "module of 'tsplay do' if none is named"),
  ansible_managed: row("string", "DEFAULT_MANAGED_STR", "", "defaults.ansible_managed", "Ansible managed", "value of the variable ansible_managed"),
  tags_run: row("list", "TAGS_RUN", "ANSIBLE_RUN_TAGS", "tags.run", [], "tags of the tasks to run"),
  tags_skip: row("list", "TAGS_SKIP", "ANSIBLE_SKIP_TAGS", "tags.skip", [], "tags of the tasks to leave out"),

  // Vault
  ask_vault_pass: row("boolean", "DEFAULT_ASK_VAULT_PASS", "ANSIBLE_ASK_VAULT_PASS", "defaults.ask_vault_pass", false, "ask for the vault password"),
  vault_password_file: row("path", "DEFAULT_VAULT_PASSWORD_FILE", "ANSIBLE_VAULT_PASSWORD_FILE", "defaults.vault_password_file", none, "file that holds the vault password, or a program that prints it"),
  vault_identity_list: row("list", "DEFAULT_VAULT_IDENTITY_LIST", "ANSIBLE_VAULT_IDENTITY_LIST", "defaults.vault_identity_list", [], "vault ids with where their passwords are: id@file"),
  vault_identity: row("string", "DEFAULT_VAULT_IDENTITY", "ANSIBLE_VAULT_IDENTITY", "defaults.vault_identity", "default", "vault id of a password that is given without one"),
  vault_encrypt_identity: row("string", "DEFAULT_VAULT_ENCRYPT_IDENTITY", "ANSIBLE_VAULT_ENCRYPT_IDENTITY", "defaults.vault_encrypt_identity", none, "vault id to encrypt with"),
  vault_id_match: row("boolean", "DEFAULT_VAULT_ID_MATCH", "ANSIBLE_VAULT_ID_MATCH", "defaults.vault_id_match", false, "try only the password whose id is the one in the file"),

  // What is shown
  verbosity: row("integer", "DEFAULT_VERBOSITY", "ANSIBLE_VERBOSITY", "defaults.verbosity", 0, "as that many -v"),
  force_color: row("boolean", "ANSIBLE_FORCE_COLOR", "ANSIBLE_FORCE_COLOR", "defaults.force_color", false, "colours even if the output is no terminal"),
  nocolor: row("boolean", "ANSIBLE_NOCOLOR", "ANSIBLE_NOCOLOR NO_COLOR", "defaults.nocolor", false, "no colours"),
  diff_always: row("boolean", "DIFF_ALWAYS", "ANSIBLE_DIFF_ALWAYS", "diff.always", false, "as --diff"),
  diff_context: row("integer", "DIFF_CONTEXT", "ANSIBLE_DIFF_CONTEXT", "diff.context", 3, "lines around a difference"),
  max_diff_size: row("integer", "MAX_FILE_SIZE_FOR_DIFF", "ANSIBLE_MAX_DIFF_SIZE", "defaults.max_diff_size", 104448, "bytes up to which a file's difference is shown"),
  callback_result_format: row("string", "result_format", "ANSIBLE_CALLBACK_RESULT_FORMAT", "defaults.callback_result_format", "json", "how results are printed", { choices: ["json", "yaml"] }),
  callback_format_pretty: row("boolean", "pretty_results", "ANSIBLE_CALLBACK_FORMAT_PRETTY", "defaults.callback_format_pretty", none, "results over several lines"),
  display_skipped_hosts: row("boolean", "DISPLAY_SKIPPED_HOSTS", "ANSIBLE_DISPLAY_SKIPPED_HOSTS", "defaults.display_skipped_hosts", true, "show hosts that skip a task"),
  display_ok_hosts: row("boolean", "display_ok_hosts", "ANSIBLE_DISPLAY_OK_HOSTS", "defaults.display_ok_hosts", true, "show hosts where a task changed nothing"),
  display_failed_stderr: row("boolean", "display_failed_stderr", "ANSIBLE_DISPLAY_FAILED_STDERR", "defaults.display_failed_stderr", false, "failures go to stderr"),
  show_per_host_start: row("boolean", "show_per_host_start", "ANSIBLE_SHOW_PER_HOST_START", "defaults.show_per_host_start", false, "show when a task starts on a host"),
  show_custom_stats: row("boolean", "SHOW_CUSTOM_STATS", "ANSIBLE_SHOW_CUSTOM_STATS", "defaults.show_custom_stats", false, "show what set_stats collected"),
  show_task_path_on_failure: row("boolean", "show_task_path_on_failure", "ANSIBLE_SHOW_TASK_PATH_ON_FAILURE", "defaults.show_task_path_on_failure", false, "show where a failed task stands"),
  check_mode_markers: row("boolean", "check_mode_markers", "ANSIBLE_CHECK_MODE_MARKERS", "defaults.check_mode_markers", false, "mark headlines of a dry run"),
  duplicate_dict_key: row("string", "DUPLICATE_YAML_DICT_KEY", "ANSIBLE_DUPLICATE_YAML_DICT_KEY", "defaults.duplicate_dict_key", "warn", "what a key that stands twice in YAML is", { choices: ["warn", "error", "ignore"] }),
  editor: row("string", "EDITOR", "EDITOR ANSIBLE_EDITOR", "defaults.editor", "vi", "editor for vault files"),
} as const;

export type SettingName = keyof typeof SETTINGS;

type Base<T extends SettingType> = T extends "boolean"
  ? boolean
  : T extends "integer" | "number"
    ? number
    : T extends "paths" | "sources" | "list"
      ? readonly string[]
      : string;

/** The value's type: undefined only where the setting has no default. */
export type SettingValue<N extends SettingName> =
  | Base<(typeof SETTINGS)[N]["type"]>
  | ((typeof SETTINGS)[N]["default"] extends undefined ? undefined : never);
