// `{% include %}`, `{% import %}`, `{% from %}` and `{% extends %}`: templates that name other templates.

import { fail } from "../../core/problem.ts";
import { Opaque, Undefined, type Value } from "../../core/value.ts";
import { typeError, typeName, used } from "../python/types.ts";
import type { Scope } from "../scope.ts";
import type { Expression, Statement } from "../syntax/tree.ts";
import { runPage } from "./blocks.ts";
import type { Emit } from "./compiled.ts";
import { compile } from "./expressions.ts";
import { type Frame, type Page, setLocal } from "./frame.ts";
import { settled } from "./guard.ts";

const NOTHING: Scope = { get: () => undefined, names: () => [] };

type Loaded = NonNullable<Page["parent"]>;

/** The first of the named templates that exists. */
function find(names: Value, frame: Frame, required: boolean): Loaded | undefined {
  const given: Value = used(settled(names, frame));
  const list: readonly Value[] = Array.isArray(given) ? given : [given];
  for (const name of list) {
    if (typeof name !== "string") typeError(`a template's name must be text, not ${typeName(name)}`);
    const loaded = frame.machine.load(name, frame);
    if (loaded) return loaded;
  }
  if (!required) return undefined;
  const shown = list.map((name) => `'${String(name)}'`).join(", ");
  fail(
    "template-not-found",
    list.length === 1 ? `Template not found: ${shown}` : `None of the templates given were found: ${shown}`,
  );
}

/** A frame for another template: with the names that are seen here, or with none. */
function pageFrame(frame: Frame, file: string, withContext: boolean): Frame {
  const root: Frame & { page: Page | undefined } = {
    machine: frame.machine,
    scope: withContext ? frame.scope : NOTHING,
    parent: withContext ? frame : undefined,
    locals: undefined,
    page: undefined,
  };
  root.page = { settings: { ...frame.page?.settings, file }, blocks: new Map(), parent: undefined, root };
  return root;
}

export function compileInclude(node: Statement & { readonly kind: "include" }): Emit {
  const template = compile(node.template);
  return (frame, out) => {
    frame.machine.place = node.place;
    const loaded = find(template(frame), frame, !node.ignoreMissing);
    if (loaded)
      frame.machine.nested(() => runPage(loaded.compiled, pageFrame(frame, loaded.file, node.withContext), out));
  };
}

export function compileExtends(node: Statement & { readonly kind: "extends" }): Emit {
  const template = compile(node.template);
  return (frame) => {
    frame.machine.place = node.place;
    if (!frame.page) fail("template-syntax", "extends is only possible in template files");
    if (frame.page.parent) typeError("extended multiple times");
    frame.page.parent = find(template(frame), frame, true);
  };
}

function load(template: Expression, withContext: boolean): (frame: Frame) => Module {
  const name = compile(template);
  return (frame) => {
    const loaded = find(name(frame), frame, true);
    if (!loaded) fail("template-not-found", "Template not found");
    const own = pageFrame(frame, loaded.file, withContext);
    frame.machine.nested(() => runPage(loaded.compiled, own, []));
    return new Module(loaded.file, own.locals ?? new Map());
  };
}

export function compileImport(node: Statement & { readonly kind: "import" }): Emit {
  const module = load(node.template, node.withContext);
  return (frame) => {
    frame.machine.place = node.place;
    setLocal(frame, node.name, module(frame));
  };
}

export function compileFrom(node: Statement & { readonly kind: "from" }): Emit {
  const module = load(node.template, node.withContext);
  return (frame) => {
    frame.machine.place = node.place;
    const made = module(frame);
    for (const [name, as] of node.names) {
      const missing = `the template '${made.file}' does not export the requested name '${name}'`;
      setLocal(frame, as, made.attribute(name) ?? new Undefined(missing));
    }
  };
}

/** An imported template: what it set at its top, names that begin with `_` aside. */
class Module extends Opaque {
  readonly typeName = "TemplateModule";
  readonly file: string;
  readonly #names: ReadonlyMap<string, Value>;
  constructor(file: string, names: ReadonlyMap<string, Value>) {
    super();
    this.file = file;
    this.#names = names;
  }
  attribute(name: string): Value | undefined {
    return name.startsWith("_") ? undefined : this.#names.get(name);
  }
}
