// `namespace()`: the one object that `{% set ns.x = … %}` may change from an inner scope.

import { Opaque, type Value } from "../../core/value.ts";

export class Namespace extends Opaque {
  readonly typeName = "Namespace";
  readonly #values: Map<string, Value>;
  constructor(values: Iterable<readonly [string, Value]>) {
    super();
    this.#values = new Map(values);
  }
  attribute(name: string): Value | undefined {
    return this.#values.get(name);
  }
  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }
}
