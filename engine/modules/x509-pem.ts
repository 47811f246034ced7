// PEM: the text form of keys, requests and certificates.

/** One block of a PEM text. */
export interface PemBlock {
  /** CERTIFICATE, RSA PRIVATE KEY … */
  readonly label: string;
  readonly der: Buffer;
  /** The block as it stands in the text. */
  readonly text: string;
  /** Whether its headers say that it is encrypted, in the older way. */
  readonly encrypted: boolean;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\s*([\s\S]*?)-----END \1-----/g;

/** All blocks of a text, in order. */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(BLOCK)].map(([block, label = "", body = ""]) => {
    const headers = /^(?:[A-Za-z-]+:[^\n]*\n)+\s*/.exec(body)?.[0] ?? "";
    return {
      label,
      der: Buffer.from(body.slice(headers.length), "base64"),
      text: `${block}\n`,
      encrypted: label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type:.*ENCRYPTED/m.test(headers),
    };
  });
}

/** A block with lines of 64 letters. */
export function pemText(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
