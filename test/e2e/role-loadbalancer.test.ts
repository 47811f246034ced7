// The role loadbalancer on three masters with apiservers that are made up: what answers, when one is not ready, when a host is gone.

import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import type { Host } from "../../engine/host/host.ts";
import { labKill } from "../../engine/lab/lab.ts";
import { useLab } from "./lab-fixture.ts";
import { changesIn, runRole } from "./role-run.ts";
import { type Finished, RunFolder, recapOf, said, until } from "./spawned-run.ts";

const PLAYBOOK = `
- hosts: all
  roles:
    - role: loadbalancer
`;

/** Stands in for an apiserver: over TLS, /readyz is 200 unless /run/unready is there, everything else is the host's name. */
const APISERVER = `
set -e
apt-get install -qq -y --no-install-recommends socat curl openssl >/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=apiserver -keyout /root/key.pem -out /root/cert.pem -days 2 2>/dev/null
cat /root/key.pem /root/cert.pem > /root/both.pem
cat > /usr/local/bin/answer <<'END'
#!/bin/sh
read -r verb path version
while read -r line; do [ "$line" = "$(printf '\\r')" ] && break; done
status="200 OK"
[ -e /run/unready ] && status="500 Internal Server Error"
body=$(hostname)
printf 'HTTP/1.1 %s\\r\\nContent-Length: %s\\r\\nConnection: close\\r\\n\\r\\n%s' "$status" \${#body} "$body"
END
chmod +x /usr/local/bin/answer
systemd-run --quiet --unit apiserver socat OPENSSL-LISTEN:6443,fork,reuseaddr,cert=/root/both.pem,verify=0 EXEC:/usr/local/bin/answer
`;

/** Names of the hosts that answer to a number of requests in turn. */
const ask = (times: number, url = "https://api.home.internal:8443/") =>
  `for i in $(seq ${times}); do curl -sk --max-time 2 ${url}; echo; done | sort -u | tr '\\n' ' '`;

describe("the role loadbalancer on three masters", function () {
  this.timeout(180_000);
  const lab = useLab({ name: "f-balancer", count: 3 });
  let folder: RunFolder;
  let hosts: Host[];
  let predicted: string[];
  const [one = "", two = "", three = ""] = ["f-balancer-1", "f-balancer-2", "f-balancer-3"];

  /** Runs the role; `masters` are inventory names, hosts 1 and 2 stand in rack a, host 3 in rack b. */
  function play(args: readonly string[] = [], masters: readonly string[] = [one, two, three]): Promise<Finished> {
    const hosts = { [one]: { k8s_rack: "a" }, [two]: { k8s_rack: "a" }, [three]: { k8s_rack: "b" } };
    return runRole(folder, lab(), { playbook: PLAYBOOK, hosts, groups: { masters }, args });
  }

  before(() => {
    folder = new RunFolder(lab());
    hosts = [1, 2, 3].map((number) => folder.host(number));
  });
  after(() => folder?.remove());

  it("foretells on bare hosts exactly what it then does, and does nothing the second time", async () => {
    predicted = changesIn(await play(["--check", "--diff"]));
    expect(predicted).to.include(`loadbalancer : Start the load balancer on ${one}`);
    expect(
      await said(hosts[0] as Host, "ls -d /etc/api-loadbalancer /usr/sbin/haproxy 2>&1 | grep -c cannot"),
    ).to.equal("2");
    expect(changesIn(await play())).to.deep.equal(predicted);
    expect(changesIn(await play(["--check"]))).to.deep.equal([]);
    expect(changesIn(await play())).to.deep.equal([]);
  });

  it("passes requests to the apiservers of its own rack", async () => {
    await Promise.all(hosts.map((host) => host.run({ script: APISERVER })));
    for (const host of hosts) await until(host, "curl -sk --max-time 2 https://api.home.internal:8443/ | grep -q .");
    await until(hosts[0] as Host, `test "$(${ask(4)})" = "${one} ${two} "`);
    await until(hosts[2] as Host, `test "$(${ask(4)})" = "${three} "`);
  });

  it("goes to another rack within three seconds, and comes back", async () => {
    const far = hosts[2] as Host;
    await far.run({ script: "touch /run/unready" });
    await until(far, `test "$(${ask(4)})" = "${one} ${two} "`, 3);
    expect(await said(far, ask(4))).to.equal(`${one} ${two}`);
    await far.run({ script: "rm /run/unready" });
    await until(far, `test "$(${ask(4)})" = "${three} "`, 5);
  });

  it("drops an apiserver that is gone, within three seconds and without a failed request after", async () => {
    const [first] = hosts as [Host];
    await (hosts[1] as Host).run({ script: "systemctl stop apiserver" });
    await until(first, `test "$(${ask(4)})" = "${one} "`, 3);
    expect(await said(first, `${ask(20)}`)).to.equal(one);
  });

  it("takes a changed list of masters by a reload that interrupts nobody", async () => {
    const [first] = hosts as [Host];
    const before = await said(first, "systemctl show --property MainPID --value api-loadbalancer");
    // A connection that is open before, and asks for something after.
    const open = "(until [ -e /run/reloaded ]; do sleep 0.1; done; printf 'GET / HTTP/1.1\\r\\n\\r\\n'; sleep 1)";
    const session = said(
      first,
      `${open} | timeout 30 openssl s_client -quiet -connect 127.0.0.1:8443 2>/dev/null | tail -n 1`,
    );
    await until(first, "ss -tnH state established 'sport = :8443' | grep -q .");
    const args = ["-l", one, "-e", "k8s_rack="];
    const foretold = changesIn(await play([...args, "--check"], [one]));
    expect(foretold).to.deep.equal([
      `loadbalancer : Reload the API's load balancer on ${one}`,
      `loadbalancer : The load balancer's settings on ${one}`,
    ]);
    expect(changesIn(await play(args, [one]))).to.deep.equal(foretold);
    expect(await said(first, "systemctl show --property MainPID --value api-loadbalancer")).to.equal(before);
    await until(first, `test "$(${ask(4)})" = "${one} "`, 5);
    await first.run({ script: "touch /run/reloaded" });
    expect(await session).to.equal(one);
  });

  it("refuses settings that haproxy would not take, and goes on with the old ones", async () => {
    const finished = await play(["-l", one, "-e", '{"loadbalancer_bind":["nowhere:x"]}']);
    expect(finished.code, finished.all).to.equal(2);
    expect(finished.all).to.contain("failed to validate").and.contain("nowhere");
    expect(await said(hosts[0] as Host, ask(1))).to.not.equal("");
  });

  it("names everything that cannot work before it changes anything", async () => {
    const clash = await play(["-l", one, "-e", "k8s_api_port=6443"]);
    expect(clash.all).to.contain("Choose another k8s_api_port");
    const addressless = await play(["-l", one, "-e", "loadbalancer_kind=none"]);
    expect(addressless.all).to.contain("set loadbalancer_name_address");
    const port = await play([
      "-l",
      one,
      "-e",
      "loadbalancer_kind=none loadbalancer_vip=10.0.0.1 loadbalancer_vip_kind=keepalived",
    ]);
    expect(port.all).to.contain("set k8s_api_port to 6443");
    for (const finished of [clash, addressless, port]) expect(recapOf(finished, one).changed).to.equal(0);
  });

  it("lets kube-vip on the first master begin with super-admin.conf where admin.conf may do nothing yet", async () => {
    const args = ["--check", "--diff", "-e", "loadbalancer_vip=10.0.0.1 loadbalancer_vip_kind=kube-vip"];
    const kubeconfigs = async (version: string): Promise<string[]> => {
      const { stdout } = await play([...args, "-e", `k8s_version=${version}`]);
      return [...stdout.matchAll(/^\+.*path: \/etc\/kubernetes\/(\S+),/gm)].map(([, name = ""]) => name).sort();
    };
    expect(await kubeconfigs("1.36.2")).to.deep.equal(["admin.conf", "admin.conf", "super-admin.conf"]);
    // kubectl stands in for a cluster that has been made: admin.conf may do something.
    const kubectl = "/usr/local/bin/kubectl";
    await (hosts[0] as Host).run({ script: `printf '#!/bin/sh\\necho yes\\n' > ${kubectl}; chmod +x ${kubectl}` });
    expect(await kubeconfigs("1.36.2")).to.deep.equal(["admin.conf", "admin.conf", "admin.conf"]);
    await (hosts[0] as Host).run({ script: `rm ${kubectl}` });
    expect(await kubeconfigs("1.28.9")).to.deep.equal(["admin.conf", "admin.conf", "admin.conf"]);
  });

  it("does the same with nginx", async () => {
    await (hosts[1] as Host).run({ script: "systemctl reset-failed apiserver; systemctl start apiserver" });
    await (hosts[1] as Host).run({
      script:
        "systemd-run --quiet --unit apiserver socat OPENSSL-LISTEN:6443,fork,reuseaddr,cert=/root/both.pem,verify=0 EXEC:/usr/local/bin/answer",
    });
    const args = ["-l", three, "-e", "loadbalancer_kind=nginx"];
    const foretold = changesIn(await play([...args, "--check"]));
    expect(changesIn(await play(args))).to.deep.equal(foretold);
    expect(changesIn(await play(args))).to.deep.equal([]);
    const far = hosts[2] as Host;
    await until(far, `test "$(${ask(4)})" = "${three} "`, 5);
    expect(await said(far, "ss -ltnH 'sport = :80' | wc -l")).to.equal("0");
    await far.run({ script: "systemctl stop apiserver" });
    await until(far, `test "$(${ask(4)})" = "${one} ${two} "`, 3);
  });

  it("stops and removes what is no longer wanted", async () => {
    const args = ["-l", three, "-e", "loadbalancer_kind=none loadbalancer_name_address=10.0.0.1"];
    const foretold = changesIn(await play([...args, "--check"]));
    expect(changesIn(await play(args))).to.deep.equal(foretold);
    const far = hosts[2] as Host;
    expect(await said(far, "ss -ltnH 'sport = :8443' | wc -l; getent hosts api.home.internal")).to.match(
      /^0\n10.0.0.1 /,
    );
  });

  it("gives a virtual address to a ready master, and to another when that host is killed", async () => {
    const vip = folder.address(1).replace(/\d+$/, "250");
    const args = ["-e", `k8s_vip=${vip} loadbalancer_vip_kind=keepalived`];
    const foretold = changesIn(await play([...args, "--check"]));
    expect(foretold).to.include(`loadbalancer : Start keepalived on ${two}`);
    expect(changesIn(await play(args))).to.deep.equal(foretold);
    expect(changesIn(await play(args))).to.deep.equal([]);
    const far = hosts[2] as Host;
    // Its own apiserver was stopped above: host 1 has the address, being first and ready.
    await until(far, `test "$(${ask(1, `https://${vip}:6443/`)})" = "${one} "`, 15);
    await labKill({ name: "f-balancer", host: one });
    await until(far, `test "$(${ask(1, `https://${vip}:6443/`)})" = "${two} "`, 10);
  });
});
