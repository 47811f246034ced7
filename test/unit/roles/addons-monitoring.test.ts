// Add-ons of the role k8s that watch nodes: what Prometheus and Telegraf ask, what Grafana shows, and where their secrets are.

import { expect } from "chai";
import { parse } from "yaml";
import { ALL, everything, find, type Manifest, objects, SECRETS, type Settings } from "./addon-objects.ts";

describe("Prometheus", () => {
  const config = (settings: Settings = {}): Manifest =>
    parse(find(objects("prometheus/objects", settings), "ConfigMap", "prometheus").data["prometheus.yml"]);
  const job = (settings: Settings, name: string) =>
    config(settings).scrape_configs.find((one: Manifest) => one.job_name === name);

  it("asks apiservers, kubelets, their containers, nodes and pods", () => {
    expect(config().scrape_configs.map((one: Manifest) => one.job_name)).to.deep.equal([
      "prometheus",
      "apiservers",
      "nodes",
      "cadvisor",
      "node-exporter",
      "pods",
    ]);
    expect(job({}, "cadvisor")).to.deep.include({ scheme: "https", metrics_path: "/metrics/cadvisor" });
    expect(job({}, "nodes").tls_config.insecure_skip_verify).to.equal(true);
    expect(job({ k8s_addon_node_exporter_port: 9200 }, "node-exporter").relabel_configs[0].replacement).to.equal(
      "${1}:9200",
    );
  });

  it("finds apiservers in the way that the cluster's version has", () => {
    const of = (version: string) => job({ k8s_version: version }, "apiservers").kubernetes_sd_configs[0].role;
    expect([of("1.20.2"), of("1.36.2")]).to.deep.equal(["endpoints", "endpointslice"]);
  });

  it("is another pod when its configuration is another, and only then", () => {
    const sum = (settings: Settings) =>
      find(objects("prometheus/objects", settings), "Deployment", "prometheus").spec.template.metadata.annotations[
        "checksum/config"
      ];
    expect(sum({})).to.match(/^[0-9a-f]{64}$/);
    expect(sum({ k8s_addon_prometheus_memory: "1Gi" })).to.equal(sum({}));
    expect(sum({ k8s_addon_prometheus_interval: "60s" })).to.not.equal(sum({}));
  });

  it("keeps its data in a volume where there is a class of them", () => {
    const data = (settings: Settings) =>
      find(objects("prometheus/objects", settings), "Deployment", "prometheus").spec.template.spec.volumes.find(
        ({ name }: Manifest) => name === "data",
      );
    expect(data({})).to.deep.equal({ name: "data", emptyDir: { sizeLimit: "8Gi" } });
    expect(data({ k8s_addon_storage_class: "nfs" })).to.deep.equal({
      name: "data",
      persistentVolumeClaim: { claimName: "prometheus" },
    });
    expect(
      find(objects("prometheus/objects", { k8s_addon_storage_class: "nfs" }), "PersistentVolumeClaim", "prometheus")
        .spec.storageClassName,
    ).to.equal("nfs");
  });

  it("is told of every node: node-exporter bears every taint", () => {
    expect(
      find(objects("prometheus/objects"), "DaemonSet", "node-exporter").spec.template.spec.tolerations,
    ).to.deep.equal([{ operator: "Exists" }]);
  });
});

describe("Grafana and its stores", () => {
  const settings = (more: Settings) => ({ ...SECRETS, ...more });
  const sources = (more: Settings): Manifest =>
    parse(
      find(objects("grafana/objects", settings(more)), "ConfigMap", "grafana-provisioning").data["datasources.yaml"],
    );
  const dashboards = (more: Settings): Record<string, string> =>
    find(objects("grafana/objects", settings(more)), "ConfigMap", "grafana-dashboards").data;

  it("has the stores that are there as sources, and forgets the others", () => {
    const both = sources({ k8s_addon_prometheus: true, k8s_addon_influxdb: true });
    expect(both.datasources.map((one: Manifest) => [one.uid, one.isDefault])).to.deep.equal([
      ["prometheus", true],
      ["influxdb", false],
    ]);
    expect(both.deleteDatasources).to.equal(undefined);
    const one = sources({ k8s_addon_influxdb: true });
    expect(one.datasources.map((each: Manifest) => [each.uid, each.isDefault, each.url])).to.deep.equal([
      ["influxdb", true, "http://influxdb.influxdb.svc.cluster.local:8086"],
    ]);
    expect(one.deleteDatasources).to.deep.equal([{ name: "Prometheus", orgId: 1 }]);
  });

  it("has a dashboard of the nodes for each store, with eight graphs asked of that store", () => {
    const both = dashboards({ k8s_addon_prometheus: true, k8s_addon_influxdb: true });
    expect(Object.keys(both)).to.deep.equal(["nodes-prometheus.json", "nodes-influxdb.json"]);
    for (const [file, text] of Object.entries(both)) {
      const { panels } = JSON.parse(text) as Manifest;
      expect(panels, file).to.have.length(8);
      const places = panels.map(({ gridPos }: Manifest) => `${gridPos.x},${gridPos.y}`);
      expect(new Set(places).size).to.equal(8);
      for (const { targets, datasource } of panels) {
        expect(file).to.equal(`nodes-${datasource.uid}.json`);
        expect(targets[0][datasource.uid === "prometheus" ? "expr" : "query"])
          .to.be.a("string")
          .and.not.contain("{{");
      }
    }
    expect(JSON.parse(both["nodes-influxdb.json"] ?? "").panels[0].targets[0].query)
      .to.contain('r.cpu == "cpu-total"')
      .and.contain("100.0 - r._value");
  });

  it("has its secrets in Secrets, and nowhere else", () => {
    const all = everything();
    const secrets = all.filter(({ kind }) => kind === "Secret");
    const decoded = secrets.flatMap(({ data }) =>
      Object.values(data as Record<string, string>).map((one) => Buffer.from(one, "base64").toString()),
    );
    expect(decoded).to.include.members(Object.values(SECRETS));
    const rest = JSON.stringify(all.filter(({ kind }) => kind !== "Secret"));
    for (const word of Object.values(SECRETS)) {
      expect(rest).to.not.contain(word);
      expect(rest).to.not.contain(Buffer.from(word).toString("base64"));
    }
  });

  it("gives Telegraf the node's name, address and files", () => {
    const all = objects("influxdb/objects", { ...ALL, k8s_addon_telegraf_interval: "1m" });
    const text: string = find(all, "ConfigMap", "telegraf").data["telegraf.conf"];
    expect(text)
      .to.contain('interval = "1m"')
      .and.contain('urls = ["http://influxdb.influxdb.svc.cluster.local:8086"]');
    const { env } = find(all, "DaemonSet", "telegraf").spec.template.spec.containers[0];
    for (const [, name = ""] of text.matchAll(/\$([A-Z_]+)/g))
      expect(env.map((one: Manifest) => one.name)).to.include(name);
  });
});
