/** A secret as it may stand somewhere: itself, and in hexadecimal digits, base64 and base64url, of its text or its bytes. */
export function formsOf(secret: string | Uint8Array): Buffer[] {
  const texts =
    typeof secret === 'string' ? [secret, ...escaped(secret)] : [Buffer.from(secret).toString('hex')];
  const bytes = typeof secret === 'string' ? bytesIn(secret) : [Buffer.from(secret)];
  const all = [...texts.map((text) => Buffer.from(text, 'utf8')), ...bytes].flatMap(encodings);
  return [...new Map(all.map((form) => [form.toString('latin1'), form])).values()];
}

/** As it stands inside JSON, if that differs. */
const escaped = (text: string): string[] => [JSON.stringify(text).slice(1, -1)];

/** Half of all secrets are told as hexadecimal digits. */
function bytesIn(text: string): Buffer[] {
  return /^([0-9a-f]{2}){8,}$/i.test(text) ? [Buffer.from(text, 'hex')] : [];
}

function encodings(bytes: Buffer): Buffer[] {
  const hex = bytes.toString('hex');
  const encoded = [0, 1, 2].map((offset) => inBase64(bytes, offset));
  const forUrls = encoded.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [
    bytes,
    ...[hex, hex.toUpperCase(), ...encoded, ...forUrls].map((text) => Buffer.from(text, 'latin1')),
  ];
}

/** The characters that are sure, wherever in what was encoded the bytes stood. */
function inBase64(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const isWhole = (offset + bytes.length) % 3 === 0;
  return text.slice(Math.ceil((offset * 8) / 6), isWhole ? undefined : -1);
}
