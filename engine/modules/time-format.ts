// Reads a time written in a strptime format of digits, such as %Y%m%d%H%M.%S. Pure.

const FIELDS: Readonly<Record<string, { readonly pattern: string; readonly name: string }>> = {
  Y: { pattern: "(\\d{4})", name: "year" },
  y: { pattern: "(\\d{2})", name: "shortYear" },
  m: { pattern: "(\\d{1,2})", name: "month" },
  d: { pattern: "(\\d{1,2})", name: "day" },
  H: { pattern: "(\\d{1,2})", name: "hour" },
  M: { pattern: "(\\d{1,2})", name: "minute" },
  S: { pattern: "(\\d{1,2})", name: "second" },
};

/** `YYYY-MM-DD hh:mm:ss`, or undefined if the text does not fit the format or the format has other fields. */
export function parseTime(text: string, format: string): string | undefined {
  const names: string[] = [];
  let known = true;
  const expanded = format.replaceAll("%T", "%H:%M:%S").replaceAll("%F", "%Y-%m-%d");
  const pattern = expanded.replace(/%(.)|[.*+?^${}()|[\]\\]/g, (whole, letter: string | undefined) => {
    if (letter === undefined) return `\\${whole}`;
    if (letter === "%") return "%";
    const field = FIELDS[letter];
    if (!field) known = false;
    names.push(field?.name ?? "");
    return field?.pattern ?? "";
  });
  const match = known ? new RegExp(`^${pattern}$`).exec(text.trim()) : null;
  if (!match) return undefined;
  const values = new Map(names.map((name, index) => [name, match[index + 1] ?? ""]));
  const two = (name: string, otherwise: string) => (values.get(name) ?? otherwise).padStart(2, "0");
  const short = values.get("shortYear");
  const year = values.get("year") ?? (short === undefined ? "1900" : `${Number(short) < 69 ? "20" : "19"}${short}`);
  return `${year}-${two("month", "01")}-${two("day", "01")} ${two("hour", "00")}:${two("minute", "00")}:${two("second", "00")}`;
}
