// The lab hosts that module cases run on: packages beside the base image's, and shell functions for setups.

import type { LabState } from "../../../engine/lab/lab.ts";
import { onHost } from "./observe.ts";

/** What some modules need on a host. */
export const TWIN_PACKAGES: readonly string[] = ["cron", "curl", "kmod", "unzip"];

/** What the reference needs besides. */
export const REFERENCE_PACKAGES: readonly string[] = [...TWIN_PACKAGES, "python3-debian"];

/**
 * `deb NAME VERSION [FIELD]` puts a package into the repository `$repository`; `only_repository` makes it apt's only
 * source. `units NAME…` makes services that sleep.
 */
const FUNCTIONS = `
umask 022
deb() {
  build=$(mktemp -d); chmod 755 "$build"; mkdir -p "$build/DEBIAN" "$build/usr/share/$1"; echo "$2" >"$build/usr/share/$1/version"
  printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: Nobody <nobody@example.org>\\nDescription: a test\\n' "$1" "$2" >"$build/DEBIAN/control"
  [ $# -lt 3 ] || printf '%s\\n' "$3" >>"$build/DEBIAN/control"
  file="$1_$2_all.deb"
  dpkg-deb -Zgzip --root-owner-group -b "$build" "$repository/$file" >/dev/null
  { cat "$build/DEBIAN/control"; printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$file" "$(stat -c %s "$repository/$file")" "$(sha256sum "$repository/$file" | cut -d' ' -f1)"; } >>"$repository/Packages"
  rm -rf "$build"
}
only_repository() {
  rm -rf /etc/apt/sources.list.d/* /var/lib/apt/lists/*
  echo "deb [trusted=yes] file:$repository ./" >/etc/apt/sources.list
  apt-get -qq update
}
units() {
  for unit; do
    printf '[Unit]\\nDescription=%s\\n[Service]\\nExecStart=/bin/sleep infinity\\nExecReload=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n' "$unit" >"/etc/systemd/system/$unit.service"
  done
  systemctl daemon-reload
}
`;

/** Makes the state that the cases start with. */
export async function setUp(lab: LabState, script: string | undefined): Promise<void> {
  if (script) await onHost(lab, `${FUNCTIONS}\n${script}`);
}
