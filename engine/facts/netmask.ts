// Arithmetic of IPv4 prefixes and the kernel's way of writing IPv6 addresses.

/** 24 → 255.255.255.0 */
export function netmaskOf(prefix: number): string {
  return dotted(maskBits(prefix));
}

/** 192.0.2.7/24 → 192.0.2.0 */
export function networkOf(address: string, prefix: number): string {
  return dotted((numberOf(address) & maskBits(prefix)) >>> 0);
}

export function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0);
}

export function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

function maskBits(prefix: number): number {
  return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
}

/** 32 hexadecimal digits as the kernel prints an address → the shortest text (RFC 5952). */
export function ipv6Of(digits: string): string {
  const groups = (digits.match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16).toString(16));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === "0") end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  if (best.start < 0) return groups.join(":");
  return `${groups.slice(0, best.start).join(":")}::${groups.slice(best.start + best.length).join(":")}`;
}
