import { hash } from 'node:crypto';

/** Names of a mirror's own files begin so. */
const OWN = /^\.duckpond-/i;
const MOST_BYTES = 255;
/** What terminals and scripts stumble over. */
const UNSAFE = /\p{Cc}/gu;
/** What an escaped name could be: taken as it is, it would be the same as another one. */
const ESCAPED = /%(?:[01][0-9A-F]|7F|25|C2%[89])|^%2E/;

/**
 * The name of the host for a name of the pond: most often the same. Control characters are written as `%XX` of
 * their UTF-8 bytes, and then `%` too; a name that a mirror's own files could have begins with `%2E`, one that becomes too long ends in a
 * hash.
 */
export function hostName(name: string): string {
  const isPlain = name.search(UNSAFE) === -1 && !OWN.test(name) && !ESCAPED.test(name);
  if (isPlain) return name;
  const escaped = name.replaceAll('%', '%25').replace(UNSAFE, (character) => percent(character));
  const safe = OWN.test(escaped) ? `%2E${escaped.slice(1)}` : escaped;
  if (Buffer.byteLength(safe) <= MOST_BYTES) return safe;
  const tail = `~${hash('sha256', name, 'hex').slice(0, 16)}`;
  let head = '';
  for (const character of safe) {
    if (Buffer.byteLength(head + character + tail) > MOST_BYTES) break;
    head += character;
  }
  return head + tail;
}

function percent(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
