import { expect } from "chai";
import { createPredictedHost, PredictionStore } from "../../../engine/host/predicted.ts";
import { dpkgSelections } from "../../../engine/modules/dpkg-selections.ts";
import { planAndApply, planOnly } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

function hostWith(want: string): SimulatedHost {
  const line = ["kubelet", "amd64", "1.36.2-1.1", want, "installed", "", "kubelet", "", "admin", "optional"].join("\t");
  return new SimulatedHost({ files: { "/var/lib/dpkg/status": "" } })
    .onRun(/^dpkg-query -W/, { stdout: `${line}\n` })
    .onRun("dpkg --set-selections");
}

describe("module dpkg_selections", () => {
  const hold = { name: "kubelet", selection: "hold" };

  it("holds a package once", async () => {
    const host = hostWith("install");
    expect((await planAndApply(dpkgSelections, hold, host)).result).to.include({ before: "install", after: "hold" });
    expect(host.requests.at(-1)?.stdin).to.equal("kubelet hold\n");
    expect((await planAndApply(dpkgSelections, hold, hostWith("hold"))).changed).to.equal(false);
  });

  it("names a package that is not there", async () => {
    const message = await planOnly(dpkgSelections, { ...hold, name: "kubeadm" }, hostWith("hold")).catch(String);
    expect(message).to.contain("Failed to find package 'kubeadm'");
  });

  it("knows in a dry run that another version comes without the hold of the one before", async () => {
    const store = new PredictionStore();
    const prediction = { kind: "package", name: "kubelet", version: "1.36.3-1.1" } as const;
    store.add([prediction]);
    const predicted = createPredictedHost(hostWith("hold"), store);
    const predictions = { of: () => [prediction] } as never;
    expect((await planOnly(dpkgSelections, hold, predicted, { predictions })).changed).to.equal(true);
  });
});
