import fc from 'fast-check';
import { expect, test } from 'vitest';
import { delimiterOf, fieldsOf, lineFramer, textRecords } from '../src/append-records.ts';

async function* chunked(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  let from = 0;
  for (let at = 0; from < bytes.length; at++) {
    const size = sizes.length === 0 ? bytes.length : sizes[at % sizes.length] ?? 1;
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

/** What RFC 4180 says a record is, a character at a time. */
function slowly(text: string, hasQuotes: boolean): string[] {
  const records: string[] = [];
  let record = '';
  let isOpen = false;
  for (const char of text) {
    record += char;
    if (hasQuotes && char === '"') isOpen = !isOpen;
    if (char !== '\n' || isOpen) continue;
    records.push(record);
    record = '';
  }
  return record === '' ? records : [...records, record];
}

const texts = fc.array(fc.constantFrom('a', '"', '\n', ',', 'ü', '\r\n', 'bc'), { maxLength: 60 }).map((parts) => parts.join(''));
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 5 });

test('lineFramer() finds the same records and lines in pieces of any size, and never more than there is room for', async () => {
  await fc.assert(fc.asyncProperty(texts, sizes, fc.boolean(), fc.integer({ min: 1, max: 4 }), async (text, cuts, hasQuotes, room) => {
    const wanted = slowly(text, hasQuotes);
    const frame = lineFramer({ hasQuotes, hasHeader: false });
    let all = '';
    let closed = '';
    let records = 0;
    let lines = 0;
    for await (const unit of frame(chunked(Buffer.from(text), cuts), () => room)) {
      const piece = Buffer.concat(unit.chunks).toString();
      expect(unit.records).toBeLessThanOrEqual(room);
      expect(wanted.slice(records, records + unit.records).join('')).toBe(piece);
      all += piece;
      records += unit.records;
      if (unit.isOpen !== undefined) continue;
      lines += unit.lines;
      closed += piece;
    }
    expect([all, records]).toEqual([text, wanted.length]);
    expect(lines).toBe(closed.split('\n').length - 1);
  }));
});

test('textRecords() gives the same records with the lines they begin at', () => {
  fc.assert(fc.property(texts, sizes, fc.boolean(), (text, cuts, hasQuotes) => {
    const bytes = Buffer.from(text);
    const chunks: Uint8Array[] = [];
    for (let from = 0, at = 0; from < bytes.length; at++) {
      const size = cuts.length === 0 ? bytes.length : cuts[at % cuts.length] ?? 1;
      chunks.push(bytes.subarray(from, from + size));
      from += size;
    }
    let line = 1;
    const wanted = slowly(text, hasQuotes).map((record) => {
      const one = { line, text: record.replace(/\r?\n$/, '') };
      line += record.split('\n').length - 1;
      return one;
    });
    expect([...textRecords(chunks, hasQuotes)].map((record) => ({ line: record.line, text: record.bytes.toString() }))).toEqual(wanted);
  }));
});

test('lineFramer() hands the header out first, alone, and refuses a record without an end', async () => {
  const units = [];
  for await (const unit of lineFramer({ hasQuotes: true, hasHeader: true })(chunked(Buffer.from('a,b\n1,2\n3,4'), []), () => 10)) {
    units.push({ ...unit, chunks: Buffer.concat(unit.chunks).toString() });
  }
  expect(units).toEqual([
    { chunks: 'a,b\n', records: 0, lines: 1, isHead: true }, { chunks: '1,2\n', records: 1, lines: 1 }, { chunks: '3,4', records: 1, lines: 1, isOpen: true },
  ]);
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield await Promise.resolve(Buffer.alloc(1024 * 1024, 'x'));
  }
  await expect((async () => {
    for await (const _ of lineFramer({ hasQuotes: false, hasHeader: false })(endless(), () => 1)) expect.unreachable();
  })()).rejects.toMatchObject({ code: 'bad-rows' });
});

test('fieldsOf() and delimiterOf() read records', () => {
  expect(fieldsOf('a,"b,""c""",', ',')).toEqual(['a', 'b,"c"', '']);
  expect(fieldsOf('', ',')).toEqual(['']);
  expect(delimiterOf('a;b;"c,d,e,f"')).toBe(';');
  expect(delimiterOf('a')).toBe(',');
});
