import { argv, stdout } from 'node:process';
import { openPond, PondError } from '../../src/index.ts';

/** One of several processes that commit into one pond; prints how often it had a conflict, or what a reader saw. */
const [, , mode = '', directory = '', name = '', count = '0'] = argv;
const pond = await openPond(directory);
const line = (text: string): Uint8Array[] => [Buffer.from(`${text}\n`)];
let conflicts = 0;

for (let i = 0; i < Number(count); i++) {
  switch (mode) {
    // Files of one's own and a series of all: nothing of it conflicts.
    case 'disjoint':
      await pond.write(async (fs) => {
        const root = await fs.root();
        await root.write(`/all/${name}-${i}`, line(`${name} ${i}`));
        await root.write('/series', line(`${name} ${i}`), { kind: 'series' });
      }, { command: [name, String(i)] });
      break;
    // Reads a number and writes the next one: a lost update would show in the sum.
    case 'counter':
      await untilCommitted(async () => {
        await pond.write(async (fs) => {
          const root = await fs.root();
          const chunks: Uint8Array[] = [];
          for await (const chunk of root.read('/counter')) chunks.push(chunk);
          await root.write('/counter', [Buffer.from(String(Number(Buffer.concat(chunks).toString()) + 1))]);
        });
      });
      break;
    // The same token into several files, of which a reader must never see a mixture.
    case 'tokens':
      await untilCommitted(async () => {
        await pond.write(async (fs) => {
          const root = await fs.root();
          for (let k = 0; k < 4; k++) await root.write(`/t${k}/token`, line(`${name} ${i}`), { parents: true });
          if (i % 3 === 0) await root.rename('/moving/a', '/moving/b').catch(() => root.rename('/moving/b', '/moving/a'));
        });
      });
      break;
    case 'maintain':
      await pond.maintain({ compact: i % 2 === 0, vacuum: true });
      break;
    default:
      throw new Error(`Cannot run "${mode}": there is no such mode`);
  }
}
stdout.write(JSON.stringify({ conflicts }));

async function untilCommitted(attempt: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PondError) || error.code !== 'conflict') throw error;
      conflicts++;
    }
  }
}
