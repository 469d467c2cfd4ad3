import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startProgress } from '../../src/output/progress.ts';
import { fakeEffects } from '../fake-effects.ts';

test('startProgress() prints at most a line every ten seconds off a terminal', () => {
  const fake = fakeEffects();
  const progress = startProgress(fake.effects, 'copy', 'bytes', false);
  for (let second = 0; second < 25; second++) {
    progress.update(second * 1024 * 1024, 100 * 1024 * 1024);
    fake.advance(1000);
  }
  progress.stop();
  expect(fake.stderr()).toBe([
    'copy 10.0 MiB of 100.0 MiB, 1.0 MiB/s, 1m30s left',
    'copy 20.0 MiB of 100.0 MiB, 1.0 MiB/s, 1m20s left',
    '',
  ].join('\n'));
});

test('startProgress() draws a bar on a terminal, not before a second has passed', async () => {
  const fake = fakeEffects({ columns: 80 });
  const progress = startProgress(fake.effects, 'fsck', 'items', false);
  progress.update(1, 10);
  await setTimeout(20);
  expect(fake.stderr()).toBe('');
  fake.advance(2000);
  progress.update(5, 10);
  await setTimeout(200);
  progress.stop();
  expect(fake.stderr()).toMatch(/fsck .*50% 5 of 10, \d+\/s, .* left/);
});

test('startProgress() is silent when asked to be', () => {
  const fake = fakeEffects();
  const progress = startProgress(fake.effects, 'copy', 'bytes', true);
  fake.advance(60_000);
  progress.update(1);
  expect(fake.stderr()).toBe('');
});
