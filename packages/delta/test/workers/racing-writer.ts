/**
 * A process that races for names: `node racing-writer.mjs <directory> <writer> <rounds>`; it waits for the file `start`.
 * Prints a JSON array of the rounds it won with `putIfAbsent` and those with `publish`.
 */
import { existsSync } from 'node:fs';
import { argv, stdout } from 'node:process';
import { openLocalStore } from '../../src/local-store.ts';

const [directory = '', writer = '0', rounds = '0'] = argv.slice(2);
const store = openLocalStore(directory);
const created: number[] = [];
const published: number[] = [];

stdout.write('ready\n');
while (!existsSync(`${directory}/start`)) await new Promise((resolve) => { setTimeout(resolve, 1); });

for (let round = 0; round < Number(rounds); round += 1) {
  const bytes = new Uint8Array(2000 + Number(writer)).fill(Number(writer));
  if (await store.putIfAbsent(`log/${round}`, bytes)) created.push(round);
  const staged = await store.stage();
  await staged.write(bytes);
  if (await staged.publish(`blob/${round}`)) published.push(round);
  await store.put('replaced', bytes);
}
stdout.write(`${JSON.stringify({ created, published })}\n`);
