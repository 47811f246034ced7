// The lab hosts that module cases run on: packages that some modules need beside the base image's.

export const TWIN_PACKAGES: readonly string[] = ["cron", "kmod", "unzip"];
