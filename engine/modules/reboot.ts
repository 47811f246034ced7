// Reboots the host and waits until it is up again, which its boot id tells.

import { Failure, fail } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import type { Host } from "../host/host.ts";
import { type ActionContext, builtin, defineAction } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { shellQuote } from "./shell-words.ts";
import { sleep } from "./waiting.ts";

const BOOT_ID = "cat /proc/sys/kernel/random/boot_id";

const params = {
  properties: {
    msg: { type: "string", default: "Reboot initiated by Ansible", description: "Told to users who are logged in." },
    pre_reboot_delay: { type: "integer", default: 0, description: "Seconds before the reboot; whole minutes count." },
    post_reboot_delay: { type: "integer", default: 0, description: "Seconds to wait after the host is back." },
    reboot_timeout: {
      type: "integer",
      default: 600,
      description: "Seconds to wait for the host, and again for the test.",
    },
    connect_timeout: {
      type: "integer",
      description: "Seconds for one attempt.",
      ignored: "the connection's own timeout applies",
    },
    test_command: { type: "string", default: "whoami", description: "Must succeed before the host counts as back." },
    search_paths: {
      type: "array",
      items: { type: "string" },
      default: ["/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin"],
      description: "Where `shutdown` is looked for.",
    },
    boot_time_command: { type: "string", default: BOOT_ID, description: "Its output differs after a reboot." },
    reboot_command: { type: "string", description: "Run in place of `shutdown`." },
  },
} as const;
type RebootParams = ParamsOf<typeof params>;

export const reboot = defineAction({
  name: "reboot",
  aliases: builtin("reboot"),
  summary: "Reboot the host and wait for it",
  params,
  returns: { rebooted: "Whether it was rebooted.", elapsed: "Seconds it took." },
  runsInCheck: true,
  async run(context, given): Promise<Result> {
    const start = context.now();
    if (context.check) {
      await refuseController(context);
      return { changed: true, rebooted: true, elapsed: 0 };
    }
    const [before, command] = await Promise.all([
      bootId(context.host, given),
      rebootCommand(context.host, given),
      refuseController(context),
    ]);
    await order(context.host, command);
    context.progress("rebooting");
    await sleep(Math.floor(Math.max(0, given.pre_reboot_delay) / 60) * 60, context.signal);
    await until(
      context,
      given.reboot_timeout,
      "last boot time check",
      async () => (await bootId(context.host, given)) !== before,
    );
    await until(context, given.reboot_timeout, "post-reboot test command", async () => {
      const { code, stderr } = await context.host.run({ script: given.test_command, reads: true });
      return code === 0 || `\`${given.test_command}\` ended with ${code}: ${stderr.toString().trim()}`;
    });
    await settle(context.host);
    if (given.post_reboot_delay > 0) await sleep(given.post_reboot_delay, context.signal);
    return { changed: true, rebooted: true, elapsed: Math.floor(context.now() - start) };
  },
});

async function bootId(host: Host, given: RebootParams): Promise<string> {
  const { code, stdout, stderr } = await host.run({ script: given.boot_time_command, reads: true });
  if (code !== 0) fail("reboot-boot-id", `failed to get the host's boot time: ${stderr.toString().trim()}`);
  return stdout.toString().trim();
}

/** A host that shares its boot id and machine id with the controller, or is reached without leaving it, is the controller. */
async function refuseController(context: ActionContext): Promise<void> {
  const refuse = (): never =>
    fail("reboot-controller", "Running reboot with local connection would reboot the control node.");
  if (context.variable("ansible_connection") === "local") refuse();
  if (context.host === context.controller) refuse();
  const identity = async (host: Host) => {
    const { stdout } = await host.run({ script: `${BOOT_ID}; cat /etc/machine-id; uname -n`, reads: true });
    return stdout.toString();
  };
  const [there, here] = await Promise.all([identity(context.host), identity(context.controller)]);
  if (there === here) refuse();
}

async function rebootCommand(host: Host, given: RebootParams): Promise<string> {
  if (given.reboot_command !== undefined) return given.reboot_command;
  const paths = given.search_paths.map((folder) => `${folder}/shutdown`);
  const stats = await Promise.all(paths.map((path) => host.stat(path, { follow: true })));
  const found = paths.find((_, index) => stats[index]?.executable);
  if (found === undefined)
    return fail(
      "reboot-shutdown",
      `Unable to find command "shutdown" in search paths: ${given.search_paths.join(", ")}`,
      { hint: "set reboot_command, such as 'systemctl reboot'" },
    );
  return `${found} -r ${minutes(given.pre_reboot_delay)} ${shellQuote(given.msg)}`;
}

function minutes(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds) / 60);
  return whole === 0 ? "now" : `+${whole}`;
}

/** The connection may end before the answer comes: that is what was wanted. */
async function order(host: Host, command: string): Promise<void> {
  try {
    const { code, stdout, stderr, signal } = await host.run({ script: command, timeout: 60 });
    if (code !== 0 && signal === undefined)
      fail(
        "reboot-command",
        `Reboot command failed. Error was: '${stdout.toString().trim()}, ${stderr.toString().trim()}'`,
      );
  } catch (error) {
    if (error instanceof Failure && isLost(error)) return;
    throw error;
  }
}

function isLost(error: Failure): boolean {
  return ["connection-lost", "host-unreachable"].includes(error.problem.code);
}

/** Tries until it is done, which it says with true; else it may say what it saw. */
async function until(
  context: ActionContext,
  seconds: number,
  subject: string,
  done: () => Promise<boolean | string>,
): Promise<void> {
  const deadline = context.now() + seconds;
  let pause = 1;
  for (;;) {
    let seen: string;
    try {
      await context.resetConnection();
      const answer = await done();
      if (answer === true) return;
      seen = answer === false ? "the host answers, but has not gone down" : answer;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      seen = error.message;
    }
    if (context.now() + pause > deadline)
      fail("reboot-timeout", `Timed out waiting for ${subject} (timeout=${seconds})`, {
        hint: `at the last attempt: ${seen}`,
      });
    await sleep(pause, context.signal);
    pause = Math.min(5, pause * 1.5);
  }
}

/** Units that are started at boot may still be on their way; a host without systemd is ready as it is. */
async function settle(host: Host): Promise<void> {
  if (!(await host.stat("/run/systemd/system"))) return;
  await host.run({ argv: ["systemctl", "is-system-running", "--wait"], reads: true, timeout: 60 });
}
