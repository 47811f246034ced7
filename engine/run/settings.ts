// The settings of a run: what the command line says, else what is configured.

import type { TransportEnvironment } from "../connection/open.ts";
import { SshOptionReader } from "../connection/ssh-options.ts";
import type { ConnectionDefaults } from "./connection-settings.ts";
import type { RunContext } from "./context.ts";
import type { RunOptions } from "./options.ts";

type PlaySettings = Pick<
  RunContext,
  | "forks"
  | "strategy"
  | "anyErrorsFatal"
  | "gathering"
  | "gatherSubset"
  | "gatherTimeout"
  | "noLog"
  | "taskTimeout"
  | "pollInterval"
  | "errorOnMissingHandler"
  | "privateRoleVars"
  | "executable"
  | "ansibleManaged"
>;

export class RunSettings {
  readonly #options: RunOptions;
  readonly #transport: TransportEnvironment;

  constructor(options: RunOptions, env: NodeJS.ProcessEnv) {
    this.#options = options;
    this.#transport = { env, sshOptions: new SshOptionReader(env) };
  }

  get configFile(): string | undefined {
    return this.#options.config.file;
  }

  get warnsOfLocalhost(): boolean {
    return this.#options.config.get("localhost_warning");
  }

  get forceHandlers(): boolean {
    return this.#options.config.get("force_handlers");
  }

  /** One for all hosts of the run. */
  get transport(): TransportEnvironment {
    return this.#transport;
  }

  /** How hosts are reached where neither variables nor keywords say. */
  connectionDefaults(): ConnectionDefaults {
    const { config, become, passwords, user, connection, timeout, privateKeyFile, sshCommonArgs, sshExtraArgs } =
      this.#options;
    const remoteUser = user ?? config.get("remote_user");
    const keyFile = privateKeyFile ?? config.get("private_key_file");
    const becomePassword = passwords.become ?? config.get("become_pass");
    const becomeFlags = config.get("become_flags");
    const becomeExecutable = config.get("become_exe");
    const passphrase = config.get("private_key_passphrase");
    const port = config.get("remote_port");
    return {
      connection: connection ?? config.get("transport"),
      timeout: timeout ?? config.get("timeout"),
      hostKeyChecking: config.get("host_key_checking") ? "yes" : "no",
      sshCommonArgs: sshCommonArgs ?? config.get("ssh_common_args"),
      sshExtraArgs: sshExtraArgs ?? config.get("ssh_extra_args"),
      sshArgs: config.get("ssh_args") ?? "",
      sshRetries: config.get("ssh_retries"),
      becomeAllowSameUser: config.get("become_allow_same_user"),
      sshExecutable: config.get("ssh_executable"),
      become: become.become ?? config.get("become"),
      becomeMethod: become.method ?? config.get("become_method"),
      becomeUser: become.user ?? config.get("become_user"),
      ...(remoteUser ? { user: remoteUser } : {}),
      ...(port ? { port } : {}),
      ...(passphrase ? { privateKeyPassphrase: passphrase } : {}),
      ...(keyFile ? { privateKeyFile: keyFile } : {}),
      ...(passwords.connection === undefined ? {} : { password: passwords.connection }),
      ...(becomePassword ? { becomePassword } : {}),
      ...(becomeFlags ? { becomeFlags } : {}),
      ...(becomeExecutable ? { becomeExecutable } : {}),
    };
  }

  play(): PlaySettings {
    const { config } = this.#options;
    return {
      forks: this.#options.forks ?? config.get("forks"),
      strategy: config.get("strategy"),
      anyErrorsFatal: config.get("any_errors_fatal"),
      gathering: config.get("gathering") as PlaySettings["gathering"],
      gatherSubset: config.get("gather_subset"),
      gatherTimeout: config.get("gather_timeout"),
      noLog: config.get("no_log"),
      taskTimeout: config.get("task_timeout"),
      pollInterval: config.get("poll_interval"),
      errorOnMissingHandler: config.get("error_on_missing_handler"),
      privateRoleVars: config.get("private_role_vars"),
      executable: config.get("executable"),
      ansibleManaged: config.get("ansible_managed"),
    };
  }
}
