// Records what the reference ansible-core makes of cases.json: `npx tsx test/conformance/template/record.ts`.
// Needs root (chroot) and a folder with Debian and ansible-core, given by TSPLAY_REFERENCE or in the user's cache.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const DRIVER = `
import json, sys
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible.plugins.loader import init_plugin_loader
from ansible.utils.display import Display
init_plugin_loader()
for name in ("warning", "deprecated", "_deprecated"):
    setattr(Display, name, lambda self, *args, **named: None)

def trust(value):
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, list):
        return [trust(item) for item in value]
    if isinstance(value, dict):
        return {key: trust(item) for key, item in value.items()}
    return value

document = json.load(sys.stdin)
results = []
for case in document["cases"]:
    templar = Templar(loader=DataLoader(), variables=trust(case.get("vars", document["vars"])))
    try:
        if "condition" in case:
            made = templar.evaluate_conditional(trust(case["condition"]))
        else:
            made = templar.template(trust(case["template"]))
        results.append({"value": json.dumps(made)})
    except BaseException as error:
        results.append({"error": type(error).__name__ + ": " + str(error).split("\\n")[0]})
print(json.dumps(results))
`;

const here = import.meta.dirname;
const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
const reference = process.env.TSPLAY_REFERENCE ?? join(cache, "tsplay", "reference-trixie");

const done = spawnSync("chroot", [reference, "python3", "-c", DRIVER], {
  input: readFileSync(join(here, "cases.json")),
  env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", HOME: "/root", TZ: "UTC" },
  maxBuffer: 64 * 1024 * 1024,
});
if (done.status !== 0) {
  console.error(String(done.stderr));
  process.exit(1);
}
const results = JSON.parse(String(done.stdout)) as unknown[];
writeFileSync(join(here, "recorded.json"), `[\n${results.map((result) => JSON.stringify(result)).join(",\n")}\n]\n`);
console.log(`${results.length} results recorded`);
