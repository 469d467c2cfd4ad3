import { createPond, type Environment, type Pond } from '../src/index.ts';

/** The same ids and times in every run, so that a pond has the same bytes. */
/** @param firstId another one for whoever opens a pond that was made with the default: ids are used once */
export function seededEnvironment(start: bigint = 1_795_363_200_000_000n, firstId: number = 0): Environment {
  let micros = start;
  let ids = firstId;
  return {
    nowMicros: () => (micros += 1000n),
    uuid: () => `01990000-0000-7000-8000-${String(++ids).padStart(12, '0')}`,
    user: 'tester',
    host: 'bench',
  };
}

export const BLOB_BYTES = 70_000;

function bytes(text: string): Uint8Array[] {
  return [new TextEncoder().encode(text)];
}

export function blobContent(): Uint8Array {
  return Uint8Array.from({ length: BLOB_BYTES }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

/**
 * A small pond with every kind of file on disk: inline files, a blob, a series, a symlink, a rename, a removal, a heavy commit,
 * merged history beside single commits, folded state, `.crc` and checkpoint.
 *
 * @param commits how many small commits come before and after the maintenance
 */
export async function pondOfEveryKind(directory: string, commits: number = 3): Promise<Pond> {
  const pond = await createPond(directory, { environment: seededEnvironment(), command: ['init'], birthplace: 'a test' });
  const write = (name: string, text: string): Promise<unknown> => pond.write(async (fs) => {
    const root = await fs.root();
    await root.write(name, bytes(text), { parents: true });
  }, { command: ['write', name] });
  await write('/inline/a.txt', 'first');
  await write('/inline/a.txt', 'second');
  await pond.write(async (fs) => {
    const root = await fs.root();
    await root.write('/blobs/large.bin', [blobContent()], { parents: true });
    await root.symlink('../inline/a.txt', '/blobs/link');
    await root.write('/series/s.series', bytes('1\n'), { kind: 'series', parents: true });
  }, { command: ['blob'] });
  await pond.write(async (fs) => (await fs.root()).write('/series/s.series', bytes('2\n')), { command: ['append'] });
  for (let i = 0; i < commits; i++) await write(`/many/f${i}`, `number ${i}`);
  await write('/gone', 'to be removed');
  await pond.maintain({ compact: true });
  await pond.write(async (fs) => {
    const root = await fs.root();
    await root.rename('/inline/a.txt', '/inline/b.txt');
    await root.remove('/gone');
  }, { command: ['rename'] });
  await write('/heavy.txt', 'x'.repeat(9000));
  await pond.setSetting('user.note', 'hello').catch(() => undefined);
  for (let i = 0; i < commits; i++) await write(`/later/g${i}`, `later ${i}`);
  return pond;
}
