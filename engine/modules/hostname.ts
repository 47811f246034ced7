// The host's name: /etc/hostname and the kernel's.

import { builtin, defineModule } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { readText, textChange } from "./text-file.ts";
import { askTool, runTool } from "./tool-run.ts";

const FILE = "/etc/hostname";

/** What the kernel takes. */
const LONGEST = 64;

export const hostname = defineModule({
  name: "hostname",
  aliases: builtin("hostname"),
  summary: "Set the host's name",
  params: {
    properties: {
      name: { type: "string", description: "The name." },
      use: {
        type: "string",
        enum: [
          "alpine",
          "debian",
          "freebsd",
          "generic",
          "macos",
          "macosx",
          "darwin",
          "openbsd",
          "openrc",
          "redhat",
          "sles",
          "solaris",
          "systemd",
        ],
        default: null,
        description: "How to set it; found out by itself when absent.",
      },
    },
    required: ["name"],
  },
  returns: { name: "The name." },
  async plan(host, params, context) {
    const { name } = params;
    if (name.length > LONGEST) failTask("hostname-long", `a host's name has at most ${LONGEST} characters: ${name}`);
    const [file, kernel] = await Promise.all([readText(host, FILE), readText(host, "/proc/sys/kernel/hostname")]);
    const predicted = context.predictions.of("hostname").at(-1)?.name;
    const permanent = firstLine(file?.text);
    const current = predicted ?? kernel?.text.trim() ?? "";
    const domain = name.includes(".") ? name.slice(name.indexOf(".") + 1) : "";
    const result = {
      name,
      ansible_facts: {
        ansible_hostname: name.split(".")[0] ?? name,
        ansible_nodename: name,
        ansible_fqdn: name,
        ansible_domain: domain,
      },
    };
    if (permanent === name && current === name) return { changes: [], result };
    const write = textChange({ path: FILE, before: file?.text, after: `${name}\n`, present: file?.stat });
    return {
      changes: [
        {
          what: `set the host's name to ${name}`,
          difference: { before: `hostname = ${current}\n`, after: `hostname = ${name}\n` },
          predict: [{ kind: "hostname", name }, ...(write.predict ?? [])],
          async apply(target, progress) {
            // systemd's own tool tells others of the new name; where it cannot, the file and the kernel are enough.
            if (params.use === undefined || params.use === "systemd") {
              const done = await target
                .run({ argv: ["hostnamectl", "set-hostname", "--", name], env: { LC_ALL: "C" } })
                .catch(() => undefined);
              if (done?.code === 0) return undefined;
            }
            if (permanent !== name) await write.apply(target, progress);
            const set = await target.run({ argv: ["hostname", name], env: { LC_ALL: "C" } }).catch(() => undefined);
            if (set?.code !== 0)
              await runTool(target, ["sysctl", "-q", "-w", `kernel.hostname=${name}`], "set the host's name");
            const answer = await askTool(target, ["uname", "-n"]);
            return { ansible_facts: { ...result.ansible_facts, ansible_nodename: answer.stdout.trim() } };
          },
        },
      ],
      result,
    };
  },
});

function firstLine(text: string | undefined): string | undefined {
  return text
    ?.split("\n")
    .find((line) => line.trim() !== "" && !line.startsWith("#"))
    ?.trim();
}
