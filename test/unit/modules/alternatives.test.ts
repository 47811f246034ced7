import { expect } from "chai";
import { alternatives } from "../../../engine/modules/alternatives.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const PAGER = `Name: pager
Link: /usr/bin/pager
Slaves:
 pager.1.gz /usr/share/man/man1/pager.1.gz
Status: auto
Best: /bin/less
Value: /bin/less

Alternative: /bin/less
Priority: 77
Slaves:
 pager.1.gz /usr/share/man/man1/less.1.gz

Alternative: /bin/more
Priority: 50
Slaves:
`;
const NONE = { code: 2, stderr: "update-alternatives: error: no alternatives for pager" };

function hostWith(query: string | undefined): SimulatedHost {
  return new SimulatedHost({ files: { "/bin/less": "", "/bin/more": "", "/bin/most": "" } })
    .onRun("update-alternatives --query pager", query === undefined ? NONE : { stdout: query })
    .onRun(/^update-alternatives --(install|set|auto|remove) /);
}

/** The commands that would change the host, which a dry run must have told of. */
async function commands(params: RawParams, query: string | undefined = PAGER): Promise<string[]> {
  const host = hostWith(query);
  const all = { name: "pager", ...params };
  const dry = await planOnly(alternatives, all, host);
  const ran = await planAndApply(alternatives, all, host);
  expect(dry.changed).to.equal(ran.changed);
  return host.commands
    .filter((command) => !command.includes("--query"))
    .map((command) => command.slice("update-alternatives ".length));
}

describe("module alternatives", () => {
  it("chooses a program that is offered, once", async () => {
    expect(await commands({ path: "/bin/more" })).to.deep.equal(["--set pager /bin/more"]);
    expect(await commands({ path: "/bin/more" }, PAGER.replace("Value: /bin/less", "Value: /bin/more"))).to.deep.equal(
      [],
    );
  });
  it("offers a new program under the present link before it is chosen", async () => {
    expect(await commands({ path: "/bin/most" })).to.deep.equal([
      "--install /usr/bin/pager pager /bin/most 50",
      "--set pager /bin/most",
    ]);
    expect(await commands({ path: "/bin/most", priority: 9, state: "present" })).to.deep.equal([
      "--install /usr/bin/pager pager /bin/most 9",
    ]);
  });
  it("keeps what follows a program when only its rank changes", async () => {
    expect(await commands({ path: "/bin/less", priority: 80, state: "present" })).to.deep.equal([
      "--install /usr/bin/pager pager /bin/less 80 --slave /usr/share/man/man1/pager.1.gz pager.1.gz /usr/share/man/man1/less.1.gz",
    ]);
  });
  it("compares what follows", async () => {
    const man = { name: "pager.1.gz", link: "/usr/share/man/man1/pager.1.gz", path: "/usr/share/man/man1/less.1.gz" };
    expect(await commands({ path: "/bin/less", subcommands: [man] })).to.deep.equal([]);
    expect(await commands({ path: "/bin/less", subcommands: [] })).to.deep.equal([
      "--install /usr/bin/pager pager /bin/less 77",
    ]);
    expect(await commands({ path: "/bin/less", subcommands: [{ ...man, path: "/other" }] })).to.deep.equal([
      "--install /usr/bin/pager pager /bin/less 77 --slave /usr/share/man/man1/pager.1.gz pager.1.gz /other",
    ]);
  });
  it("needs the link of a name that the host does not know", async () => {
    const host = hostWith(undefined);
    const params = { name: "pager", path: "/bin/more" };
    const message = await messageOf(planOnly(alternatives, params, host));
    expect(message).to.contain("missing the link");
    await planAndApply(alternatives, { ...params, link: "/usr/bin/pager" }, host);
    expect(host.commands).to.include("update-alternatives --install /usr/bin/pager pager /bin/more 50");
  });
  it("lets the host choose again", async () => {
    const manual = PAGER.replace("Status: auto", "Status: manual").replace("Value: /bin/less", "Value: /bin/more");
    expect(await commands({ path: "/bin/more", state: "auto" }, manual)).to.deep.equal(["--auto pager"]);
    expect(await commands({ path: "/bin/more", state: "auto" })).to.deep.equal([]);
    const { predictions } = await planOnly(
      alternatives,
      { name: "pager", path: "/bin/more", state: "auto" },
      hostWith(manual),
    );
    expect(predictions[0]).to.include({ path: "/etc/alternatives/pager", target: "/bin/less" });
  });
  it("takes a program out, and fails for one that does not exist", async () => {
    expect(await commands({ path: "/bin/less", state: "absent" })).to.deep.equal(["--remove pager /bin/less"]);
    expect(await commands({ path: "/bin/other", state: "absent" })).to.deep.equal([]);
    const message = await messageOf(commands({ path: "/bin/other" }));
    expect(message).to.equal("Specified path /bin/other does not exist");
  });
  it("refuses family by its name", async () => {
    const message = await messageOf(commands({ path: "/bin/less", family: "x" }));
    expect(message).to.contain("family");
  });
});
