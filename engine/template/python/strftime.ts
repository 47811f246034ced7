// strftime and strptime with Python's directives, in the C locale.

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const DAY = 86_400_000;

function two(value: number, fill = "0"): string {
  return String(value).padStart(2, fill);
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY) + 1;
}

/** Weeks since the first Sunday (or Monday) of the year. */
function week(date: Date, monday: boolean): number {
  const weekday = monday ? (date.getUTCDay() + 6) % 7 : date.getUTCDay();
  return Math.floor((dayOfYear(date) + 6 - weekday) / 7);
}

/** ISO year and week. */
function iso(date: Date): [number, number] {
  const thursday = new Date(date.getTime() + (3 - ((date.getUTCDay() + 6) % 7)) * DAY);
  return [thursday.getUTCFullYear(), Math.floor((dayOfYear(thursday) - 1) / 7) + 1];
}

function zoneText(zone: number | undefined): string {
  if (zone === undefined) return "";
  const size = Math.abs(zone);
  return `${zone < 0 ? "-" : "+"}${two(Math.floor(size / 3600))}${two(Math.floor(size / 60) % 60)}`;
}

/** The date's UTC fields in a pattern; `zone` is seconds east of UTC. */
export function formatTime(pattern: string, date: Date, micros = 0, zone?: number, zoneName = ""): string {
  const hour12 = date.getUTCHours() % 12 || 12;
  const one = (directive: string): string => {
    switch (directive) {
      case "Y":
        return String(date.getUTCFullYear()).padStart(4, "0");
      case "C":
        return two(Math.floor(date.getUTCFullYear() / 100));
      case "y":
        return two(date.getUTCFullYear() % 100);
      case "m":
        return two(date.getUTCMonth() + 1);
      case "d":
        return two(date.getUTCDate());
      case "e":
        return two(date.getUTCDate(), " ");
      case "H":
        return two(date.getUTCHours());
      case "k":
        return two(date.getUTCHours(), " ");
      case "I":
        return two(hour12);
      case "l":
        return two(hour12, " ");
      case "M":
        return two(date.getUTCMinutes());
      case "S":
        return two(date.getUTCSeconds());
      case "f":
        return String(micros).padStart(6, "0");
      case "p":
        return date.getUTCHours() < 12 ? "AM" : "PM";
      case "P":
        return date.getUTCHours() < 12 ? "am" : "pm";
      case "j":
        return String(dayOfYear(date)).padStart(3, "0");
      case "a":
        return (DAYS[date.getUTCDay()] ?? "").slice(0, 3);
      case "A":
        return DAYS[date.getUTCDay()] ?? "";
      case "b":
      case "h":
        return (MONTHS[date.getUTCMonth()] ?? "").slice(0, 3);
      case "B":
        return MONTHS[date.getUTCMonth()] ?? "";
      case "w":
        return String(date.getUTCDay());
      case "u":
        return String(date.getUTCDay() || 7);
      case "U":
        return two(week(date, false));
      case "W":
        return two(week(date, true));
      case "G":
        return String(iso(date)[0]);
      case "g":
        return two(iso(date)[0] % 100);
      case "V":
        return two(iso(date)[1]);
      case "s":
        return String(Math.floor(date.getTime() / 1000) - (zone ?? 0));
      case "z":
        return zoneText(zone);
      case "Z":
        return zoneName;
      case "n":
        return "\n";
      case "t":
        return "\t";
      case "%":
        return "%";
      default:
        return `%${directive}`;
    }
  };
  const compound: Readonly<Record<string, string>> = {
    D: "%m/%d/%y",
    F: "%Y-%m-%d",
    T: "%H:%M:%S",
    R: "%H:%M",
    r: "%I:%M:%S %p",
    c: "%a %b %e %H:%M:%S %Y",
    x: "%m/%d/%y",
    X: "%H:%M:%S",
  };
  return pattern
    .replace(/%([DFTRrcxX%])/g, (whole, letter: string) => (letter === "%" ? whole : (compound[letter] ?? whole)))
    .replace(/%[-_]?([a-zA-Z%])/g, (whole, letter: string) =>
      whole[1] === "-" ? one(letter).replace(/^[0 ]+(?=\d)/, "") : one(letter),
    );
}

const PATTERNS: Readonly<Record<string, string>> = {
  Y: "(?<Y>\\d{4})",
  y: "(?<y>\\d{2})",
  m: "(?<m>1[0-2]|0[1-9]|[1-9])",
  d: "(?<d>3[01]|[12]\\d|0[1-9]|[1-9]| [1-9])",
  H: "(?<H>2[0-3]|[01]\\d|\\d)",
  I: "(?<I>1[0-2]|0[1-9]|[1-9])",
  M: "(?<M>[0-5]\\d|\\d)",
  S: "(?<S>6[01]|[0-5]\\d|\\d)",
  f: "(?<f>\\d{1,6})",
  j: "(?<j>\\d{1,3})",
  p: "(?<p>[AaPp][Mm])",
  z: "(?<z>[+-]\\d\\d:?[0-5]\\d(?::?[0-5]\\d)?|Z)",
  Z: "(?<Z>[A-Za-z]+)?",
  a: `(?<a>${DAYS.map((day) => day.slice(0, 3)).join("|")})`,
  A: `(?<A>${DAYS.join("|")})`,
  b: `(?<b>${MONTHS.map((month) => month.slice(0, 3)).join("|")})`,
  B: `(?<B>${MONTHS.join("|")})`,
  "%": "%",
};

/** What a text holds by a pattern, or undefined if it does not fit. Fields as UTC milliseconds, micros, zone. */
export function parseTime(
  text: string,
  pattern: string,
): { fields: number; micros: number; zone?: number } | undefined {
  const source = pattern
    .replace(/%T/g, "%H:%M:%S")
    .replace(/%F/g, "%Y-%m-%d")
    .replace(/%D/g, "%m/%d/%y")
    .replace(/%([a-zA-Z%])|\s+|[.*+?^${}()|[\]\\]/g, (whole, letter?: string) =>
      letter !== undefined ? (PATTERNS[letter] ?? whole) : /\s/.test(whole) ? "\\s+" : `\\${whole}`,
    );
  const found = new RegExp(`^${source}$`, "i").exec(text)?.groups;
  if (!found) return undefined;
  const number = (name: string, usual: number) => (found[name] === undefined ? usual : Number(found[name]));
  const name = (short: string, full: string) => (found[short] ?? found[full]?.slice(0, 3))?.toLowerCase();
  const monthName = name("b", "B");
  const month = monthName ? MONTHS.findIndex((one) => one.slice(0, 3).toLowerCase() === monthName) : number("m", 1) - 1;
  const short = number("y", 0);
  const year = found.y === undefined ? number("Y", 1900) : short + (short < 69 ? 2000 : 1900);
  const half = found.p?.toLowerCase();
  const hour = found.I === undefined ? number("H", 0) : (number("I", 0) % 12) + (half === "pm" ? 12 : 0);
  const day = found.j === undefined ? number("d", 1) : number("j", 1);
  const fields = Date.UTC(year, found.j === undefined ? month : 0, day, hour, number("M", 0), number("S", 0));
  const zone = found.z === undefined ? undefined : zoneSeconds(found.z);
  if (found.j === undefined && new Date(fields).getUTCDate() !== day) return undefined;
  return { fields, micros: Number((found.f ?? "0").padEnd(6, "0")), ...(zone === undefined ? {} : { zone }) };
}

function zoneSeconds(text: string): number {
  if (text.toUpperCase() === "Z") return 0;
  const digits = text.replace(/[^0-9]/g, "").padEnd(6, "0");
  const size = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60 + Number(digits.slice(4, 6));
  return text.startsWith("-") ? -size : size;
}
