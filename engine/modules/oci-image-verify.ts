// An image that was made is checked by running it, not by its being there.

import { randomBytes } from "node:crypto";
import { textOf } from "../core/bytes.ts";
import type { Host } from "../host/host.ts";
import type { Image } from "./oci-build.ts";
import type { ImageParams, Verification } from "./oci-image-params.ts";
import type { Runtime } from "./oci-runtime.ts";
import { failTask } from "./task-failure.ts";

/** Runs the command of `verify`; an image that fails it is removed, so that the next run tries again. Its output. */
export async function verifyImage(
  host: Host,
  runtime: Runtime,
  params: ImageParams,
  images: readonly Image[],
): Promise<string | undefined> {
  if (params.verify === undefined) return undefined;
  const wanted = params.verify as unknown as Verification;
  const name = images[0]?.names[0] ?? "";
  const id = `tsplay-verify-${randomBytes(6).toString("hex")}`;
  const argv = runtime.running(name, id, wanted.command);
  const { code, stdout, stderr, timedOut } = await host.run({ argv, timeout: wanted.timeout });
  const said = textOf(stdout);
  const matches = wanted.stdout === undefined || new RegExp(wanted.stdout).test(said);
  if (!timedOut && code === wanted.rc && matches) return said;
  const names = images.flatMap((image) => image.names);
  for (const one of names) await host.run({ argv: runtime.removing(one) });
  const reason = timedOut
    ? `did not end within ${wanted.timeout} seconds`
    : code === wanted.rc
      ? `wrote what does not match ${wanted.stdout}`
      : `ended with status ${code} instead of ${wanted.rc}`;
  return failTask(
    "image-verify",
    `${names.join(", ")} does not work and was removed: ${wanted.command.join(" ")} ${reason}: ${(textOf(stderr) || said).trim()}`,
    { rc: code, stdout: said, stderr: textOf(stderr) },
  );
}
