import { randomBytes } from 'node:crypto';
import { seededRandom } from '@duckpond/oplog/testing/faults';
import { createPond, createUuid7, type Environment, type Pond } from '@duckpond/pond';

/** A pond with a random history: files of all sizes, versions, appends, links, renames and removals. */

export interface RandomPond {
  readonly pond: Pond;
  readonly environment: Environment & { readonly passMillis: (millis: number) => void };
  /** One more random transaction. */
  step(): Promise<void>;
}

const LINE = '2026-11-22T00:00:00Z,12.5,ok\n';

export async function randomPond(directory: string, seed: number): Promise<RandomPond> {
  const random = seededRandom(seed);
  let millis = Date.now();
  const environment = {
    nowMicros: () => BigInt(millis++) * 1000n,
    uuid: createUuid7(() => millis, (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256))),
    user: 'tester',
    host: 'testhost',
    passMillis: (by: number) => { millis += by; },
  };
  const pond = await createPond(directory, { environment });
  const below = (count: number): number => Math.floor(random() * count);
  const files: string[] = [];
  let counter = 0;

  function content(): Uint8Array[] {
    const kind = below(10);
    if (kind === 0) return [Buffer.from(LINE.repeat(6000 + below(400_000)))];
    if (kind === 1) return [randomBytes(70_000 + below(100_000))];
    return [Buffer.from(`${counter} ${LINE.repeat(below(20))}`)];
  }

  return {
    pond,
    environment,
    async step() {
      counter++;
      await pond.write(async (fs) => {
        const root = await fs.root();
        const path = files[below(files.length)];
        const choice = below(10);
        const fresh = `/d${below(4)}/f${counter}`;
        if (path !== undefined && choice === 0) {
          await root.remove(path);
          files.splice(files.indexOf(path), 1);
        } else if (path !== undefined && choice === 1) {
          await root.rename(path, `${path}-${counter}`);
          files[files.indexOf(path)] = `${path}-${counter}`;
        } else if (path !== undefined && choice === 2) await root.symlink(path, `${path}.link${counter}`);
        else if (path !== undefined && choice < 6) await root.write(path, content());
        else {
          await root.write(fresh, content(), { parents: true, kind: below(3) === 0 ? 'series' : 'data' });
          files.push(fresh);
        }
      });
    },
  };
}
