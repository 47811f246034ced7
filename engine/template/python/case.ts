// Upper, lower and title case as Python's str has them.

/** Every run of letters begins with a capital: `they're` becomes `They'Re`. */
export function title(text: string): string {
  return text.replace(/\p{L}+/gu, (word) => capitalize(word));
}

export function capitalize(text: string): string {
  const [first = ""] = text;
  return first.toUpperCase() + text.slice(first.length).toLowerCase();
}

export function swapcase(text: string): string {
  return [...text].map((one) => (one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase())).join("");
}

export function isTitle(text: string): boolean {
  return /\p{L}/u.test(text) && title(text) === text;
}
