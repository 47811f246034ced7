// Text from hosts and files made harmless for a terminal: control characters, bytes that are not UTF-8 and marks
// that reorder text are shown as escapes instead of being sent.

const HARMFUL =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|(?<![\ud800-\udbff])[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])/g;

/** The text with line ends and tabs kept and everything else that could move the cursor shown as `\x1b`, `\u202e`. */
export function safeText(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(HARMFUL, (character) => {
    const code = character.charCodeAt(0);
    if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}

/** One line: line ends and tabs become escapes too. */
export function safeLine(text: string): string {
  return safeText(text).replace(/\n/g, "\\n").replace(/\t/g, "\\t");
}
