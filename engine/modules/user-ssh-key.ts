// `user: generate_ssh_key=yes`: a key pair in the user's home.

import type { Result } from "../core/result.ts";
import type { Host } from "../host/host.ts";
import type { Change } from "./module.ts";
import { folderOf } from "./target-path.ts";
import { readText } from "./text-file.ts";
import { askTool, runTool } from "./tool-run.ts";
import type { UserParams } from "./user-params.ts";

/** Where the key is to be. */
export function keyPath(params: UserParams, home: string): string {
  const file = params.ssh_key_file ?? `.ssh/id_${params.ssh_key_type}`;
  return file.startsWith("/") ? file : `${home}/${file}`;
}

export function keyChange(params: UserParams, path: string): Change {
  return {
    what: `make an SSH key for ${params.name}`,
    predict: [
      { kind: "path", path, type: "file", mode: 0o600, owner: params.name },
      { kind: "path", path: `${path}.pub`, type: "file", mode: 0o644, owner: params.name },
    ],
    async apply(host) {
      const entry = (await host.getent("passwd", params.name))?.[0];
      const owner = { owner: Number(entry?.[2] ?? "0"), group: Number(entry?.[3] ?? "0") };
      const folder = folderOf(path);
      if (!(await host.stat(folder))) await host.makeDirectory(folder, { ...owner, mode: 0o700 });
      const comment = params.ssh_key_comment ?? `ansible-generated on ${host.name}`;
      const argv = ["ssh-keygen", "-q", "-t", params.ssh_key_type, "-C", comment, "-f", path];
      if (params.ssh_key_bits !== undefined) argv.push("-b", String(params.ssh_key_bits));
      // A passphrase goes through standard input, never through an argument list.
      const secret = params.ssh_key_passphrase;
      if (secret === undefined) argv.push("-N", "");
      await runTool(
        host,
        argv,
        `make an SSH key for ${params.name}`,
        secret === undefined ? {} : { stdin: `${secret}\n${secret}\n` },
      );
      await Promise.all([host.setAttributes(path, owner), host.setAttributes(`${path}.pub`, owner)]);
      return keyResult(host, path);
    },
  };
}

/** What Ansible returns about the key. */
export async function keyResult(host: Host, path: string): Promise<Partial<Result>> {
  const [print, text] = await Promise.all([
    askTool(host, ["ssh-keygen", "-l", "-f", path], [{ kind: "path", path }]),
    readText(host, `${path}.pub`),
  ]);
  return {
    ssh_key_file: path,
    ssh_fingerprint: print.stdout.trim(),
    ...(text ? { ssh_public_key: text.text.trim() } : {}),
  };
}
