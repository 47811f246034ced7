import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect } from "chai";
import { describe, it } from "mocha";
import type { Failure } from "../../../engine/core/problem.ts";
import { imageName } from "../../../engine/lab/base-image.ts";
import { checkArch, type LabArch, machineArch, registration, stopEmulation } from "../../../engine/lab/foreign-arch.ts";

describe("the architecture of a lab's hosts", () => {
  const problem = (arch: LabArch, machine: LabArch | undefined, profile = "plain") => {
    try {
      checkArch(arch, machine, profile);
    } catch (error) {
      return (error as Failure).problem.code;
    }
    return undefined;
  };

  it("is the machine's own, or arm64 emulated", () => {
    expect(machineArch("x64")).to.equal("amd64");
    expect(machineArch("arm64")).to.equal("arm64");
    expect(machineArch("riscv64")).to.equal(undefined);
    expect(problem("amd64", "amd64", "kubernetes")).to.equal(undefined);
    expect(problem("arm64", "arm64", "kubernetes")).to.equal(undefined);
    expect(problem("arm64", "amd64")).to.equal(undefined);
    expect(problem("arm64", "amd64", "kubernetes")).to.equal("lab-arch-profile");
    expect(problem("amd64", "arm64")).to.equal("lab-arch");
  });

  it("has an image of its own, and the machine's own keeps its name", () => {
    const archive = { sources: [], settings: [], certificates: [] };
    const name = (arch: LabArch) =>
      imageName({ suite: "bookworm", arch, python: false, extraPackages: [] }, archive).replace(/-[0-9a-f]{12}$/, "");
    const [own, other] = machineArch() === "arm64" ? (["arm64", "amd64"] as const) : (["amd64", "arm64"] as const);
    expect(name(own)).to.equal("bookworm");
    expect(name(other)).to.equal(`bookworm-${other}`);
  });

  it("is registered in the kernel's own form, for programs of 64 bits of the machine 183 only", () => {
    const line = registration({ path: "/usr/bin/qemu", flags: "OCF" });
    expect(line.split(":").slice(0, 4)).to.deep.equal(["", "tsplay-aarch64", "M", ""]);
    expect(line.split(":").slice(6)).to.deep.equal(["/usr/bin/qemu", "OCF"]);
    const bytes = (text = "") =>
      Buffer.from(
        text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        "latin1",
      );
    const [magic, mask] = [bytes(line.split(":")[4]), bytes(line.split(":")[5])];
    const elf = (machine: number, kind: number) =>
      Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, kind, 0, machine, 0]);
    const taken = (head: Buffer) => head.every((byte, index) => (byte & (mask[index] ?? 0)) === magic[index]);
    expect([taken(elf(183, 2)), taken(elf(183, 3)), taken(elf(62, 2)), taken(elf(62, 3))]).to.deep.equal([
      true, // executables
      true, // and those that can be moved
      false,
      false,
    ]);
  });

  it("is taken back only by labs that asked for it", async () => {
    const places = { cacheDir: mkdtempSync(`${tmpdir()}/tsplay-arch-`) };
    await stopEmulation(places, "lab");
    expect(readdirSync(places.cacheDir)).to.deep.equal([]);
  });
});
