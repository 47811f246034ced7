// Parameters of the user module.

import type { ObjectSchema, ParamsOf } from "./params.ts";

const MAC = "only macOS has it";

export const USER_PARAMS = {
  properties: {
    name: { type: "string", aliases: ["user"], description: "Name of the user." },
    uid: { type: "integer", default: null, description: "Number of the user." },
    comment: { type: "string", default: null, description: "The user's full name (GECOS)." },
    hidden: { type: "boolean", default: null, description: "Hide from login screens.", ignored: MAC },
    non_unique: { type: "boolean", default: false, description: "The number may belong to another user too." },
    seuser: { type: "string", default: null, description: "SELinux user." },
    group: { type: "string", default: null, description: "Primary group." },
    groups: { type: "array", items: { type: "string" }, default: null, description: "Other groups; empty for none." },
    append: { type: "boolean", default: false, description: "Add to the groups the user is in already." },
    shell: { type: "path", default: null, description: "Login shell." },
    home: { type: "path", default: null, description: "Home folder." },
    skeleton: { type: "string", default: null, description: "Folder whose files a new home gets." },
    password: { type: "string", default: null, secret: true, description: "Hash of the password." },
    state: { type: "string", enum: ["absent", "present"], default: "present", description: "Whether the user exists." },
    create_home: { type: "boolean", default: true, aliases: ["createhome"], description: "Make the home folder." },
    move_home: { type: "boolean", default: false, description: "Move the old home folder to the new place." },
    system: { type: "boolean", default: false, description: "A number from the range of system users." },
    force: { type: "boolean", default: false, description: "With absent: even if the user is logged in." },
    remove: { type: "boolean", default: false, description: "With absent: remove home folder and mail too." },
    login_class: { type: "string", default: null, description: "Login class.", ignored: "only BSD has login classes" },
    generate_ssh_key: { type: "boolean", default: false, description: "Make an SSH key if there is none." },
    ssh_key_bits: { type: "integer", default: null, description: "Its length; ssh-keygen's default when absent." },
    ssh_key_type: { type: "string", default: "rsa", description: "Its type." },
    ssh_key_file: { type: "path", relative: true, default: null, description: "Its file, below the home folder." },
    ssh_key_comment: { type: "string", default: null, description: "Its comment." },
    ssh_key_passphrase: { type: "string", default: null, secret: true, description: "Its passphrase." },
    update_password: {
      type: "string",
      enum: ["always", "on_create"],
      default: "always",
      description: "When to set the password.",
    },
    expires: {
      type: "number",
      default: null,
      description: "When the account ends, in seconds since the epoch; -1: never.",
    },
    password_lock: { type: "boolean", default: null, description: "Lock or unlock the password." },
    local: {
      type: "boolean",
      default: false,
      description: "Only the host's own files.",
      ignored: "useradd works on the host's own files anyway",
    },
    umask: { type: "string", default: null, description: "Umask of a new home folder." },
    password_expire_max: { type: "integer", default: null, description: "Most days between changes of the password." },
    password_expire_min: { type: "integer", default: null, description: "Least days between changes of the password." },
    password_expire_warn: { type: "integer", default: null, description: "Days of warning before the password ends." },
    password_expire_account_disable: {
      type: "integer",
      default: null,
      description: "Days from the password's end until the account is disabled.",
    },
    uid_min: { type: "integer", default: null, description: "Lowest number to choose." },
    uid_max: { type: "integer", default: null, description: "Highest number to choose." },
  },
  required: ["name"],
} as const satisfies ObjectSchema;

export type UserParams = ParamsOf<typeof USER_PARAMS>;

/** Rules that the schema cannot say. */
export function checkUser(params: Readonly<Record<string, unknown>>): string | undefined {
  if (params.non_unique === true && (params.uid ?? null) === null) return "non_unique needs uid";
  if (params.append === true && (params.groups ?? null) === null) return "append needs groups";
  return undefined;
}
