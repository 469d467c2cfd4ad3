import { describe, expect, it } from 'vitest';
import { matchesSeal, sealFile, UNSEALED } from '../src/checkpoint-seal.ts';
import { matchesCrc32, withCrc32 } from '../src/json-crc32.ts';

describe('sealFile()', () => {
  const file = (): Uint8Array => Buffer.from(`PAR1 rows and ${UNSEALED.key}\u0018\u0047${UNSEALED.value} footer PAR1`);

  it('makes every flipped byte show', () => {
    const bytes = file();
    sealFile(bytes);
    expect(matchesSeal(bytes)).toBe(true);
    const unnoticed = [...bytes.keys()].filter((position) => {
      const damaged = Uint8Array.from(bytes);
      damaged[position] = (damaged[position] ?? 0) ^ 1;
      return matchesSeal(damaged);
    }).map((position) => String.fromCharCode(bytes[position] ?? 0)).join('');
    // Without its own name the seal is not found; then only the name is wrong.
    expect(unnoticed).toBe(`${UNSEALED.key}sha256:`);
  });

  it('does not believe what carries no checksum', () => {
    const bytes = Buffer.from('PAR1 rows footer PAR1');
    sealFile(bytes);
    expect(bytes.toString()).toBe('PAR1 rows footer PAR1');
    expect(matchesSeal(bytes)).toBe(true);
  });
});

describe('withCrc32()', () => {
  it('adds a last field by which every changed value shows, and stays JSON', () => {
    const bytes = withCrc32('{"version":12,"name":"ä"}');
    expect(JSON.parse(Buffer.from(bytes).toString())).toEqual({ version: 12, name: 'ä', crc32: expect.stringMatching(/^[0-9a-f]{8}$/) as string });
    expect(matchesCrc32(bytes)).toBe(true);
    for (let position = 0; position < bytes.length - ',"crc32":"00000000"}'.length; position++) {
      const damaged = Uint8Array.from(bytes);
      damaged[position] = (damaged[position] ?? 0) ^ 1;
      expect(matchesCrc32(damaged)).toBe(false);
    }
  });

  it('does not believe what carries no checksum', () => {
    expect(matchesCrc32(Buffer.from('{"version":12}'))).toBe(false);
  });
});
