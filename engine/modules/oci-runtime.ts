// The container runtimes whose images are kept: how each is asked, and the commands that import, remove and run an image.

import type { Host } from "../host/host.ts";
import type { ArchiveFormat } from "./oci-archive.ts";
import type { Image } from "./oci-build.ts";
import { failTask } from "./task-failure.ts";
import { askTool, type ToolAnswer } from "./tool-run.ts";

export type RuntimeName = "containerd" | "docker" | "crio";

/** What the runtime has under a name. */
export interface PresentImage {
  /** Comparable with `identity` of an image. */
  readonly digest: string;
  /** False where parts of it are missing: then it is imported again. */
  readonly isComplete: boolean;
}

export interface Runtime {
  readonly program: string;
  /** Debian's package with the program. */
  readonly package: string;
  readonly unit: string | undefined;
  readonly format: ArchiveFormat;
  /** The digest by which this runtime knows an image. */
  identity(image: Image): string;
  /** What it has of these names. */
  look(host: Host, names: readonly string[]): Promise<ReadonlyMap<string, PresentImage>>;
  importing(file: string): readonly string[];
  removing(name: string): readonly string[];
  /** Runs a command in a new container that is removed again; `id` is a free name. */
  running(name: string, id: string, command: readonly string[]): readonly string[];
}

/** The runtime with its program; `namespace` is containerd's. */
export function runtimeOf(name: RuntimeName, program: string | undefined, namespace: string): Runtime {
  if (name === "containerd") return containerd(program ?? "ctr", namespace);
  if (name === "docker") return dockerLike(program ?? "docker", "docker.io", "docker.service");
  // CRI-O has no client that imports; podman works on the same store, without a daemon.
  return dockerLike(program ?? "podman", "podman", undefined);
}

function containerd(program: string, namespace: string): Runtime {
  const ctr = (...words: string[]): readonly string[] => [program, "--namespace", namespace, ...words];
  return {
    program,
    package: "containerd",
    unit: "containerd.service",
    format: "both",
    identity: ({ manifest }) => manifest.digest,
    async look(host, names) {
      const answer = await askTool(host, ctr("images", "check", ...names.map((one) => `name==${one}`)));
      if (answer.code !== 0) refuse(program, answer);
      return parseCheck(answer.stdout);
    },
    importing: (file) => ctr("images", "import", file),
    removing: (name) => ctr("images", "rm", "--sync", name),
    running: (name, id, command) => ctr("run", "--rm", name, id, ...command),
  };
}

/** `ctr images check`: REF TYPE DIGEST STATUS SIZE UNPACKED. Pure. */
export function parseCheck(text: string): Map<string, PresentImage> {
  const found = new Map<string, PresentImage>();
  for (const line of text.split("\n")) {
    const match = /^(\S+)\s+\S+\s+(sha256:[0-9a-f]{64})\s+(\w+).*?(true|false)?\s*$/.exec(line);
    if (match?.[1] && match[2])
      found.set(match[1], { digest: match[2], isComplete: match[3] === "complete" && match[4] !== "false" });
  }
  return found;
}

function dockerLike(program: string, name: string, unit: string | undefined): Runtime {
  return {
    program,
    package: name,
    unit,
    format: "docker",
    identity: ({ config }) => config.digest,
    async look(host, names) {
      const answers = await Promise.all(
        names.map((one) => askTool(host, [program, "image", "inspect", "--format", "{{.Id}}", one])),
      );
      const found = new Map<string, PresentImage>();
      for (const [index, answer] of answers.entries()) {
        const id = /(?:sha256:)?([0-9a-f]{64})/.exec(answer.stdout)?.[1];
        if (answer.code === 0 && id) found.set(names[index] ?? "", { digest: `sha256:${id}`, isComplete: true });
        else if (!/no such (image|object)|not known|not found/i.test(answer.stderr)) refuse(program, answer);
      }
      return found;
    },
    importing: (file) => [program, "load", "--input", file],
    removing: (one) => [program, "image", "rm", one],
    running: (one, id, [first = "", ...rest]) => [
      program,
      ...["run", "--rm", "--name", id, "--network", "none", "--entrypoint", first, one],
      ...rest,
    ],
  };
}

function refuse(program: string, { stderr, stdout, code }: ToolAnswer): never {
  const said = (stderr || stdout).trim();
  return failTask(
    "runtime-unreachable",
    `${program} does not reach its runtime: ${said === "" ? `exit status ${code}` : said}`,
    { rc: code, stderr, stdout },
  );
}
