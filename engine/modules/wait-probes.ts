// One look at a path, a port or the connections of a port, for wait_for.

import { textOf } from "../core/bytes.ts";
import { fail } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import { type Host, HostError } from "../host/host.ts";
import { statResult } from "./file-attributes.ts";
import { pythonRegex, search } from "./python-regex.ts";
import type { WaitParams } from "./wait-for.ts";

/** Whether what is waited for has come, and what matched. */
export interface Probe {
  readonly done: boolean;
  readonly groups?: readonly string[];
  readonly named?: Readonly<Record<string, string>>;
  readonly result?: Partial<Result>;
}

export async function probePath(host: Host, given: WaitParams, path: string): Promise<Probe> {
  const stat = await host.stat(path, { follow: true });
  if (given.state === "absent") return { done: stat === undefined };
  if (!stat) return { done: false };
  if (given.search_regex === undefined) return { done: true, result: statResult(stat) };
  try {
    const match = matchOf(given.search_regex, textOf(await host.read(path)));
    return match.done ? { ...match, result: statResult(stat) } : match;
  } catch (error) {
    if (error instanceof HostError) return { done: false };
    throw error;
  }
}

/** Connects, and with a pattern prints what comes until a second is silent. Exit status 3: nobody answers. */
const CONNECT = `use strict; use Socket;
my ($host, $port, $limit, $listen) = @ARGV;
my @found = Socket::getaddrinfo($host, $port, { socktype => SOCK_STREAM });
my $error = shift @found;
if ($error) { print STDERR "$error"; exit 4 }
$SIG{ALRM} = sub { exit 3 };
for my $to (@found) {
  alarm $limit;
  socket(my $s, $to->{family}, SOCK_STREAM, 0) or next;
  connect($s, $to->{addr}) or next;
  exit 0 unless $listen;
  $SIG{ALRM} = sub { exit 0 };
  alarm $limit;
  $| = 1;
  my $bits = ''; vec($bits, fileno($s), 1) = 1;
  while (select(my $ready = $bits, undef, undef, 1)) { sysread($s, my $data, 65536) or last; print $data }
  exit 0;
}
exit 3;`;

export async function probePort(host: Host, given: WaitParams, port: number): Promise<Probe> {
  const listen = given.search_regex === undefined ? "" : "1";
  const argv = ["perl", "-e", CONNECT, given.host, String(port), String(given.connect_timeout), listen];
  const { code, stdout, stderr } = await host.run({
    argv,
    reads: true,
    timeout: given.connect_timeout + 10,
    limit: 1 << 20,
  });
  if (code === 127)
    fail("wait-for-perl", "wait_for needs perl on the host to look at ports", { hint: "install perl-base" });
  const open = code === 0;
  if (given.state === "stopped" || given.state === "absent") return { done: !open };
  if (code === 4) fail("wait-for-name", `cannot look up ${given.host}: ${stderr.toString().trim()}`);
  if (!open || given.search_regex === undefined) return { done: open };
  return matchOf(given.search_regex, textOf(stdout));
}

function matchOf(pattern: string, text: string): Probe {
  const match = search(pythonRegex(pattern, { multiline: true }), text);
  return match
    ? { done: true, groups: match.slice(1).map((group) => group ?? ""), named: { ...match.groups } }
    : { done: false };
}

const STATES: Readonly<Record<string, string>> = {
  "01": "ESTABLISHED",
  "02": "SYN_SENT",
  "03": "SYN_RECV",
  "04": "FIN_WAIT1",
  "05": "FIN_WAIT2",
  "06": "TIME_WAIT",
  "08": "CLOSE_WAIT",
  "09": "LAST_ACK",
  "0B": "CLOSING",
};

export async function probeConnections(host: Host, given: WaitParams): Promise<Probe> {
  if (given.port === undefined) return fail("wait-for", "state=drained needs a port");
  const excluded = new Set(given.exclude_hosts ?? []);
  const { stdout } = await host.run({ argv: ["cat", "/proc/net/tcp", "/proc/net/tcp6"], reads: true });
  const active = connectionsOf(stdout.toString()).filter(
    (one) =>
      one.port === given.port &&
      given.active_connection_states.includes(one.state) &&
      !excluded.has(one.remote) &&
      isFor(given.host, one.local),
  );
  return { done: active.length === 0 };
}

/** The kernel's table of TCP connections. */
export function connectionsOf(table: string): { local: string; port: number; remote: string; state: string }[] {
  return [...table.matchAll(/^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):[0-9A-F]{4} ([0-9A-F]{2}) /gm)].map(
    (match) => ({
      local: addressOf(match[1] ?? ""),
      port: Number.parseInt(match[2] ?? "", 16),
      remote: addressOf(match[3] ?? ""),
      state: STATES[match[4] ?? ""] ?? "OTHER",
    }),
  );
}

/** The kernel writes addresses in hexadecimal, each 32 bits with the lowest byte first. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)));
  const mapped =
    bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (bytes.length === 4 || mapped) return bytes.slice(-4).join(".");
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[index * 2] ?? 0) * 256 + (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  const text = groups.join(":");
  const zeros = (text.match(/(?:^|:)0(?::0)+(?=:|$)/g) ?? []).sort((a, b) => b.length - a.length)[0];
  return zeros === undefined
    ? text
    : text.replace(zeros, text.startsWith(zeros) || text.endsWith(zeros) ? "::" : ":").replace(/:{3,}/, "::");
}

function isFor(wanted: string, local: string): boolean {
  return ["0.0.0.0", "::", local].includes(wanted) || wanted === "localhost" || !/^[\d.:a-f]+$/i.test(wanted);
}
