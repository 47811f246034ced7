// Content that is held in memory, as bytes.

import { bytesOf } from "../core/bytes.ts";

export function contentBytes(content: Uint8Array | string): Uint8Array {
  return typeof content === "string" ? bytesOf(content) : content;
}
