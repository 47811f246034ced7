// `npm test`: every suite in order, one line of totals at the end.
//   npm test -- --only unit,e2e     just these        npm test -- --skip e2e      all but these
//   TSPLAY_SKIP=e2e,conformance     the same as --skip
//   TSPLAY_VM=1                     the virtual machines too; TSPLAY_K8S_EXTERNAL=1 clusters with an etcd of their own

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Suites in order. A check counts as one test; mocha suites count their own. */
const SUITES = [
  { name: "lint", run: () => check("biome", ["check", "."]) },
  { name: "types", run: () => check("tsc", ["--noEmit", "-p", "tsconfig.json"]) },
  { name: "unit", run: () => mocha("unit", 20_000) },
  { name: "conformance", run: () => mocha("conformance", 60_000) },
  { name: "k8s", run: () => mocha("e2e/k8s", 1_800_000) },
  // After k8s, whose Kubernetes some of them use. They mostly wait for hosts, so two files run at once, each with a lab of its own.
  { name: "e2e", run: () => mocha("e2e", 600_000, { except: ["k8s", "k8s-external"], jobs: 2 }) },
  { name: "k8s-external", run: () => mocha("e2e/k8s-external", 1_800_000), onDemand: "TSPLAY_K8S_EXTERNAL" },
  { name: "vm", run: () => mocha("vm", 600_000), onDemand: "TSPLAY_VM" },
];

const { only, skip } = choices(process.argv.slice(2), process.env.TSPLAY_SKIP ?? "");
const total = { passed: 0, failed: 0, skipped: 0 };
for (const { name, run, onDemand } of SUITES) {
  const unasked = onDemand !== undefined && only.size === 0 && process.env[onDemand] !== "1";
  if (unasked || skip.has(name) || (only.size > 0 && !only.has(name))) {
    console.log(
      `\n== ${name}: skipped, ${unasked ? `as it takes minutes: --only ${name} or ${onDemand}=1 runs it` : "as asked"}`,
    );
    total.skipped += 1;
    continue;
  }
  console.log(`\n== ${name}`);
  const counts = run();
  for (const key of Object.keys(total)) total[key] += counts[key];
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;

function choices(args, fromEnvironment) {
  const wanted = { only: new Set(), skip: new Set() };
  const add = (kind, text) => {
    for (const name of text.split(",").filter(Boolean)) {
      if (!SUITES.some((suite) => suite.name === name)) {
        console.error(`no suite '${name}'; there are ${SUITES.map((suite) => suite.name).join(", ")}`);
        process.exit(5);
      }
      wanted[kind].add(name);
    }
  };
  add("skip", fromEnvironment);
  for (let index = 0; index < args.length; index++) {
    const [flag, value] = args[index].split("=");
    if (flag !== "--only" && flag !== "--skip") {
      console.error(`unknown option ${args[index]}; there are --only NAMES and --skip NAMES`);
      process.exit(5);
    }
    add(flag.slice(2), value ?? args[++index] ?? "");
  }
  return wanted;
}

function check(program, args) {
  const { status, error } = spawnSync(join(root, "node_modules", ".bin", program), args, {
    cwd: root,
    stdio: "inherit",
  });
  if (error) console.error(`${program}: ${error.message}`);
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

/** Runs test/FOLDER with mocha, `jobs` files at a time, without folders below it (`except`) that are suites of their own. A run that ends without counts, or fails without a failed test, counts as failed. */
function mocha(folder, timeout, { except = [], jobs } = {}) {
  const path = join(root, "test", folder);
  const files = existsSync(path)
    ? readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".test.ts"))
    : [];
  if (files.length === 0) {
    console.log(`there are no tests in test/${folder}`);
    return { passed: 0, failed: 0, skipped: 0 };
  }
  const reports = mkdtempSync(join(tmpdir(), "tsplay-test-"));
  const report = join(reports, "report.json");
  const args = [
    join(root, "node_modules", "mocha", "bin", "mocha.js"),
    `test/${folder}/**/*.test.ts`,
    "--reporter",
    join(root, "scripts", "mocha-reporter.cjs"),
    "--reporter-option",
    `output=${report}`,
    "--timeout",
    String(timeout),
    ...(jobs === undefined ? [] : ["--parallel", "--jobs", String(jobs)]),
    ...except.flatMap((below) => ["--ignore", `test/${folder}/${below}/**`]),
  ];
  try {
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
    const counts = JSON.parse(readFileSync(report, "utf8"));
    return status === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 };
  } catch {
    console.error(`the suite ${folder} ended before it was done`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}
