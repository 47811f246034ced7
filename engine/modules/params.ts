// Module parameters: a JSON Schema written once gives validation, the TypeScript type, documentation and
// completion. Here: the schema's shape, the type made from it, and Ansible's conversions of loose values.

/** One parameter. `type` is Ansible's type; the keywords are JSON Schema's where it has one. */
export interface ParamSchema {
  /** `path` is text with ~ and $VARS expanded on the host; `mode` is 0644, "0644" or "u=rw,g=r"; `bytes` is "10M" → number. */
  readonly type: "string" | "boolean" | "integer" | "number" | "array" | "object" | "path" | "mode" | "bytes" | "raw";
  readonly description: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly aliases?: readonly string[];
  readonly items?: Omit<ParamSchema, "description"> & { readonly description?: string };
  /** Sub-options of an object. */
  readonly properties?: Readonly<Record<string, ParamSchema>>;
  readonly requiredProperties?: readonly string[];
  /** The value is a secret: masked everywhere, even without no_log. */
  readonly secret?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of a `path`: relative paths stay as written (link targets, `creates` below `chdir`); others are put below the user's home. */
  readonly relative?: boolean;
  /** Accepted without effect, because it has no meaning here; a warning says so (with this reason). */
  readonly ignored?: string;
}

export interface ObjectSchema {
  readonly properties: Readonly<Record<string, ParamSchema>>;
  readonly required?: readonly string[];
  /** Pairs of which at most one may be given. */
  readonly exclusive?: readonly (readonly string[])[];
  /** Groups of which at least one must be given. */
  readonly oneOf?: readonly (readonly string[])[];
  /** Groups that must be given together. */
  readonly together?: readonly (readonly string[])[];
  /** [param, value, then required params]: with state=link, src is required. */
  readonly requiredIf?: readonly (readonly [string, unknown, readonly string[]])[];
  /** Free keys allowed beside the properties (set_fact, add_host, group vars); they go to `extra`. */
  readonly open?: boolean;
}

type Simple<P> = P extends { readonly enum: readonly (infer E)[] }
  ? E
  : P extends { readonly type: "string" | "path" }
    ? string
    : P extends { readonly type: "boolean" }
      ? boolean
      : P extends { readonly type: "integer" | "number" | "bytes" }
        ? number
        : P extends { readonly type: "mode" }
          ? string | number
          : P extends { readonly type: "array"; readonly items: infer I }
            ? readonly Simple<I>[]
            : P extends { readonly type: "array" }
              ? readonly unknown[]
              : P extends { readonly type: "object" }
                ? Readonly<Record<string, unknown>>
                : unknown;

type RequiredNames<S extends ObjectSchema> = S["required"] extends readonly (infer R)[] ? R : never;

/** The parameters as `plan` receives them: defaults filled in, aliases resolved, values converted. */
export type ParamsOf<S extends ObjectSchema> = {
  readonly [K in keyof S["properties"]]: K extends RequiredNames<S>
    ? Simple<S["properties"][K]>
    : S["properties"][K] extends { readonly default: null }
      ? Simple<S["properties"][K]> | undefined
      : S["properties"][K] extends { readonly default: unknown }
        ? Simple<S["properties"][K]>
        : Simple<S["properties"][K]> | undefined;
};
