import { expect } from "chai";
import { parseFacts, type Texts } from "../../../../engine/modules/preflight/parse.ts";
import { preflightFacts } from "../../../../engine/modules/preflight-facts.ts";
import { planOnly } from "../../module-driver.ts";
import { SimulatedHost } from "../../simulated-host.ts";

// Recorded on hosts: a master by kubeadm on Debian 12 with cgroups of version 1, and a fresh Raspberry Pi OS.
const MASTER = `
== uname
node-1
x86_64
6.1.0-28-amd64

== container
systemd-nspawn

== addresses
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
2: host0    inet 10.77.0.11/24 scope global host0\\       valid_lft forever preferred_lft forever
2: host0    inet6 fe80::1488:34ff:fe1b:b455/64 scope link \\       valid_lft forever preferred_lft forever
3: cni0    inet 10.244.0.1/24 brd 10.244.0.255 scope global cni0\\       valid_lft forever preferred_lft forever

== route
192.0.2.1 via 10.77.0.1 dev host0 src 10.77.0.11 uid 0 \\    cache 

== listeners
LISTEN 0      4096          127.0.0.1:2379       0.0.0.0:*    users:(("etcd",pid=1810,fd=8))
LISTEN 0      4096         10.77.0.11:2379       0.0.0.0:*    users:(("etcd",pid=1810,fd=9))
LISTEN 0      128             0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=38,fd=3))
LISTEN 0      4096                  *:6443             *:*    users:(("kube-apiserver",pid=1702,fd=7))
LISTEN 0      128                [::]:22            [::]:*    users:(("sshd",pid=38,fd=4))
LISTEN 0      64                    *:2049             *:*
LISTEN 0      4096   127.0.0.1%lo:53        0.0.0.0:*    users:(("systemd-resolve",pid=50,fd=3))

== units
1702 4:memory:/kubepods/burstable/pod1f/6c
1702 0::/system.slice/containerd.service
1810 11:memory:/system.slice/containerd.service/kubepods-burstable-pod2.slice:cri-containerd:9
38 0::/system.slice/ssh.service

== modules
overlay

== sockets
/run/containerd/containerd.sock

== kubelet
Kubernetes v1.20.2

== names
api.home.internal 127.0.0.1 127.0.0.1 127.0.0.1
nowhere.example

== disks
/var/lib/containerd 264212084 74457160 /
/var/lib/etcd 1048576 2048 /mnt/my disk
`;

const MASTER_FILES: Texts = {
  machineId: "ecbf0498a56144a491dd605b50373738\n",
  bootId: "9a\n",
  osRelease: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
  memory: "MemTotal:       24684036 kB\nMemFree:  1 kB\n",
  swaps: "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
  cgroups: "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t3\t3\t1\nmemory\t4\t17\t1\n",
  mounts:
    "cgroup /sys/fs/cgroup/memory cgroup rw,nosuid,memory 0 0\ncgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0\n",
  apiserver:
    "spec:\n  containers:\n  - command:\n    - kube-apiserver\n    - --service-cluster-ip-range=10.96.0.0/16\n    image: registry.k8s.io:5000/kube-apiserver:v1.20.2\n",
  controllerManager: "    - --cluster-cidr=10.244.0.0/16\n    - --cluster-name=home\n",
  kubeletFlags:
    'KUBELET_KUBEADM_ARGS="--container-runtime=remote --container-runtime-endpoint=/run/containerd/containerd.sock"\n',
  kubeletConfig: "cgroupDriver: systemd\nfailSwapOn: false\n",
};

const PI = `
== uname
raspberrypi
aarch64
6.12.25+rpt-rpi-v8

== container
none

== addresses
2: eth0    inet 192.168.1.11/24 brd 192.168.1.255 scope global dynamic noprefixroute eth0\\       valid_lft 86000sec

== listeners
proc 00000000:0016
proc 0100007F:192B

== modules
overlay
br_netfilter
`;

describe("the facts of preflight", () => {
  it("are read of a living master", () => {
    expect(parseFacts(MASTER_FILES, MASTER, { systemd: true })).to.deep.equal({
      hostname: "node-1",
      architecture: "x86_64",
      kernel: "6.1.0-28-amd64",
      container: "systemd-nspawn",
      machineId: "ecbf0498a56144a491dd605b50373738",
      bootId: "9a",
      os: { id: "debian", like: "", version: "12", name: "Debian GNU/Linux 12 (bookworm)" },
      systemd: true,
      memoryMib: 24105,
      swaps: [],
      cgroup: { version: 1, memory: true },
      modules: { overlay: true, br_netfilter: false },
      addresses: [
        { interface: "lo", address: "127.0.0.1", prefix: 8 },
        { interface: "host0", address: "10.77.0.11", prefix: 24 },
        { interface: "host0", address: "fe80::1488:34ff:fe1b:b455", prefix: 64 },
        { interface: "cni0", address: "10.244.0.1", prefix: 24 },
      ],
      defaultAddress: "10.77.0.11",
      listeners: [
        { port: 2379, address: "127.0.0.1", program: "etcd", pid: 1810, unit: "pod" },
        { port: 2379, address: "10.77.0.11", program: "etcd", pid: 1810, unit: "pod" },
        { port: 22, address: "*", program: "sshd", pid: 38, unit: "ssh.service" },
        { port: 6443, address: "*", program: "kube-apiserver", pid: 1702, unit: "pod" },
        { port: 2049, address: "*" },
        { port: 53, address: "127.0.0.1", program: "systemd-resolve", pid: 50 },
      ],
      disks: [
        { path: "/var/lib/containerd", mount: "/", totalMib: 258019, freeMib: 72712 },
        { path: "/var/lib/etcd", mount: "/mnt/my disk", totalMib: 1024, freeMib: 2 },
      ],
      runtimes: ["containerd"],
      names: { "api.home.internal": ["127.0.0.1"], "nowhere.example": [] },
      traces: {
        clusterName: "home",
        apiserverVersion: "1.20.2",
        serviceSubnet: "10.96.0.0/16",
        podSubnet: "10.244.0.0/16",
        kubeletVersion: "1.20.2",
        allowsSwap: true,
        runtimeSocket: "/run/containerd/containerd.sock",
      },
    });
  });

  it("are read of a fresh Pi, whose kernel has no memory cgroup, without ss", () => {
    const texts: Texts = {
      model: "Raspberry Pi 4 Model B Rev 1.4\0",
      boot: "console=serial0,115200 root=PARTUUID=1-02 rootwait\n",
      swaps: "Filename Type Size Used Priority\n/dev/zram0 partition 2097136 0 100\n",
      mounts: "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n",
      controllers: "cpuset cpu io pids\n",
    };
    const facts = parseFacts(texts, PI, { systemd: true });
    expect(facts).to.include({ hostname: "raspberrypi", model: "Raspberry Pi 4 Model B Rev 1.4", memoryMib: 0 });
    expect(facts).not.to.have.property("container");
    expect(facts.bootFile).to.deep.equal({ path: "/boot/firmware/cmdline.txt", enablesMemory: false });
    expect(facts.swaps).to.deep.equal(["/dev/zram0"]);
    expect(facts.cgroup).to.deep.equal({ version: 2, memory: false });
    expect(facts.listeners).to.deep.equal([
      { port: 22, address: "*" },
      { port: 6443, address: "*" },
    ]);
    expect(facts.traces).to.deep.equal({});
    const old = parseFacts({ oldBoot: "quiet cgroup_enable=memory cgroup_memory=1\n" }, PI, { systemd: true });
    expect(old.bootFile).to.deep.equal({ path: "/boot/cmdline.txt", enablesMemory: true });
  });

  it("see a memory cgroup of version 1 that the kernel has switched off, or that is not mounted", () => {
    const off = MASTER_FILES.cgroups?.replace("memory\t4\t17\t1", "memory\t0\t1\t0") ?? "";
    expect(parseFacts({ ...MASTER_FILES, cgroups: off }, "", { systemd: true }).cgroup.memory).to.equal(false);
    const mounts = "cgroup /sys/fs/cgroup/cpu rw,cpu 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n";
    expect(parseFacts({ ...MASTER_FILES, mounts }, "", { systemd: true }).cgroup).to.deep.equal({
      version: 1,
      memory: false,
    });
  });

  it("take the kubelet's runtime from where its kubeadm writes it", () => {
    const socket = (texts: Texts) => parseFacts(texts, "", { systemd: true }).traces.runtimeSocket;
    expect(
      socket({ kubeletInstance: "containerRuntimeEndpoint: unix:///run/crio/crio.sock\n", kubeletFlags: "x" }),
    ).to.equal("/run/crio/crio.sock");
    expect(socket({ kubeletConfig: 'containerRuntimeEndpoint: ""\n' })).to.equal(undefined);
  });

  it("tell two authorities apart even where one is broken", () => {
    const authority = (text: string) => parseFacts({ authority: text }, "", { systemd: true }).traces.authority;
    expect(authority("what is this")).to.match(/^text [0-9a-f]{64}$/);
    expect(authority("what is this")).not.to.equal(authority("what is that"));
    expect(authority("\n")).to.equal(undefined);
  });
});

describe("the module preflight_facts", () => {
  /** The host's clock is 100 s ahead; answers to the question for the time take these seconds there and back. */
  function clockHost(delays: readonly (readonly [there: number, back: number])[], whole = false) {
    const clock = { now: 1_000_000 };
    const host = new SimulatedHost();
    let asked = 0;
    host.onRun(
      () => true,
      (_, simulated) => {
        const [there, back] = delays[asked++] ?? [0, 0];
        const ahead = clock.now + there + 100;
        simulated.time = whole ? Math.floor(ahead) : ahead;
        clock.now += there + back;
        return {};
      },
    );
    host.onRun(/getent/, { stdout: "\n== uname\nsim\nx86_64\n6.1\n" });
    return { host, now: () => clock.now };
  }

  it("changes nothing and asks for the names and folders that it is given", async () => {
    const { host, now } = clockHost([]);
    const outcome = await planOnly(preflightFacts, { names: ["a b", "c"], folders: ["/srv"] }, host, { now });
    expect(outcome.changed).to.equal(false);
    expect(host.requests[0]?.argv?.slice(3)).to.deep.equal(["preflight", "a b", "c", "--", "/srv"]);
    expect(host.requests.every(({ reads }) => reads)).to.equal(true);
  });

  it("tells of a host that hangs", async () => {
    const { host, now } = clockHost([]);
    const run = host.run.bind(host);
    host.run = async (request) => ({ ...(await run(request)), timedOut: request.timeout !== undefined });
    const error = await planOnly(preflightFacts, {}, host, { now }).catch((thrown: unknown) => thrown);
    expect(String(error)).to.include("its programs, disks and names did not answer within 30 s");
  });

  it("compares clocks by the quickest of three round trips, and tells how sure it is", async () => {
    const { host, now } = clockHost([
      [0.5, 3],
      [0.1, 0.1],
      [2, 0.2],
    ]);
    const { result } = await planOnly(preflightFacts, {}, host, { now });
    const { offset, uncertainty } = (result.preflight as { clock: { offset: number; uncertainty: number } }).clock;
    expect(offset).to.be.closeTo(100, 0.001);
    expect(uncertainty).to.be.closeTo(0.1, 0.001);
  });

  it("is less sure of a clock that tells whole seconds only", async () => {
    const { host, now } = clockHost(
      [
        [0.1, 0.1],
        [0.1, 0.1],
        [0.1, 0.1],
      ],
      true,
    );
    const { result } = await planOnly(preflightFacts, {}, host, { now });
    const { uncertainty } = (result.preflight as { clock: { uncertainty: number } }).clock;
    expect(uncertainty).to.be.closeTo(1.1, 0.001);
  });
});
