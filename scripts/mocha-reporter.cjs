// Mocha's usual output, what failed told at once as well (suites take minutes), and its counts in a file for scripts/test.mjs.

const { writeFileSync } = require("node:fs");
const { reporters } = require("mocha");

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.on("fail", (_, error) => console.log(String(error.message).replace(/^/gm, "      ")));
    runner.once("end", () => {
      const { passes, failures, pending } = this.stats;
      writeFileSync(
        options.reporterOptions.output,
        JSON.stringify({ passed: passes, failed: failures, skipped: pending }),
      );
    });
  }
};
