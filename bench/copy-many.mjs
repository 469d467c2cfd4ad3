import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram, median, ms, ratio, timeProcess } from './measure.mjs';
import { CLI, scratch } from './ponds.mjs';

export const title = '10,000 small files as one transaction, whole process';

export async function run({ quick }) {
  const count = quick ? 1000 : 10_000;
  const rounds = quick ? 2 : 5;
  const source = scratch('many-source');
  for (let i = 0; i < count; i++) {
    const directory = join(source, 'tree', `d${i % 100}`);
    if (i < 100) mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `f${i}.txt`), `file ${i} `.repeat(20));
  }
  const first = { ours: [], theirs: [] };
  const again = { ours: [], theirs: [] };
  const git = (cwd, ...args) => timeProcess(['git', '-c', 'user.name=b', '-c', 'user.email=b@b', ...args], { cwd });
  const hasGit = hasProgram('git');
  for (let round = 0; round < rounds; round++) {
    const env = { POND: join(scratch(`many-${round}`), 'pond') };
    timeProcess([process.execPath, CLI, 'init'], { env });
    first.ours.push(timeProcess([process.execPath, CLI, 'copy', `host://${join(source, 'tree')}`, '/'], { env }));
    writeFileSync(join(source, 'one.txt'), `change ${round}`);
    again.ours.push(timeProcess([process.execPath, CLI, 'copy', `host://${join(source, 'one.txt')}`, '/one.txt'], { env }));
    if (!hasGit) continue;
    const repository = scratch(`many-git-${round}`);
    timeProcess(['cp', '-r', join(source, 'tree'), join(repository, 'tree')]);
    git(repository, 'init', '-q');
    first.theirs.push(git(repository, 'add', '.') + git(repository, 'commit', '-qm', 'all'));
    writeFileSync(join(repository, 'one.txt'), `change ${round}`);
    again.theirs.push(git(repository, 'add', '.') + git(repository, 'commit', '-qm', 'one'));
  }
  return [rowOf(`${count.toLocaleString('en')} files`, first), rowOf('one more change', again)];
}

function rowOf(what, { ours, theirs }) {
  if (theirs.length === 0) return { what, ours: ms(median(ours)), against: 'git is not installed', result: 'skipped', target: '>= 1 x' };
  const faster = median(theirs) / median(ours);
  return { what, ours: ms(median(ours)), against: `git add . && git commit: ${ms(median(theirs))}`, result: ratio(faster), target: '>= 1 x', ok: faster >= 1 };
}
