// Parameters of the apt module.

import type { ObjectSchema, ParamsOf } from "./params.ts";

export const APT_PARAMS = {
  properties: {
    name: {
      type: "array",
      items: { type: "string" },
      default: [],
      aliases: ["package", "pkg"],
      description: "Packages: name, name=version, name>=version, name:arch; patterns in names and versions.",
    },
    state: {
      type: "string",
      enum: ["absent", "build-dep", "latest", "present", "fixed"],
      default: "present",
      description: "What is wanted of the packages.",
    },
    update_cache: {
      type: "boolean",
      default: null,
      aliases: ["update-cache"],
      description: "Refresh the lists of packages first (default: only if cache_valid_time is given).",
    },
    update_cache_retries: { type: "integer", default: 5, description: "Attempts after a failed refresh." },
    update_cache_retry_max_delay: {
      type: "integer",
      default: 12,
      description: "Longest pause between attempts, in seconds.",
    },
    cache_valid_time: { type: "integer", default: 0, description: "Refresh only lists that are older, in seconds." },
    purge: { type: "boolean", default: false, description: "Remove configuration files too." },
    default_release: {
      type: "string",
      default: null,
      aliases: ["default-release"],
      description: "Release to prefer (-t).",
    },
    install_recommends: {
      type: "boolean",
      default: null,
      aliases: ["install-recommends"],
      description: "Install recommended packages too; the host's own setting when absent.",
    },
    force: {
      type: "boolean",
      default: false,
      description: "Unauthenticated packages, downgrades, held and essential ones.",
    },
    clean: { type: "boolean", default: false, description: "Remove downloaded package files." },
    allow_unauthenticated: {
      type: "boolean",
      default: false,
      aliases: ["allow-unauthenticated"],
      description: "Install packages that are not signed.",
    },
    allow_downgrade: {
      type: "boolean",
      default: false,
      aliases: ["allow-downgrade", "allow_downgrades", "allow-downgrades"],
      description: "Install older versions than the present ones.",
    },
    allow_change_held_packages: { type: "boolean", default: false, description: "Change packages that are on hold." },
    upgrade: {
      type: "string",
      enum: ["dist", "full", "no", "safe", "yes"],
      default: "no",
      description: "Upgrade all packages: yes or safe removes none, full or dist may.",
    },
    dpkg_options: {
      type: "string",
      default: "force-confdef,force-confold",
      description: "Options of dpkg, without their dashes.",
    },
    deb: { type: "path", relative: true, default: null, description: "A package file on the host, or its URL." },
    autoremove: { type: "boolean", default: false, description: "Remove packages that nothing needs any more." },
    autoclean: { type: "boolean", default: false, description: "Remove downloaded files of versions that are gone." },
    policy_rc_d: {
      type: "integer",
      default: null,
      description: "Exit status of policy-rc.d while packages are installed: 101 starts no services.",
    },
    only_upgrade: { type: "boolean", default: false, description: "Upgrade what is installed, install nothing new." },
    fail_on_autoremove: { type: "boolean", default: false, description: "Fail rather than remove packages." },
    force_apt_get: {
      type: "boolean",
      default: false,
      description: "Use apt-get for upgrades.",
      ignored: "apt-get is always used",
    },
    lock_timeout: {
      type: "integer",
      default: 60,
      description: "Seconds to wait for another program that holds the lock.",
    },
    auto_install_module_deps: {
      type: "boolean",
      default: true,
      description: "Install python3-apt.",
      ignored: "nothing is needed on the host",
    },
  },
  exclusive: [["deb", "name", "upgrade"]],
} as const satisfies ObjectSchema;

export type AptParams = ParamsOf<typeof APT_PARAMS>;

/** The options of apt-get that a task's parameters stand for. */
export function aptOptions(params: AptParams): string[] {
  const options: string[] = [];
  for (const option of params.dpkg_options.split(",")) {
    const word = option.trim();
    if (word !== "") options.push("-o", `Dpkg::Options::=--${word}`);
  }
  if (params.force)
    options.push(
      "--allow-unauthenticated",
      "--allow-downgrades",
      "--allow-remove-essential",
      "--allow-change-held-packages",
    );
  if (params.allow_unauthenticated) options.push("--allow-unauthenticated");
  if (params.allow_downgrade) options.push("--allow-downgrades");
  if (params.allow_change_held_packages) options.push("--allow-change-held-packages");
  if (params.fail_on_autoremove) options.push("--no-remove");
  if (params.only_upgrade) options.push("--only-upgrade");
  if (params.autoremove) options.push("--auto-remove");
  if (params.default_release !== undefined && params.default_release !== null)
    options.push("-t", params.default_release);
  if (params.install_recommends === true) options.push("-o", "APT::Install-Recommends=yes");
  if (params.install_recommends === false) options.push("-o", "APT::Install-Recommends=no");
  return options;
}
