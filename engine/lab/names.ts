// How names are found in a lab: its hosts know each other, and the machine's way of finding the archive is theirs too.

/** Text of /etc/hosts of every host of a lab. */
export function hostsFile(
  hosts: ReadonlyArray<{ readonly name: string; readonly address: string }>,
  machineHosts: string,
  archive: readonly string[],
): string {
  return [
    "127.0.0.1 localhost",
    "::1 localhost ip6-localhost ip6-loopback",
    ...hosts.map(({ name, address }) => `${address} ${name}`),
    ...linesNaming(machineHosts, archive),
    "",
  ].join("\n");
}

/** Lines of the machine's /etc/hosts that name one of these, loopback addresses left out. */
export function linesNaming(machineHosts: string, names: readonly string[]): string[] {
  return machineHosts.split("\n").flatMap((line) => {
    const [address = "", ...found] = (line.split("#")[0] ?? "").trim().split(/\s+/);
    const wanted = found.filter((name) => names.includes(name));
    return wanted.length === 0 || isLoopback(address) ? [] : [`${address} ${wanted.join(" ")}`];
  });
}

/**
 * Text of /etc/resolv.conf for hosts: the first of the machine's files with a name server that can be reached
 * from elsewhere (a resolver of the machine's own listens on its loopback).
 */
export function resolvConf(candidates: readonly string[]): string {
  for (const text of candidates) {
    const lines = text.split("\n").filter((line) => /^(nameserver|search|domain|options)\s/.test(line));
    const useful = lines.filter((line) => !isLoopback(/^nameserver\s+(\S+)/.exec(line)?.[1] ?? ""));
    if (useful.some((line) => line.startsWith("nameserver"))) return `${useful.join("\n")}\n`;
  }
  return "# this machine has no name server that others can use\n";
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
