import { expect } from "chai";
import { Undecided } from "../../../engine/core/unknown.ts";
import type { PlainObject } from "../../../engine/core/value.ts";
import type { RunRequest } from "../../../engine/host/host.ts";
import type { Prediction } from "../../../engine/host/prediction.ts";
import { k8s } from "../../../engine/modules/k8s.ts";
import { k8sDrain } from "../../../engine/modules/k8s-drain.ts";
import { k8sExec } from "../../../engine/modules/k8s-exec.ts";
import { k8sInfo } from "../../../engine/modules/k8s-info.ts";
import { k8sScale } from "../../../engine/modules/k8s-scale.ts";
import { k8sTaint } from "../../../engine/modules/k8s-taint.ts";
import { errorOf, messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const KUBECTL = "kubectl --kubeconfig=/etc/kubernetes/admin.conf";
const CONFIG = { kubeconfig: "/etc/kubernetes/admin.conf" };
const MAP = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings", namespace: "shop" },
  data: { a: "1" },
};
const live = (object: PlainObject, more: PlainObject = {}): PlainObject => ({
  ...object,
  metadata: {
    ...(object.metadata as PlainObject),
    uid: "u1",
    resourceVersion: "5",
    creationTimestamp: "2026-01-01T00:00:00Z",
  },
  ...more,
});
const list = (...items: PlainObject[]) => JSON.stringify({ apiVersion: "v1", kind: "List", items });

/** A cluster whose kubectl answers `get -f -` with these objects, and other commands with `answers`. */
function cluster(present: readonly PlainObject[], answers: Readonly<Record<string, PlainObject>> = {}): SimulatedHost {
  const host = new SimulatedHost();
  const verb = (request: RunRequest) => request.argv?.find((word) => !word.startsWith("-") && word !== "kubectl") ?? "";
  host.onRun(
    (request) => request.argv?.[0] === "kubectl",
    (request) => {
      const answer = answers[verb(request)];
      return answer
        ? { stdout: JSON.stringify(answer) }
        : { code: 1, stderr: `error: no answer for ${request.argv?.join(" ")}` };
    },
  );
  host.onRun(/ get --filename=-/, (request) => {
    const names = [...String(request.stdin).matchAll(/"name":"([^"]+)"/g)].map((match) => match[1]);
    return { stdout: list(...present.filter((one) => names.includes(String((one.metadata as PlainObject).name)))) };
  });
  return host;
}

const verbs = (host: SimulatedHost) => host.commands.map((command) => command.replace(`${KUBECTL} `, ""));
const run = (params: RawParams, host: SimulatedHost) => planAndApply(k8s, { ...CONFIG, ...params }, host);
const predicting = (...all: Prediction[]) => ({
  predictions: { of: (kind: string) => all.filter((one) => one.kind === kind) } as never,
});

describe("k8s", () => {
  it("creates what is not there, given as YAML of several documents, in their order", async () => {
    const host = cluster([], { create: live(MAP) });
    const outcome = await run(
      {
        namespace: "shop",
        definition:
          "kind: Namespace\napiVersion: v1\nmetadata: {name: shop}\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: settings}\n",
      },
      host,
    );
    expect(outcome.what).to.deep.equal(["create Namespace shop", "create ConfigMap settings in shop"]);
    const sent = host.requests
      .filter((request) => request.argv?.includes("create"))
      .map(({ stdin }) => JSON.parse(String(stdin)));
    expect(sent.map((one) => one.metadata)).to.deep.equal([{ name: "shop" }, { name: "settings", namespace: "shop" }]);
    expect((outcome.result.result as PlainObject).results).to.have.length(2);
  });

  it("asks for nothing more where everything that is given stands there", async () => {
    const host = cluster([live(MAP, { data: { a: "1", other: "2" } })]);
    const outcome = await run({ definition: MAP }, host);
    expect(outcome.changed).to.equal(false);
    expect(verbs(host)).to.deep.equal(["get --filename=- --ignore-not-found=true --output=json"]);
    expect((outcome.result.result as PlainObject).kind).to.equal("ConfigMap");
  });

  it("lets the server say what a patch would make of an object, and shows that", async () => {
    const wanted = { ...MAP, data: { a: "2" } };
    const host = cluster([live(MAP)], { patch: live(wanted) });
    const dry = await planOnly(k8s, { ...CONFIG, definition: wanted }, host);
    expect(dry.changed).to.equal(true);
    expect(dry.diff[0]?.before).to.contain('"a": "1"');
    expect(dry.diff[0]?.after).to.contain('"a": "2"');
    expect(verbs(host).at(-1)).to.equal(
      "patch ConfigMap.v1. settings --namespace=shop --patch-file=/dev/stdin --output=json --dry-run=server --type=strategic",
    );
    // Values that the server writes another way are no change.
    const same = cluster([live(MAP)], { patch: live(MAP) });
    expect((await planOnly(k8s, { ...CONFIG, definition: wanted }, same)).changed).to.equal(false);
  });

  it("merges kinds that know no strategic merge", async () => {
    const host = cluster([live(MAP)], { patch: live({ ...MAP, data: { a: "2" } }) });
    host.onRun(/--type=strategic/, { code: 1, stderr: "Error from server (UnsupportedMediaType): not supported" });
    expect((await run({ definition: { ...MAP, data: { a: "2" } } }, host)).changed).to.equal(true);
    expect(verbs(host).filter((verb) => verb.includes("--type=merge"))).to.have.length(2);
  });

  it("gives patches to kubectl by its input, never as arguments", async () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "pw", namespace: "shop" },
      data: { key: "b2xk" },
    };
    const wanted = { ...secret, data: { key: "bmV3" } };
    const host = cluster([live(secret)], { patch: live(wanted) });
    const outcome = await run({ definition: wanted }, host);
    expect(outcome.changed).to.equal(true);
    expect(host.commands.join()).not.to.contain("bmV3");
    expect(JSON.stringify(outcome.diff)).not.to.match(/bmV3|b2xk/);
    expect(outcome.diff[0]?.after).to.contain("(another secret)");
  });

  it("applies as kubectl does: what was applied last and still stands is not asked about again", async () => {
    const annotations = {
      "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({
        ...MAP,
        metadata: { ...MAP.metadata, annotations: {} },
      }),
    };
    const applied = live({ ...MAP, metadata: { ...MAP.metadata, annotations } });
    const host = cluster([applied]);
    expect((await run({ definition: MAP, apply: true }, host)).changed).to.equal(false);
    expect(host.commands).to.have.length(1);
    // One field less in the definition: only the server can tell.
    const less = cluster([applied], { apply: live({ ...MAP, data: {} }) });
    const outcome = await run({ definition: { ...MAP, data: {} }, apply: true }, less);
    expect(outcome.what).to.deep.equal(["apply ConfigMap settings in shop"]);
    expect(verbs(less)[1]).to.equal("apply --filename=- --output=json --dry-run=server");
  });

  it("applies on the server's side under a name", async () => {
    const host = cluster([], { apply: live(MAP) });
    await run(
      { definition: MAP, apply: true, server_side_apply: { field_manager: "me", force_conflicts: true } },
      host,
    );
    expect(verbs(host).at(-1)).to.equal(
      "apply --filename=- --output=json --server-side=true --field-manager=me --force-conflicts=true",
    );
  });

  it("deletes what is there, and nothing else", async () => {
    const host = cluster([live(MAP)], { delete: {} });
    const params = {
      kind: "ConfigMap",
      name: "settings",
      namespace: "shop",
      state: "absent",
      delete_options: { propagationPolicy: "Orphan" },
    };
    expect((await run(params, host)).changed).to.equal(true);
    expect(verbs(host).at(-1)).to.equal("delete --filename=- --ignore-not-found=true --wait=false --cascade=orphan");
    expect((await run(params, cluster([]))).changed).to.equal(false);
  });

  it("patches only what is there with state: patched", async () => {
    expect((await run({ definition: MAP, state: "patched" }, cluster([]))).changed).to.equal(false);
  });

  it("waits until a Deployment is ready, also when nothing was changed, and says why it waited in vain", async () => {
    const web = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "shop", generation: 2 },
      spec: { replicas: 1 },
    };
    const status = (available: number) => ({
      observedGeneration: 2,
      replicas: 1,
      updatedReplicas: 1,
      availableReplicas: available,
    });
    let looks = 0;
    const host = new SimulatedHost().onRun(/ get --filename=-/, () => {
      looks += 1;
      return { stdout: JSON.stringify(live(web, { status: status(looks > 2 ? 1 : 0) })) };
    });
    const outcome = await run({ definition: web, wait: true, wait_sleep: 1 }, host);
    expect(outcome.changed).to.equal(false);
    expect(looks).to.equal(3);
    expect((outcome.result.result as PlainObject).status).to.deep.equal(status(1));
    const never = new SimulatedHost().onRun(/ get --filename=-/, {
      stdout: JSON.stringify(live(web, { status: status(0) })),
    });
    const error = await errorOf(run({ definition: web, wait: true, wait_timeout: 0 }, never));
    expect(error.message).to.equal("Timed out after 0 seconds waiting for Deployment web in shop (0 of 1 ready)");
  });

  it("creates an object of a kind that the same task defines, once the kind is established", async () => {
    const crd = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "shops.example.org" },
      spec: { group: "example.org", names: { kind: "Shop" } },
    };
    const shop = { apiVersion: "example.org/v1", kind: "Shop", metadata: { name: "corner", namespace: "x" } };
    const host = cluster([], { create: {}, wait: {} });
    host.onRun(
      (request) => / get --filename=-/.test(request.argv?.join(" ") ?? "") && /Shop"/.test(String(request.stdin)),
      {
        code: 1,
        stderr: 'error: unable to recognize "STDIN": no matches for kind "Shop" in version "example.org/v1"',
      },
    );
    const outcome = await run({ definition: [crd, shop] }, host);
    expect(outcome.what).to.deep.equal([
      "create CustomResourceDefinition shops.example.org",
      "create Shop corner in x",
    ]);
    expect(verbs(host)).to.include(
      "wait --for=condition=established --timeout=60s customresourcedefinition/shops.example.org",
    );
    const error = await errorOf(run({ definition: shop }, host));
    expect(error.message).to.match(/does not know this kind; install what defines it/);
    // The definition was made by an earlier task of this dry run.
    const known = predicting({
      kind: "kubernetes-object",
      name: "apiextensions.k8s.io/CustomResourceDefinition//shops.example.org",
      exists: true,
      content: crd,
    });
    expect((await planOnly(k8s, { ...CONFIG, definition: shop }, host, known)).changed).to.equal(true);
  });

  it("sees in a dry run what earlier tasks would have made or deleted", async () => {
    const made = await planOnly(k8s, { ...CONFIG, definition: MAP }, cluster([]));
    const again = await planOnly(k8s, { ...CONFIG, definition: MAP }, cluster([]), predicting(...made.predictions));
    expect(again.changed).to.equal(false);
    const gone = await planOnly(k8s, { ...CONFIG, definition: MAP, state: "absent" }, cluster([live(MAP)]));
    const anew = await planOnly(
      k8s,
      { ...CONFIG, definition: MAP },
      cluster([live(MAP)]),
      predicting(...gone.predictions),
    );
    expect(anew.what).to.deep.equal(["create ConfigMap settings in shop"]);
  });

  it("is undecided where the cluster is still to be made, and fails where nothing would make it", async () => {
    const refused = "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?";
    const host = new SimulatedHost().onRun(/./, { code: 1, stderr: refused });
    expect(await messageOf(run({ definition: MAP }, host))).to.match(/The cluster cannot be reached: The connection/);
    const installing = predicting({ kind: "package", name: "kubelet", version: "1.36.2-1.1" });
    expect(await errorOf(planOnly(k8s, { ...CONFIG, definition: MAP }, host, installing))).to.be.instanceOf(Undecided);
  });

  it("tells what is wrong with a definition", async () => {
    const message = (params: RawParams) => messageOf(run(params, cluster([])));
    expect(await message({ name: "x" })).to.match(/has no kind/);
    expect(await message({ kind: "Pod" })).to.match(/Pod has no name/);
    expect(await message({ src: "https://example.org/a.yaml" })).to.match(/not fetched/);
    expect(await message({ definition: MAP, force: true, apply: true })).to.match(/mutually exclusive/);
    expect(await message({ definition: MAP, server_side_apply: { field_manager: "me" } })).to.match(/needs apply/);
    expect(await message({ definition: MAP, validate: {} })).to.match(/validate/);
  });
});

describe("k8s_info", () => {
  const info = (params: RawParams, host: SimulatedHost, more = {}) =>
    planAndApply(k8sInfo, { ...CONFIG, ...params }, host, more);

  it("returns the objects of a kind with selectors, without managed fields", async () => {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a", namespace: "x", managedFields: [] } };
    const host = new SimulatedHost().onRun(/./, { stdout: list(pod) });
    const { result } = await info(
      { kind: "Pod", label_selectors: ["app=web"], field_selectors: ["spec.nodeName=n1"] },
      host,
    );
    expect(verbs(host)).to.deep.equal([
      "get Pod.v1. --all-namespaces=true --selector=app=web --field-selector=spec.nodeName=n1 --output=json",
    ]);
    expect(result).to.include({ api_found: true, changed: false });
    expect((result.resources as PlainObject[])[0]?.metadata).to.deep.equal({ name: "a", namespace: "x" });
  });

  it("returns nothing for what is not there, and says whether the kind is known", async () => {
    const none = new SimulatedHost().onRun(/./, {
      code: 1,
      stderr: 'Error from server (NotFound): pods "x" not found',
    });
    expect((await info({ kind: "Pod", name: "x", namespace: "y" }, none)).result).to.deep.include({
      resources: [],
      api_found: true,
    });
    const unknown = new SimulatedHost().onRun(/./, {
      code: 1,
      stderr: 'error: the server doesn\'t have a resource type "Nonsense"',
    });
    expect((await info({ kind: "Nonsense" }, unknown)).result).to.deep.include({ resources: [], api_found: false });
  });

  it("is undecided about what an earlier task of a dry run changes", async () => {
    const host = new SimulatedHost().onRun(/./, { stdout: list() });
    const more = predicting({ kind: "kubernetes-object", name: "apps/Deployment/shop/web", exists: true });
    const ask = (params: RawParams) =>
      planOnly(k8sInfo, { ...CONFIG, api_version: "apps/v1", kind: "Deployment", ...params }, host, more);
    expect(await errorOf(ask({ namespace: "shop" }))).to.be.instanceOf(Undecided);
    expect((await ask({ namespace: "other" })).changed).to.equal(false);
  });
});

describe("k8s_exec", () => {
  it("returns what a command wrote and its exit status, which is no failure", async () => {
    const host = new SimulatedHost().onRun(/exec/, {
      code: 3,
      stdout: "a\nb\n",
      stderr: "oh\ncommand terminated with exit code 3\n",
    });
    const { result } = await planAndApply(
      k8sExec,
      { ...CONFIG, namespace: "x", pod: "p", container: "c", command: "sh -c 'exit 3'" },
      host,
    );
    expect(result).to.deep.include({ changed: true, rc: 3, return_code: 3, stdout_lines: ["a", "b"], stderr: "oh\n" });
    expect(host.requests[0]?.argv?.slice(2)).to.deep.equal([
      "exec",
      "--namespace=x",
      "p",
      "--container=c",
      "--",
      "sh",
      "-c",
      "exit 3",
    ]);
  });

  it("fails where the server refuses", async () => {
    const host = new SimulatedHost().onRun(/exec/, {
      code: 1,
      stderr: 'Error from server (NotFound): pods "p" not found',
    });
    const error = await errorOf(planAndApply(k8sExec, { ...CONFIG, namespace: "x", pod: "p", command: "ls" }, host));
    expect(error.message).to.match(/Failed to execute on pod p: Error from server/);
  });
});

describe("k8s_scale", () => {
  const web = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "x" },
    spec: { replicas: 2 },
  };
  const scale = (params: RawParams, host: SimulatedHost) =>
    planAndApply(
      k8sScale,
      { ...CONFIG, kind: "Deployment", name: "web", namespace: "x", wait: false, ...params },
      host,
    );

  it("changes the number of replicas where it is another", async () => {
    const host = cluster([], { get: web, patch: { ...web, spec: { replicas: 3 } } });
    expect((await scale({ replicas: 3 }, host)).what).to.deep.equal(["scale Deployment web from 2 to 3"]);
    expect(verbs(host)[1]).to.equal(
      'patch Deployment.v1.apps web --namespace=x --type=merge --patch={"spec":{"replicas":3}} --output=json',
    );
    expect((await scale({ replicas: 2 }, host)).changed).to.equal(false);
    expect((await scale({ replicas: 5, current_replicas: 4 }, host)).changed).to.equal(false);
  });
});

describe("k8s_taint", () => {
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n1" },
    spec: { taints: [{ key: "a", effect: "NoSchedule" }] },
  };
  const taint = (params: RawParams, host: SimulatedHost) =>
    planAndApply(k8sTaint, { ...CONFIG, name: "n1", ...params }, host);

  it("adds, replaces and removes taints, keeping others", async () => {
    const host = cluster([], { get: node, patch: node });
    const b = { key: "b", value: "1", effect: "NoExecute" };
    expect((await taint({ taints: [b] }, host)).diff[0]?.after).to.equal("a=:NoSchedule\nb=1:NoExecute\n");
    expect((await taint({ taints: [b], replace: true }, host)).diff[0]?.after).to.equal("b=1:NoExecute\n");
    expect((await taint({ taints: [{ key: "a", effect: "NoSchedule" }] }, host)).changed).to.equal(false);
    expect((await taint({ taints: [{ key: "b" }], state: "absent" }, host)).changed).to.equal(false);
    await taint({ taints: [{ key: "a" }], state: "absent" }, host);
    expect(verbs(host).at(-1)).to.contain('{"spec":{"taints":null}}');
  });
});

describe("k8s_drain", () => {
  const pod = (name: string, more: PlainObject = {}, owner = "ReplicaSet"): PlainObject => ({
    kind: "Pod",
    apiVersion: "v1",
    metadata: { name, namespace: "x", ...(owner === "" ? {} : { ownerReferences: [{ kind: owner }] }) },
    ...more,
  });
  const node = (unschedulable: boolean) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n1" },
    spec: unschedulable ? { unschedulable } : {},
  });
  function world(unschedulable: boolean, ...pods: PlainObject[]): SimulatedHost {
    return new SimulatedHost()
      .onRun(/./, {})
      .onRun(/ get node /, { stdout: JSON.stringify(node(unschedulable)) })
      .onRun(/ get pods /, { stdout: JSON.stringify({ apiVersion: "v1", kind: "PodList", items: pods }) });
  }
  const act = (params: RawParams, host: SimulatedHost) =>
    planAndApply(k8sDrain, { ...CONFIG, name: "n1", ...params }, host);

  it("cordons and uncordons", async () => {
    expect((await act({ state: "cordon" }, world(false))).what).to.deep.equal(["cordon n1"]);
    expect((await act({ state: "cordon" }, world(true))).changed).to.equal(false);
    expect((await act({ state: "uncordon" }, world(true))).what).to.deep.equal(["uncordon n1"]);
    expect((await act({ state: "uncordon" }, world(false))).changed).to.equal(false);
  });

  it("moves pods off, and is done where only those are left that stay anyway", async () => {
    const daemon = pod("flannel", {}, "DaemonSet");
    const options = { delete_options: { ignore_daemonsets: true, terminate_grace_period: 5, wait_timeout: 60 } };
    const host = world(false, pod("web"), daemon);
    const outcome = await act(options, host);
    expect(outcome.what).to.deep.equal(["cordon n1", "move 1 pod off n1"]);
    expect(verbs(host).at(-1)).to.equal("drain n1 --ignore-daemonsets=true --grace-period=5 --timeout=60s");
    expect((await act(options, world(true, daemon))).changed).to.equal(false);
  });

  it("names everything that stands in the way before it touches the node", async () => {
    const local = { spec: { volumes: [{ name: "v", emptyDir: {} }] } };
    const host = world(false, pod("flannel", {}, "DaemonSet"), pod("bare", {}, ""), pod("cache", local));
    const error = await errorOf(act({}, host));
    expect(error.message).to.match(/ignore_daemonsets\): x\/flannel.*force.*x\/bare.*delete_emptydir_data\): x\/cache/);
    expect(verbs(host).every((verb) => verb.startsWith("get"))).to.equal(true);
  });
});
