// Add-ons of the role k8s: what its switches bring and take away, and that objects fit together and say what variables ask for.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import {
  ALL,
  containers,
  evaluated,
  everything,
  find,
  type Manifest,
  NAMES,
  objects,
  pods,
  ROLE,
  type Settings,
} from "./addon-objects.ts";

describe("switches of add-ons", () => {
  const wanted = (settings: Settings) => [
    evaluated("k8s_addons_wanted", settings),
    evaluated("k8s_addons_unwanted", settings),
  ];

  it("leave alone what is not set, bring what is true, take away what is false", () => {
    expect(wanted({})).to.deep.equal([[], []]);
    expect(wanted({ k8s_addon_headlamp: true, k8s_addon_ingress: false })).to.deep.equal([["headlamp"], ["ingress"]]);
    expect(wanted({ k8s_addon_headlamp: "true", k8s_addon_ingress: "no" })).to.deep.equal([["headlamp"], ["ingress"]]);
    expect(wanted(ALL)).to.deep.equal([NAMES, []]);
  });

  it("bring Grafana with either store, and take it away with the last one", () => {
    expect(wanted({ k8s_addon_prometheus: true })).to.deep.equal([["prometheus", "grafana"], []]);
    expect(wanted({ k8s_addon_prometheus: false, k8s_addon_influxdb: true })).to.deep.equal([
      ["influxdb", "grafana"],
      ["prometheus"],
    ]);
    expect(wanted({ k8s_addon_prometheus: false })).to.deep.equal([[], ["prometheus", "grafana"]]);
  });

  it("say what an add-on lacks", () => {
    const problems = (settings: Settings) => evaluated("k8s_addon_problems", settings) as string[];
    expect(problems(ALL)).to.deep.equal([]);
    expect(problems({ k8s_addon_metrics_server: true })).to.deep.equal([]);
    expect(problems({ k8s_addon_prometheus: true })).to.deep.equal([
      "Grafana needs a password for admin: set k8s_addon_grafana_password.",
    ]);
    const influx = problems({ k8s_addon_influxdb: true, k8s_addon_influxdb_password: "short" }).join(" ");
    expect(influx).to.contain("8 characters or more for admin: set k8s_addon_influxdb_password");
    expect(influx).to.contain("set k8s_addon_influxdb_token");
    expect(problems({ k8s_addon_ingress: true, k8s_api_port: 443 })[0]).to.contain(
      "Port 443 of the nodes is that of the API already",
    );
  });
});

describe("add-ons that leave", () => {
  const account = (labels: Record<string, string>) => ({ metadata: { name: "a", labels } });
  const accounts = NAMES.flatMap((name) => [
    account({ "app.kubernetes.io/managed-by": "tsplay", "app.kubernetes.io/part-of": name }),
    account({ "app.kubernetes.io/managed-by": "tsplay", "app.kubernetes.io/part-of": name }),
  ]);
  const leaving = (settings: Settings) => evaluated("k8s_addon_leaving_templates", settings);

  it("are those that are not wanted and have accounts with this role's label", () => {
    const found = { k8s_addon_accounts: { resources: accounts } };
    expect(leaving({ ...found, k8s_addon_metrics_server: false, k8s_addon_headlamp: true })).to.deep.equal([
      "addons/metrics-server/objects.yaml.j2",
    ]);
    expect(leaving({ ...found, k8s_addon_influxdb: false })).to.deep.equal([
      "addons/influxdb/objects.yaml.j2",
      "addons/influxdb/secrets.yaml.j2",
      "addons/grafana/objects.yaml.j2",
      "addons/grafana/secrets.yaml.j2",
    ]);
    expect(leaving({ ...found })).to.deep.equal([]);
    const [strange] = [{ resources: [account({ "app.kubernetes.io/managed-by": "tsplay" })] }];
    expect(leaving({ k8s_addon_accounts: strange, k8s_addon_headlamp: false })).to.deep.equal([]);
  });

  it("lose what belongs to no namespace before the namespace with their accounts, by which a further run finds them", () => {
    const wide = ["ClusterRole", "ClusterRoleBinding", "IngressClass", "APIService"];
    for (const name of NAMES) {
      const kinds = objects(`${name}/objects`, ALL).map(({ kind }) => kind as string);
      const last = Math.max(...wide.map((kind) => kinds.lastIndexOf(kind)));
      const stays = kinds.indexOf(kinds.includes("Namespace") ? "Namespace" : "ServiceAccount");
      expect(last, name).to.be.lessThan(stays);
    }
  });

  it("need no passwords any more", () => {
    for (const name of ["influxdb", "grafana"])
      expect(objects(`${name}/secrets`, { k8s_addon_influxdb: false }).map(({ kind }) => kind)).to.deep.equal([
        "Namespace",
        "Secret",
      ]);
  });
});

describe("objects of add-ons", () => {
  it("are of kinds and versions that Kubernetes 1.20 and 1.36 have", () => {
    const known = [
      "v1/Namespace",
      "v1/ServiceAccount",
      "v1/Secret",
      "v1/ConfigMap",
      "v1/Service",
      "v1/PersistentVolumeClaim",
      "apps/v1/Deployment",
      "apps/v1/DaemonSet",
      "networking.k8s.io/v1/Ingress",
      "networking.k8s.io/v1/IngressClass",
      "apiregistration.k8s.io/v1/APIService",
      "rbac.authorization.k8s.io/v1/ClusterRole",
      "rbac.authorization.k8s.io/v1/ClusterRoleBinding",
      "rbac.authorization.k8s.io/v1/RoleBinding",
    ];
    const all = everything({
      k8s_addon_storage_class: "nfs",
      k8s_addon_headlamp_host: "h.home",
      k8s_addon_grafana_host: "g.home",
    });
    const kinds = [...new Set(all.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`))];
    expect(kinds.filter((kind) => !known.includes(kind))).to.deep.equal([]);
    expect(known.filter((kind) => !kinds.includes(kind))).to.deep.equal([]);
  });

  it("are all labelled as this role's, and none is there twice", () => {
    const all = everything();
    const without = all.filter(
      ({ metadata }) =>
        metadata.labels?.["app.kubernetes.io/managed-by"] !== "tsplay" ||
        !NAMES.includes(metadata.labels["app.kubernetes.io/part-of"]),
    );
    expect(without.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.deep.equal([]);
    const ids = all.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""} ${metadata.name}`);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).to.deep.equal([]);
  });

  it("fit together: selectors, services' ports, accounts, settings, secrets, volumes", () => {
    const all = everything({ k8s_addon_storage_class: "nfs" });
    for (const one of pods(all)) {
      const { metadata, spec } = one.spec.template;
      const { namespace } = one.metadata;
      expect(metadata.labels, one.metadata.name).to.include(one.spec.selector.matchLabels);
      expect(
        all.some(
          (other) =>
            other.kind === "ServiceAccount" &&
            other.metadata.name === spec.serviceAccountName &&
            other.metadata.namespace === namespace,
        ),
        one.metadata.name,
      ).to.equal(true);
      const there = (kind: string, name: string) =>
        all.some(
          (other) => other.kind === kind && other.metadata.name === name && other.metadata.namespace === namespace,
        );
      for (const volume of spec.volumes ?? []) {
        if (volume.configMap) expect(there("ConfigMap", volume.configMap.name), volume.configMap.name).to.equal(true);
        if (volume.persistentVolumeClaim)
          expect(there("PersistentVolumeClaim", volume.persistentVolumeClaim.claimName)).to.equal(true);
      }
      for (const container of spec.containers) {
        const names = (spec.volumes ?? []).map(({ name }: Manifest) => name);
        expect(names, one.metadata.name).to.include.members(
          (container.volumeMounts ?? []).map(({ name }: Manifest) => name),
        );
        for (const { valueFrom } of container.env ?? []) {
          if (!valueFrom?.secretKeyRef) continue;
          const secret = all.find(
            (other) =>
              other.kind === "Secret" &&
              other.metadata.namespace === namespace &&
              other.metadata.name === valueFrom.secretKeyRef.name,
          );
          expect(Object.keys(secret?.data ?? {})).to.include(valueFrom.secretKeyRef.key);
        }
      }
    }
    for (const service of all.filter(({ kind }) => kind === "Service")) {
      const behind = pods(all).find(
        (one) =>
          one.metadata.namespace === service.metadata.namespace &&
          one.spec.template.metadata.labels["app.kubernetes.io/name"] ===
            service.spec.selector["app.kubernetes.io/name"],
      );
      const ports = behind?.spec.template.spec.containers.flatMap((one: Manifest) =>
        one.ports.map(({ name }: Manifest) => name),
      );
      expect(ports, service.metadata.name).to.include(service.spec.ports[0].targetPort);
    }
  });

  it("ask little of a Pi, and bound what they may take", () => {
    const used = containers(everything());
    expect(used).to.have.length(8);
    for (const { name, resources } of used) {
      expect(Number.parseInt(resources.requests.cpu, 10), name).to.be.at.most(100);
      expect(Number.parseInt(resources.requests.memory, 10), name).to.be.at.most(256);
      expect(resources.limits.memory, name).to.match(/^\d+Mi$/);
    }
  });
});

describe("images of add-ons", () => {
  it("are each a variable, and are pulled only where they are not there", () => {
    const images = [
      "metrics_server",
      "ingress",
      "headlamp",
      "prometheus",
      "node_exporter",
      "influxdb",
      "telegraf",
      "grafana",
    ];
    const mine = Object.fromEntries(images.map((name) => [`k8s_addon_${name}_image`, `registry.test/own/${name}:1`]));
    const used = containers(everything(mine));
    expect(used.map(({ image }) => image).sort()).to.deep.equal(
      images.map((name) => `registry.test/own/${name}:1`).sort(),
    );
    expect(new Set(used.map(({ imagePullPolicy }) => imagePullPolicy))).to.deep.equal(new Set(["IfNotPresent"]));
    for (const { imagePullPolicy } of containers(everything({ k8s_addon_pull_policy: "Never" })))
      expect(imagePullPolicy).to.equal("Never");
  });

  it("come from another registry as a whole", () => {
    const named = (settings: Settings) => containers(everything(settings)).map(({ image }) => image as string);
    const plain = named({});
    const moved = named({ k8s_addon_registry: "mirror.home:5000/cache/" });
    expect(moved).to.deep.equal(plain.map((image) => image.replace(/^[^/]+/, "mirror.home:5000/cache")));
    expect(named({ k8s_addon_registry: "mirror.home", k8s_addon_grafana_image: "grafana/grafana:13" })).to.include(
      "mirror.home/grafana/grafana:13",
    );
    expect(named({ k8s_addon_registry: "mirror.home", k8s_addon_grafana_image: "localhost/grafana:13" })).to.include(
      "mirror.home/grafana:13",
    );
    expect(named({ k8s_addon_registry: "mirror.home", k8s_addon_grafana_image: "mine:5000/grafana:13" })).to.include(
      "mirror.home/grafana:13",
    );
  });
});

describe("metrics-server", () => {
  const args = (settings: Settings): string[] =>
    find(objects("metrics-server/objects", settings), "Deployment", "metrics-server").spec.template.spec.containers[0]
      .args;

  it("takes kubelets' own certificates unless told otherwise", () => {
    expect(args({})).to.include("--kubelet-insecure-tls");
    expect(args({ k8s_addon_kubelet_insecure_tls: false })).to.not.include("--kubelet-insecure-tls");
  });

  it("runs on masters where there are no workers", () => {
    const tolerations = (settings: Settings) =>
      find(objects("metrics-server/objects", settings), "Deployment", "metrics-server").spec.template.spec.tolerations;
    expect(tolerations({})).to.deep.equal([]);
    expect(tolerations({ groups: { masters: ["m"] } }).map(({ key }: Manifest) => key)).to.include(
      "node-role.kubernetes.io/control-plane",
    );
  });

  it("may do what the aggregator and the kubelets want of it, and no more", () => {
    const all = objects("metrics-server/objects");
    expect(find(all, "APIService", "v1beta1.metrics.k8s.io").spec.service).to.deep.equal({
      name: "metrics-server",
      namespace: "kube-system",
      port: 443,
    });
    expect(
      find(all, "ClusterRole", "system:metrics-server").rules.flatMap(({ resources }: Manifest) => resources),
    ).to.deep.equal(["nodes/metrics", "pods", "nodes"]);
  });
});

describe("the ingress", () => {
  it("listens at the node's own ports, for its class", () => {
    const all = objects("ingress/objects", { k8s_addon_ingress_http_port: 8080, k8s_addon_ingress_class: "web" });
    const { spec } = find(all, "DaemonSet", "traefik").spec.template;
    expect(spec.hostNetwork).to.equal(true);
    expect(spec.containers[0].args).to.include.members([
      "--entrypoints.web.address=:8080",
      "--entrypoints.websecure.address=:443",
      "--providers.kubernetesingress.ingressclass=web",
    ]);
    expect(find(all, "IngressClass", "web").metadata.annotations).to.deep.equal({
      "ingressclass.kubernetes.io/is-default-class": "true",
    });
  });

  it("serves Headlamp and Grafana under the names that they are given", () => {
    expect(everything().some(({ kind }) => kind === "Ingress")).to.equal(false);
    const all = everything({
      k8s_addon_headlamp_host: "h.home",
      k8s_addon_grafana_host: "g.home",
      k8s_addon_ingress_class: "web",
    });
    for (const [name, host] of [
      ["headlamp", "h.home"],
      ["grafana", "g.home"],
    ] as const) {
      const { spec } = find(all, "Ingress", name);
      expect([spec.ingressClassName, spec.rules[0].host]).to.deep.equal(["web", host]);
      expect(find(all, "Service", name).spec.ports[0].name).to.equal(
        spec.rules[0].http.paths[0].backend.service.port.name,
      );
    }
  });
});

describe("Headlamp", () => {
  it("has no rights of its own; who logs in has the role that is given", () => {
    const all = objects("headlamp/objects", { k8s_addon_headlamp_role: "view" });
    const bindings = all.filter(({ kind }) => kind === "ClusterRoleBinding");
    expect(bindings.map(({ roleRef, subjects }) => [roleRef.name, subjects[0].name])).to.deep.equal([
      ["view", "headlamp-user"],
    ]);
    expect(
      objects("headlamp/objects", { k8s_addon_headlamp_role: "" }).some(({ kind }) => kind === "ClusterRoleBinding"),
    ).to.equal(false);
  });
});

describe("the tasks of add-ons", () => {
  const tasks = parse(readFileSync(join(ROLE, "tasks/addons/main.yml"), "utf8")) as Manifest[];

  it("show nothing of what has secrets, and wait where that is wanted", () => {
    const secret = tasks.find(({ name }) => name === "The secrets of the add-ons");
    expect(secret.no_log).to.equal(true);
    expect(evaluated("k8s_addon_wait", {})).to.equal(true);
    expect(evaluated("k8s_addon_wait", { k8s_addon_storage_class: "nfs" })).to.equal(false);
  });

  it("cost one skipped task in every mode where no switch is set", () => {
    for (const mode of ["kubeadm", "binaries", "standalone"]) {
      const all = parse(readFileSync(join(ROLE, "tasks", mode, "main.yml"), "utf8")) as Manifest[];
      const include = all.find((one) => one["ansible.builtin.include_tasks"] === "../addons/main.yml");
      const due = (seed: string, settings: Settings) =>
        evaluated(include.when, { inventory_hostname: "m", k8s_seed: seed, ...settings });
      expect(
        [due("m", {}), due("m", ALL), due("other", ALL), due("m", { k8s_addon_ingress: false })],
        mode,
      ).to.deep.equal([false, true, false, true]);
    }
  });
});
