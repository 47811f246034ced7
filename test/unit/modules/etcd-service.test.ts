import { expect } from "chai";
import { StaticPodService, telling, UnitService, withInitialCluster } from "../../../engine/modules/etcd-service.ts";
import { SimulatedHost } from "../simulated-host.ts";

const MANIFEST = `apiVersion: v1
kind: Pod
spec:
  containers:
  - command:
    - etcd
    - --name=k1
    - "--initial-cluster=k1=https://10.0.0.1:2380"
    image: registry.k8s.io/etcd:3.6.8-0
`;
const INITIAL = { cluster: "k1=https://10.0.0.1:2380,k2=https://10.0.0.2:2380", state: "existing" } as const;

describe("the process of an etcd member", () => {
  it("as a static pod: words that are there are replaced, others are put behind the program", () => {
    expect(withInitialCluster(MANIFEST, INITIAL)).to.equal(
      MANIFEST.replace(
        '    - "--initial-cluster=k1=https://10.0.0.1:2380"',
        "    - --initial-cluster=k1=https://10.0.0.1:2380,k2=https://10.0.0.2:2380",
      ).replace("    - etcd\n", "    - etcd\n    - --initial-cluster-state=existing\n"),
    );
    const once = withInitialCluster(MANIFEST, INITIAL);
    expect(withInitialCluster(once, INITIAL)).to.equal(once);
    expect(() => withInitialCluster("kind: Pod\n", INITIAL)).to.throw("no container with etcd as the first word");
  });
  it("as a static pod: put in place to start, taken away and waited for to stop", async () => {
    let looks = 0;
    const host = new SimulatedHost({
      files: { "/etc/kubernetes/etcd.yaml": MANIFEST, "/etc/kubernetes/manifests/x": "" },
    });
    host.onRun("sleep 1");
    const pod = new StaticPodService(
      host,
      "/etc/kubernetes/manifests/etcd.yaml",
      "/etc/kubernetes/etcd.yaml",
      async () => {
        looks += 1;
        return looks < 3;
      },
    );
    expect(await pod.isRunning()).to.equal(false);
    await pod.start(INITIAL);
    expect(host.text("/etc/kubernetes/manifests/etcd.yaml")).to.contain("--initial-cluster-state=existing");
    expect(host.text("/etc/kubernetes/etcd.yaml")).to.equal(MANIFEST);
    expect(await pod.isRunning()).to.equal(true);
    await pod.stop();
    expect(await host.stat("/etc/kubernetes/manifests/etcd.yaml")).to.equal(undefined);
    expect(looks).to.equal(3);
  });
  it("as a static pod: one that stays is told of", async () => {
    const host = new SimulatedHost({ files: { "/m/etcd.yaml": MANIFEST } }).onRun("sleep 1");
    const pod = new StaticPodService(host, "/m/etcd.yaml", "/etcd.yaml", async () => true);
    const message = await pod.stop().catch((error: Error) => error.message);
    expect(message).to.contain("still answers a minute after its manifest was taken away");
    const missing = await pod.start(INITIAL).catch((error: Error) => error.message);
    expect(missing).to.contain("there is no manifest /etcd.yaml");
  });
  it("as a unit: failed, or restarted again and again, will not come up by itself", async () => {
    const says = async (stdout: string) => {
      const host = new SimulatedHost().onRun(/^systemctl show/, { stdout });
      return new UnitService(host, "etcd", "/e").failure();
    };
    expect(await says("ActiveState=activating\nNRestarts=2\n")).to.equal(undefined);
    expect(await says("ActiveState=activating\nNRestarts=3\n")).to.equal("the unit etcd.service ended 3 times");
    expect(await says("ActiveState=failed\nResult=exit-code\n")).to.equal("the unit etcd.service failed (exit-code)");
  });
  it("says why it ended in the last line that tells something", () => {
    const log35 = [
      '{"level":"info","msg":"starting"}',
      '{"level":"fatal","ts":"x","msg":"discovery failed","error":"member count is \\"unequal\\""}',
      "etcd.service: Main process exited, code=exited, status=1/FAILURE",
    ].join("\n");
    expect(telling(log35)).to.equal('discovery failed: member count is "unequal"');
    expect(
      telling("2026-11-21 11:54:11.375300 I | etcdmain: ok\n2026-11-21 11:54:11.375300 C | etcdmain: bad name\n"),
    ).to.contain("C | etcdmain: bad name");
    expect(telling("one\ntwo\n")).to.equal("two");
    expect(telling("")).to.equal("its log is empty");
  });
});
