// What `update-alternatives --query` answers. Pure.

/** A program that is offered. */
export interface Choice {
  readonly priority: number;
  /** Name → path of the links that follow. */
  readonly slaves: ReadonlyMap<string, string>;
}

export interface Alternatives {
  readonly link: string;
  readonly status: string;
  /** The chosen program. */
  readonly value: string;
  readonly choices: ReadonlyMap<string, Choice>;
  /** Name → link of what follows. */
  readonly slaveLinks: ReadonlyMap<string, string>;
}

export interface Slave {
  readonly name: string;
  readonly path: string;
  readonly link: string;
}

/** Paragraphs of fields, the first about the name, the others each about a program. */
export function parseQuery(text: string): Alternatives {
  const [head = new Map<string, string[]>(), ...rest] = text
    .split(/\n\n+/)
    .filter((paragraph) => paragraph.trim() !== "")
    .map(fieldsOf);
  const one = (fields: ReadonlyMap<string, readonly string[]>, name: string): string => fields.get(name)?.[0] ?? "";
  return {
    link: one(head, "Link"),
    status: one(head, "Status"),
    value: one(head, "Value"),
    slaveLinks: pairsOf(head.get("Slaves")),
    choices: new Map(
      rest.map((fields) => [
        one(fields, "Alternative"),
        { priority: Number(one(fields, "Priority")), slaves: pairsOf(fields.get("Slaves")) },
      ]),
    ),
  };
}

/** The parameter `subcommands` as links; undefined if it is not given. */
export function slavesOf(given: readonly unknown[] | undefined): readonly Slave[] | undefined {
  return given?.map((one) => {
    const { name, path, link } = one as { readonly [key: string]: unknown };
    return { name: String(name), path: String(path), link: String(link) };
  });
}

/** Whether just these follow the program. */
export function isSameSlaves(
  wanted: readonly Slave[],
  present: ReadonlyMap<string, string>,
  links: ReadonlyMap<string, string> | undefined,
): boolean {
  return (
    wanted.length === present.size &&
    wanted.every((slave) => present.get(slave.name) === slave.path && links?.get(slave.name) === slave.link)
  );
}

/** A field's own line, and those below it that begin with a blank. */
function fieldsOf(paragraph: string): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of paragraph.split("\n")) {
    const match = /^([A-Z][\w-]*):\s*(.*)$/.exec(line);
    if (match) {
      current = match[2] === "" ? [] : [match[2] ?? ""];
      fields.set(match[1] ?? "", current);
    } else if (line.startsWith(" ")) current.push(line.trim());
  }
  return fields;
}

function pairsOf(lines: readonly string[] | undefined): Map<string, string> {
  return new Map(
    (lines ?? []).flatMap((line) => {
      const blank = line.indexOf(" ");
      return blank < 0 ? [] : [[line.slice(0, blank), line.slice(blank + 1)] as const];
    }),
  );
}
