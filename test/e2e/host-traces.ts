// What a host was and what it became: for tests that something is taken away without a trace.

/** What a host has: packages, users, files of settings and programs, units, mounts, links, rules. */
export const TRACES = `
dpkg-query --show --showformat 'package \${Package}\n' | sort
cut -d: -f1 /etc/passwd | sed 's/^/user /'
find /etc /opt /usr/local /srv /root -xdev ! -type d | grep -v -E '^/etc/(ssl/certs|alternatives|ssh/ssh_host|rc..d|ld.so.cache|mailcap|shadow|passwd|group|gshadow|subuid|subgid|hosts|machine-id|hostname|lab/|.pwd.lock)|authorized_keys|apt/|.bash_history' | sort | sed 's/^/file /'
systemctl list-units --all --no-legend --plain --type=service,socket | awk '{print "unit " $1}' | grep -v -E '@|ssh' | sort
awk '{print "mount " $2}' /proc/mounts | grep -E 'kube|containerd|docker' | sort
ip -o link | awk -F': ' '{print "link " $2}' | sed 's/@.*//' | sort
ip route | sed 's/^/route /' | grep -v -E 'host0|eth0'
iptables-save | grep -E '^-A' | sed 's/^/rule /'
grep -c . /etc/hosts | sed 's/^/hosts lines /'
`;

/** Lines that only one of two texts has; packages that stay on purpose are left out. */
export function differences(one: string, other: string): string[] {
  const [first, second] = [one, other].map((text) => new Set(text.split("\n")));
  const only = [...(first ?? [])].filter((line) => !second?.has(line)).map((line) => `- ${line}`);
  const more = [...(second ?? [])].filter((line) => !first?.has(line)).map((line) => `+ ${line}`);
  return [...only, ...more].filter(
    (line) => !/package (curl|libcurl|lib|pigz|iproute2|ca-cert|publicsuffix)|ansible|systemd-/.test(line),
  );
}
