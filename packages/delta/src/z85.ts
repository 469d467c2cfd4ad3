/** Base 85 in the alphabet of ZeroMQ (RFC 32): four bytes in five characters. */

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
const VALUES: ReadonlyMap<string, number> = new Map([...ALPHABET].map((character, value) => [character, value]));

/** @returns undefined for text that is not in the encoding */
export function decodeZ85(text: string): Uint8Array | undefined {
  if (text.length % 5 !== 0) return undefined;
  const bytes = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let group = 0; group < text.length / 5; group++) {
    let number = 0;
    for (const character of text.slice(group * 5, group * 5 + 5)) {
      const value = VALUES.get(character);
      if (value === undefined) return undefined;
      number = number * 85 + value;
    }
    if (number > 0xffff_ffff) return undefined;
    view.setUint32(group * 4, number);
  }
  return bytes;
}
