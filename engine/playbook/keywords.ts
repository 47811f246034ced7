// Every keyword of the language: where it may stand, what its value must be, and what it is for. Data only.
// Source: Ansible's page "Playbook Keywords" for core 2.19.

export type Level = "play" | "role" | "block" | "task" | "handler";

/**
 * What a value must be when it is no template. `texts`: a text or a list of texts; `conditions`: an expression, a boolean or a
 * list of them; `mappings`: a mapping or a list of mappings; `any`: checked by whoever reads it.
 */
export type KeywordType =
  | "text"
  | "boolean"
  | "integer"
  | "number"
  | "percent"
  | "list"
  | "texts"
  | "conditions"
  | "mapping"
  | "mappings"
  | "variables"
  | "any";

export interface Keyword {
  readonly levels: readonly Level[];
  readonly type: KeywordType;
  readonly summary: string;
  /** Accepted without effect, for this reason; a warning says so. */
  readonly ignored?: string;
}

const ALL: readonly Level[] = ["play", "role", "block", "task", "handler"];
const BELOW_PLAY: readonly Level[] = ["role", "block", "task", "handler"];
const TASKS: readonly Level[] = ["task", "handler"];
const BLOCKS: readonly Level[] = ["block"];
const PLAYS: readonly Level[] = ["play"];

const k = (levels: readonly Level[], type: KeywordType, summary: string, ignored?: string): Keyword => ({
  levels,
  type,
  summary,
  ...(ignored === undefined ? {} : { ignored }),
});

export const KEYWORDS: Readonly<Record<string, Keyword>> = {
  action: k(TASKS, "any", "the module to run, as text or as a mapping with `module`"),
  always: k(BLOCKS, "list", "tasks that run whatever happened in the block"),
  any_errors_fatal: k(ALL, "boolean", "a failure on one host ends the play for all"),
  args: k(TASKS, "mapping", "more parameters of the module, as a mapping"),
  async: k(TASKS, "integer", "seconds the task may run in the background"),
  become: k(ALL, "boolean", "act as another user"),
  become_exe: k(ALL, "text", "the program that does it"),
  become_flags: k(ALL, "text", "flags for the program that does it"),
  become_method: k(ALL, "text", "how: sudo or su"),
  become_user: k(ALL, "text", "the user to act as"),
  block: k(BLOCKS, "list", "the tasks of a block"),
  changed_when: k(TASKS, "conditions", "when the task counts as changed"),
  check_mode: k(ALL, "boolean", "a dry run for this task, or none even in a dry run"),
  collections: k(
    ALL,
    "list",
    "collections to look for short names in",
    "short names of all known collections are found without it",
  ),
  connection: k(ALL, "text", "the kind of connection"),
  debugger: k(ALL, "text", "when to start the task debugger", "there is no task debugger"),
  delay: k(TASKS, "number", "seconds between tries"),
  delegate_facts: k(BELOW_PLAY, "boolean", "facts belong to the host delegated to"),
  delegate_to: k(BELOW_PLAY, "text", "the host that acts in place of this one"),
  diff: k(ALL, "boolean", "show what changes, or do not"),
  environment: k(ALL, "mappings", "environment variables of what runs on the host"),
  fact_path: k(PLAYS, "text", "folder of local facts"),
  failed_when: k(TASKS, "conditions", "when the task counts as failed"),
  force_handlers: k(PLAYS, "boolean", "run notified handlers even after a failure"),
  gather_facts: k(PLAYS, "boolean", "gather facts before the first task"),
  gather_subset: k(PLAYS, "texts", "which facts to gather"),
  gather_timeout: k(PLAYS, "integer", "seconds that gathering facts may take"),
  handlers: k(PLAYS, "list", "tasks that run when notified"),
  hosts: k(PLAYS, "texts", "pattern of the hosts that the play is for"),
  ignore_errors: k(ALL, "boolean", "go on after a failure"),
  ignore_unreachable: k(ALL, "boolean", "go on with a host that could not be reached"),
  listen: k(["handler"], "texts", "topics that notify the handler"),
  local_action: k(TASKS, "any", "as `action`, delegated to localhost"),
  loop: k(TASKS, "any", "the list to loop over"),
  loop_control: k(TASKS, "mapping", "how the loop behaves"),
  max_fail_percentage: k(PLAYS, "percent", "share of failed hosts that ends the batch"),
  module_defaults: k(ALL, "mappings", "default parameters of modules"),
  name: k(ALL, "text", "what a person reads"),
  no_log: k(ALL, "boolean", "show no values of the task"),
  notify: k(["block", "task", "handler"], "texts", "handlers to run after a change"),
  order: k(PLAYS, "text", "order of the hosts"),
  poll: k(TASKS, "integer", "seconds between looks at a background task"),
  port: k(ALL, "integer", "port of the connection"),
  post_tasks: k(PLAYS, "list", "tasks that run last"),
  pre_tasks: k(PLAYS, "list", "tasks that run before roles"),
  register: k(TASKS, "text", "variable that holds the result"),
  remote_user: k(ALL, "text", "user of the connection"),
  rescue: k(BLOCKS, "list", "tasks that run when the block failed"),
  retries: k(TASKS, "integer", "most tries of `until`"),
  roles: k(PLAYS, "list", "roles of the play"),
  run_once: k(ALL, "boolean", "run on the first host only, for all"),
  serial: k(PLAYS, "any", "how many hosts are worked on at once"),
  strategy: k(PLAYS, "text", "how hosts move through the tasks"),
  tags: k(ALL, "texts", "labels for --tags and --skip-tags"),
  tasks: k(PLAYS, "list", "the tasks of the play"),
  throttle: k(ALL, "integer", "most hosts that run the task at once"),
  timeout: k(ALL, "integer", "seconds the task may take"),
  until: k(TASKS, "conditions", "try again until this holds"),
  user: k(PLAYS, "text", "old name of `remote_user`"),
  vars: k(ALL, "variables", "variables"),
  vars_files: k(PLAYS, "any", "files with variables"),
  vars_prompt: k(PLAYS, "any", "variables to ask the person for"),
  when: k(BELOW_PLAY, "conditions", "run only when this holds"),
};

export const LOOP_CONTROL_KEYWORDS: Readonly<Record<string, KeywordType>> = {
  loop_var: "text",
  index_var: "text",
  label: "any",
  pause: "number",
  extended: "boolean",
  extended_allitems: "boolean",
  break_when: "conditions",
};

/** What `include_tasks` and `include_role` statements may hold besides their own options; `apply` takes the rest. */
export const INCLUDE_KEYWORDS: ReadonlySet<string> = new Set([
  "action",
  "args",
  "collections",
  "debugger",
  "ignore_errors",
  "listen",
  "local_action",
  "loop",
  "loop_control",
  "name",
  "no_log",
  "register",
  "run_once",
  "tags",
  "timeout",
  "vars",
  "when",
]);

/** The keywords that may stand at a level. */
export function keywordsAt(level: Level): string[] {
  return Object.keys(KEYWORDS).filter((name) => KEYWORDS[name]?.levels.includes(level));
}
