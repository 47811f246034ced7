import { expect } from "chai";
import { localeGen, normalLocale, withLocale } from "../../../engine/modules/locale-gen.ts";
import { timezone } from "../../../engine/modules/timezone.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { type Seed, SimulatedHost } from "../simulated-host.ts";

describe("module timezone", () => {
  const zones = (more: Record<string, Seed> = {}) =>
    new SimulatedHost({
      files: {
        "/usr/share/zoneinfo/Etc/UTC": "u",
        "/usr/share/zoneinfo/Europe/Berlin": "b",
        "/etc/localtime": { target: "/usr/share/zoneinfo/Etc/UTC" },
        ...more,
      },
    });
  const target = async (host: SimulatedHost) => (await host.stat("/etc/localtime"))?.target;

  it("sets the zone once, with Debian's file beside it where there is one", async () => {
    const host = zones({ "/etc/timezone": "Etc/UTC\n" });
    const dry = await planOnly(timezone, { name: "Europe/Berlin" }, host);
    expect(dry.diff[0]).to.deep.equal({ before: "name: Etc/UTC\n", after: "name: Europe/Berlin\n" });
    expect((await planAndApply(timezone, { name: "Europe/Berlin" }, host)).changed).to.equal(true);
    expect(await target(host)).to.equal("../usr/share/zoneinfo/Europe/Berlin");
    expect(host.text("/etc/timezone")).to.equal("Europe/Berlin\n");
    expect((await planAndApply(timezone, { name: "Europe/Berlin" }, host)).changed).to.equal(false);
  });
  it("makes no file that the host does not have, and accepts a relative link", async () => {
    const host = zones({ "/etc/localtime": { target: "../usr/share/zoneinfo/Etc/UTC" } });
    expect((await planAndApply(timezone, { name: "Etc/UTC" }, host)).changed).to.equal(false);
    await planAndApply(timezone, { name: "Europe/Berlin" }, host);
    expect(host.text("/etc/timezone")).to.equal(undefined);
  });
  it("replaces a copy of a zone by a link", async () => {
    const host = zones({ "/etc/localtime": "b" });
    await planAndApply(timezone, { name: "Europe/Berlin" }, host);
    expect(await target(host)).to.equal("../usr/share/zoneinfo/Europe/Berlin");
  });
  it("says what the hardware clock keeps", async () => {
    const host = zones();
    const clock = async (hwclock: string) => (await planAndApply(timezone, { hwclock }, host)).changed;
    expect([await clock("UTC"), await clock("local"), await clock("local")]).to.deep.equal([false, true, false]);
    expect(host.text("/etc/adjtime")).to.equal("0.0 0 0\n0\nLOCAL\n");
    expect(await clock("UTC")).to.equal(true);
    expect(host.text("/etc/adjtime")).to.equal("0.0 0 0\n0\nUTC\n");
  });
  it("refuses zones that are not there, and asks for something to do", async () => {
    expect(await messageOf(planOnly(timezone, { name: "Europe/Nix" }, zones()))).to.contain("no time zone Europe/Nix");
    expect(await messageOf(planOnly(timezone, { name: "../../etc/passwd" }, zones()))).to.contain(
      "no name of a time zone",
    );
    expect(await messageOf(planOnly(timezone, {}, zones()))).to.contain("hwclock");
  });
});

describe("module locale_gen", () => {
  const LIST = "# This file lists locales.\n#\n# de_DE.UTF-8 UTF-8\n# de_DE@euro ISO-8859-15\nen_GB.UTF-8 UTF-8\n";
  const hostWith = (made: string[] = ["C", "en_GB.utf8"]) => {
    const host = new SimulatedHost({
      files: { "/etc/locale.gen": LIST, "/usr/share/i18n/SUPPORTED": "fr_FR.UTF-8 UTF-8\n" },
    });
    return host
      .onRun("locale -a", () => ({ stdout: `${made.join("\n")}\n` }))
      .onRun("locale-gen", () => {
        made.splice(0, made.length, "C");
        for (const line of (host.text("/etc/locale.gen") ?? "").split("\n"))
          if (/^\w/.test(line)) made.push(normalLocale(line.split(" ")[0] ?? ""));
        return {};
      });
  };
  const twice = async (params: RawParams, host = hostWith()) => {
    const first = await planAndApply(localeGen, params, host);
    const second = await planAndApply(localeGen, params, host);
    return [first.changed, second.changed];
  };

  it("makes those that are missing, in one run of locale-gen", async () => {
    const host = hostWith();
    expect(await twice({ name: ["de_DE.UTF-8", "en_GB.UTF-8", "fr_FR.UTF-8"] }, host)).to.deep.equal([true, false]);
    expect(host.text("/etc/locale.gen")).to.equal(`${LIST.replace("# de_DE.UTF-8", "de_DE.UTF-8")}fr_FR.UTF-8 UTF-8\n`);
    expect(host.commands.filter((command) => command === "locale-gen")).to.have.length(1);
  });
  it("leaves those that are there alone, and comments out what is to go", async () => {
    expect(await twice({ name: "en_GB.UTF-8" })).to.deep.equal([false, false]);
    const host = hostWith();
    expect(await twice({ name: "en_GB.UTF-8", state: "absent" }, host)).to.deep.equal([true, false]);
    expect(host.text("/etc/locale.gen")).to.contain("\n# en_GB.UTF-8 UTF-8\n");
  });
  it("goes by the list that an earlier task of a dry run would write", async () => {
    const predictions = {
      of: (kind: string) =>
        (kind === "path" ? [{ kind: "path", path: "/etc/locale.gen", type: "file", content: LIST }] : []) as never,
    };
    const dry = (name: string) => planOnly(localeGen, { name }, hostWith([]), { predictions });
    expect([(await dry("en_GB.UTF-8")).changed, (await dry("de_DE.UTF-8")).changed]).to.deep.equal([false, true]);
  });
  it("refuses unknown locales, and names the package that brings the list", async () => {
    expect(await messageOf(planOnly(localeGen, { name: "xx_XX.UTF-8" }, hostWith()))).to.contain("xx_XX.UTF-8");
    const bare = new SimulatedHost().onRun("locale -a");
    expect(await messageOf(planOnly(localeGen, { name: "de_DE.UTF-8" }, bare))).to.contain("no /etc/locale.gen");
  });
  it("knows names as the library writes them", () => {
    expect(["en_US.UTF-8", "de_DE.ISO-8859-15@euro", "de_DE@euro"].map(normalLocale)).to.deep.equal([
      "en_US.utf8",
      "de_DE.iso885915@euro",
      "de_DE@euro",
    ]);
    expect(withLocale("x", "a_B.UTF-8", "UTF-8", true)).to.equal("x\na_B.UTF-8 UTF-8\n");
  });
});
