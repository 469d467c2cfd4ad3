import { expect, test } from 'vitest';
import { createLogger } from '../src/log.ts';
import { fakeEffects, run } from './fake-effects.ts';

test('createLogger() writes transaction, command and timing in every line, secrets hidden', () => {
  const fake = fakeEffects();
  const logger = createLogger(fake.effects, { level: 'debug', format: 'text', command: 'push' });
  fake.advance(12.5);
  logger.debug('to https://a:b@host', { token: 'abc', bytes: 5n });
  logger.setTransaction(7);
  logger.error('line\nbreak', { note: 'two words' });
  logger.trace('unseen');
  expect(fake.stderr().split('\n')).toEqual([
    expect.stringMatching(/^2026-11-22T13:00:00\.012501Z DEBUG to https:\/\/\*\*\*@host command=push txn=- elapsedMs=12\.501 token=\*\*\* bytes=5$/),
    expect.stringMatching(/^\S+ ERROR line\\nbreak command=push txn=7 elapsedMs=\S+ note="two words"$/),
    '',
  ]);
});

test('createLogger() writes JSON lines', () => {
  const fake = fakeEffects();
  createLogger(fake.effects, { level: 'info', format: 'json', command: 'list' }).info('done', { n: 2n ** 60n });
  expect(JSON.parse(fake.stderr())).toEqual({
    time: expect.any(String), level: 'info', command: 'list', txn: null, elapsedMs: 0.001, message: 'done', n: '1152921504606846976',
  });
});

test('--log-level and POND_LOG switch it on, on stderr', async () => {
  expect((await run(['version'])).stderr).toBe('');
  expect((await run(['version', '--log-level', 'debug'])).stderr).toMatch(/ DEBUG start command=version txn=- /);
  const { stdout, stderr } = await run(['version', '--log-format', 'json'], { env: { POND_LOG: 'debug' } });
  expect(stdout).toMatch(/^pond /);
  expect(stderr.trim().split('\n').map((line) => JSON.parse(line).message)).toEqual(['start', 'end']);
  expect(await run(['version'], { env: { POND_LOG: 'loud' } })).toMatchObject({ code: 2 });
});
