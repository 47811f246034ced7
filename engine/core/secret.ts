// Text that must appear in no output. The run registers secrets as it meets them (become and ssh passwords,
// vaulted values, parameters marked `secret`); reporters mask whatever they print through one Mask.

/** What a secret is replaced with, as Ansible does for `no_log` values. */
export const MASKED = "********";

/** Shortest text that is masked inside other text; shorter ones would turn ordinary words into stars. */
const SHORTEST = 4;

export class Mask {
  readonly #secrets = new Set<string>();
  #pattern: RegExp | undefined;

  add(secret: string): void {
    for (const part of [secret, secret.trim()]) {
      if (part.length < SHORTEST || this.#secrets.has(part)) continue;
      this.#secrets.add(part);
      this.#pattern = undefined;
    }
  }

  /** The text with every known secret replaced. */
  text(text: string): string {
    if (this.#secrets.size === 0) return text;
    this.#pattern ??= new RegExp(
      [...this.#secrets]
        .sort((a, b) => b.length - a.length)
        .map((secret) => secret.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
        .join("|"),
      "g",
    );
    return text.replace(this.#pattern, MASKED);
  }

  /** Plain data with every known secret replaced in every string, keys included. */
  data<T>(value: T): T {
    if (this.#secrets.size === 0) return value;
    return this.#walk(value) as T;
  }

  #walk(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#walk(item));
    if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.#walk(item)]));
    return value;
  }
}
