// `npm run quickstart`: three throwaway hosts, a real playbook on them, the same again, and what to do next.
// Everything is done by tsplay's own commands, which are shown, so that they can be repeated by hand.
//   npm run quickstart -- --source vendor|debian    not the vendor's Kubernetes where it can be reached, else Debian's

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = 20;
const VENDOR_SETTINGS = "scripts/quickstart-vendor.yml";
const SOURCES = {
  vendor: { settings: VENDOR_SETTINGS, args: ["-e", `@${VENDOR_SETTINGS}`], name: "the vendor's packages and images" },
  debian: { settings: "inventories/lab/group_vars/all.yml", args: [], name: "Debian's source" },
};
/** Milliseconds that the vendor may take to answer. */
const PATIENCE = 5000;

/** What was done, how long it took. */
const times = [];

/** Ends with a sentence on what went wrong and one on what to do. */
function stop(problem, advice) {
  console.error(`\nquickstart: ${problem}\n  ${advice}`);
  process.exit(1);
}

/** Runs tsplay, showing its output; gives exit status and, where `keep` is set, the output as well. */
function run(words, { keep = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(PROJECT, "bin", "tsplay"), ...words], {
      cwd: PROJECT,
      stdio: ["inherit", keep ? "pipe" : "inherit", "inherit"],
    });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.on("error", (error) => stop(`tsplay cannot be started: ${error.message}`, "is Node installed whole?"));
    child.on("close", (code, signal) => resolve({ code: code ?? (signal === "SIGINT" ? 130 : 1), output }));
  });
}

async function step(title, words, options) {
  console.log(`\n── ${title}\n   tsplay ${words.join(" ")}\n`);
  const begin = performance.now();
  const result = await run(words, options);
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  times.push([title, seconds]);
  if (result.code === 130) stop("interrupted", "hosts that are up are removed by `npx tsplay lab down`");
  if (result.code !== 0)
    stop(
      `${title} failed (tsplay ended with exit status ${result.code}); what it said stands above`,
      words[0] === "lab"
        ? "when that is put right, start `npm run quickstart` again: it goes on from what is there"
        : "the hosts are still up: look with `npx tsplay lab ssh lab-1`, start again to go on from there, or remove them with `npx tsplay lab down`",
    );
  return result;
}

/** Sum of the changed counts in the recap, undefined when there is no recap. */
function changesIn(output) {
  const counts = [...output.matchAll(/\bchanged=(\d+)/g)].map((match) => Number(match[1]));
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
}

/** `k8s_version` in a file of variables. */
function versionIn(file) {
  return /^k8s_version: *"?([\d.]+)/m.exec(readFileSync(join(PROJECT, file), "utf8"))?.[1] ?? "";
}

/** Whether Kubernetes can be had from the vendor: its packages, and its images, which the hosts would fetch. */
async function vendorAnswers() {
  const minor = versionIn(VENDOR_SETTINGS).split(".").slice(0, 2).join(".");
  const places = [`https://pkgs.k8s.io/core:/stable:/v${minor}/deb/Release`, "https://registry.k8s.io/v2/"];
  const answers = places.map((place) => fetch(place, { signal: AbortSignal.timeout(PATIENCE) }));
  return (await Promise.allSettled(answers)).every(({ status, value }) => status === "fulfilled" && value.ok);
}

function sourceAsked(args) {
  const source = args[0] === "--source" ? args[1] : undefined;
  if (args.length === 0 || (args.length === 2 && source !== undefined && source in SOURCES)) return source;
  return stop(
    `unknown arguments: ${args.join(" ")}`,
    `there is --source with one of ${Object.keys(SOURCES).join(", ")}`,
  );
}

const asked = sourceAsked(process.argv.slice(2));
if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE)
  stop(`this is Node ${process.versions.node}`, `install Node ${OLDEST_NODE} or newer`);
if (!existsSync(join(PROJECT, "node_modules", "commander")))
  stop("the packages that tsplay needs are not installed", "run `npm ci` first");

const source = SOURCES[asked ?? ((await vendorAnswers()) ? "vendor" : "debian")];
const VERSION = versionIn(source.settings);
const inventory = ["-i", "inventories/lab", ...source.args];
const RUN = ["run", "playbooks/k8s.yml", ...inventory];
const reason = asked ? "as asked" : source === SOURCES.vendor ? "which answer" : "as the vendor does not answer";
console.log(`\nKubernetes ${VERSION} from ${source.name}, ${reason}.`);

await step("Three Debian hosts on this machine", ["lab", "up", "3", "--profile", "kubernetes"]);
await step("Kubernetes' programs and images, kept for the next time", ["run", "playbooks/artifacts.yml", ...inventory]);
await step("A Kubernetes cluster of three masters on them", RUN);
const second = await step("The same again: nothing is left to do", RUN, { keep: true });

const changes = changesIn(second.output);
if (changes !== 0)
  stop(
    changes === undefined ? "the second run ended without a recap" : `the second run changed ${changes} things`,
    "that is a bug in tsplay or in the role, please report it with the output above",
  );

console.log(`
── Done
${times.map(([title, seconds]) => `   ${seconds.padStart(6)} s  ${title}`).join("\n")}

   What there is: three masters, each with a member of etcd, behind a load balancer on every node; pods and services were
   tried on each of them (the last lines of the run). Kubernetes ${VERSION}, from ${source.name}.

   Look around:
     npx tsplay lab ssh lab-1 kubectl get pods --all-namespaces --output wide
                                                          (KUBECONFIG is set for root; from here: kubectl
                                                          --kubeconfig inventories/lab/.cluster/admin.conf)
     npx tsplay run playbooks/verify.yml ${inventory.join(" ")}
                                                          the cluster asked what a cluster must be able to do
     npx tsplay ${RUN.join(" ")} --check --diff
                                                          what a run would change now: nothing
     npx tsplay lab kill lab-3                            a power cut; two of three go on
     npx tsplay lab rebuild lab-3 && npx tsplay run playbooks/replace-master.yml ${inventory.join(" ")} -e master=lab-3
                                                          a fresh machine in its place
     npx tsplay lab status                                the hosts and their addresses
   Take it down:
     npx tsplay lab down
`);
