// Clocks of hosts against one another. The controller's clock is only the ruler: that it is wrong itself does not matter.

import { type Cluster, type Finding, inGroup, listed, namesOf, PURPOSE_RULES, type SeenHost, seen } from "./cluster.ts";

/** Seconds by which all hosts may differ from the controller before it is worth a word. */
const CONTROLLER_SKEW = 60;
/** 2025-01-01: no host has been there before. */
const EARLIEST = 1_735_689_600;

export function clocks(cluster: Cluster): Finding[] {
  const hosts = seen(cluster);
  const reference = mostAgreed(hosts, cluster.clockSkew, inGroup(hosts, "masters"));
  if (!reference) return [];
  const wrong = hosts.filter((host) => gap(host, reference) > cluster.clockSkew);
  const right = hosts.filter((host) => !wrong.includes(host));
  const findings = wrong.map((host): Finding => {
    const seconds = host.facts.clock.offset - reference.facts.clock.offset;
    const others = right.length === 1 ? `that of ${listed(namesOf(right))}` : `those of ${listed(namesOf(right))}`;
    return {
      rule: "clocks",
      hosts: [host.name],
      message: `the clock of ${host.name} is ${spoken(Math.abs(seconds))} ${seconds > 0 ? "ahead of" : "behind"} ${others}`,
      ...(isMended(cluster, host)
        ? { remedy: "the role rpi sets it right", note: true as const }
        : {
            remedy: `let ${host.name} keep its time (\`timedatectl set-ntp true\`, or chrony) and wait until it is right; certificates and etcd need the same time everywhere`,
          }),
    };
  });
  const { offset, time } = reference.facts.clock;
  if (time < EARLIEST)
    findings.push({
      rule: "clocks",
      hosts: namesOf(right),
      message: `the clock of ${listed(namesOf(right))} says ${new Date(time * 1000).toISOString().slice(0, 10)}, which is long past`,
      remedy: "a Pi has no clock of its own without power: let it reach a time server, or set its time by `date -s`",
      ...(right.every((host) => isMended(cluster, host)) ? { note: true as const } : {}),
    });
  else if (Math.abs(offset) > CONTROLLER_SKEW)
    findings.push({
      rule: "clocks",
      hosts: namesOf(right),
      message: `the hosts' clocks agree, but are ${spoken(Math.abs(offset))} ${offset > 0 ? "ahead of" : "behind"} this controller's`,
      remedy: "one of the two is wrong; certificates that are made now carry the hosts' time",
      note: true,
    });
  return findings;
}

/** The role rpi sets a bare host's clock; under a member of a cluster it must not jump. */
function isMended(cluster: Cluster, { mends, facts }: SeenHost): boolean {
  return PURPOSE_RULES[cluster.purpose].prepares && mends.clock && facts.traces.authority === undefined;
}

/** Least seconds by which two hosts differ, allowing for how well each was measured. */
function gap(a: SeenHost, b: SeenHost): number {
  const apart = Math.abs(a.facts.clock.offset - b.facts.clock.offset);
  return a === b ? 0 : apart - a.facts.clock.uncertainty - b.facts.clock.uncertainty;
}

/** The host with which most others agree; masters before others, then the inventory's order. */
function mostAgreed(hosts: readonly SeenHost[], limit: number, masters: readonly SeenHost[]): SeenHost | undefined {
  const ordered = [...masters, ...hosts.filter((host) => !masters.includes(host))];
  const agreeing = (host: SeenHost): number => hosts.filter((other) => gap(host, other) <= limit).length;
  let best: SeenHost | undefined;
  for (const host of ordered) if (!best || agreeing(host) > agreeing(best)) best = host;
  return best;
}

/** `42.0 s`, `3 min`, `5 h`, `12 days`. */
export function spoken(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
