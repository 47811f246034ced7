import { expect } from "chai";
import { describe, it } from "mocha";
import { archiveHosts, parseDeb822, parseSourcesList, proxySettings, sourcesFor } from "../../../engine/lab/archive.ts";

const DEB822 = `# comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://download.example/tool
Suites: bookworm
Components: main
Signed-By: /etc/apt/keyrings/tool.asc

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
`;

const line = (uri: string, suite: string) =>
  `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${uri} ${suite} main`;

describe("the package archive of lab hosts", () => {
  it("is the machine's own, turned to the wanted suite", () => {
    expect(sourcesFor("trixie", parseDeb822(DEB822), "bookworm")).to.deep.equal([
      line("http://mirror.example/debian", "trixie"),
      line("http://mirror.example/debian", "trixie-updates"),
    ]);
  });

  it("leaves out other vendors' archives, disabled ones and source packages", () => {
    const sources = sourcesFor("bookworm", parseDeb822(DEB822), "bookworm").join("\n");
    expect(sources).to.not.match(/download\.example|off\.example|deb-src/);
  });

  it("reads the one-line style, with options and comments", () => {
    const list =
      "# deb http://no.example x main\ndeb [arch=amd64 signed-by=/k.gpg] http://a.example/debian bookworm main # end\n";
    expect(parseSourcesList(list)).to.deep.equal([
      { uri: "http://a.example/debian", suite: "bookworm", components: ["main"], signedBy: "/k.gpg" },
    ]);
  });

  it("is the one that the user names on machines that are not Debian, and asked for where none is named", () => {
    expect(sourcesFor("bookworm", [], "jammy", "http://a.example/debian/")).to.deep.equal([
      line("http://a.example/debian", "bookworm"),
    ]);
    expect(() => sourcesFor("bookworm", [], "jammy")).to.throw("knows no Debian archive to make bookworm hosts from");
  });

  it("is reached through the proxy that the environment names", () => {
    expect(proxySettings({ http_proxy: "http://proxy.example:3128" })).to.deep.equal([
      'Acquire::http::Proxy "http://proxy.example:3128";',
    ]);
    const archive = {
      sources: [line("http://a.example/debian", "bookworm")],
      settings: proxySettings({ http_proxy: "http://proxy.example:3128" }),
      certificates: [],
    };
    expect(archiveHosts(archive)).to.deep.equal(["a.example", "proxy.example"]);
  });
});
