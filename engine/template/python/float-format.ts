// Floats in the forms that printf, format() and round need, with Python's exponents of at least two digits.

/** `f`: a fixed number of digits after the point, half to even on the exact value. */
export function fixedText(value: number, digits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : "inf";
  if (value >= 1e21) {
    const whole = BigInt(value).toString();
    return digits > 0 ? `${whole}.${"0".repeat(digits)}` : whole;
  }
  if (digits > 100) return value.toFixed(100) + "0".repeat(digits - 100);
  return tieToEven(value, digits) ?? value.toFixed(digits);
}

/** toFixed rounds exact ties up; Python to the even digit. */
function tieToEven(value: number, digits: number): string | undefined {
  if (digits > 20) return undefined;
  const exact = value.toFixed(Math.min(100, digits + 30));
  const cut = exact.indexOf(".") + 1 + digits;
  if (!/^50*$/.test(exact.slice(cut))) return undefined;
  const kept = exact.slice(0, cut).replace(/\.$/, "");
  return /[02468]$/.test(kept) ? kept : undefined;
}

/** `e`: one digit before the point. */
export function exponentText(value: number, digits: number): string {
  if (!Number.isFinite(value)) return fixedText(value, 0);
  return value.toExponential(Math.min(100, digits)).replace(/e([+-])(\d)$/, "e$10$2");
}

/** `g`: the shorter of both, without trailing zeros unless `alternate`. */
export function generalText(value: number, digits: number, alternate = false): string {
  if (!Number.isFinite(value)) return fixedText(value, 0);
  const precision = digits === 0 ? 1 : digits;
  if (value === 0) return alternate ? `0.${"0".repeat(precision - 1)}` : "0";
  const exponent = Number(value.toExponential(precision - 1).split("e")[1]);
  const text =
    exponent < -4 || exponent >= precision
      ? exponentText(value, precision - 1)
      : fixedText(value, precision - 1 - exponent);
  if (alternate || !text.includes(".")) return text;
  return text.replace(/\.?0+(?=e|$)/, "");
}

/** With a separator between thousands of the whole part. */
export function grouped(text: string, separator: string): string {
  return separator === "" ? text : text.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, separator));
}
