import { expect, test } from 'vitest';
import { CliError, report, reportLines } from '../src/errors.ts';

const foreign = (name: string, code: string): Error => Object.assign(new Error('Cannot x "y": z'), { name, code });

test.each([
  ['PondError', 'no-pond', 10], ['PondError', 'pond-exists', 1], ['PondError', 'conflict', 11], ['PondError', 'invalid-setting', 2],
  ['PondError', 'corrupt', 12], ['OplogError', 'corrupt-record', 12], ['OplogError', 'corrupt-state', 12], ['OplogError', 'not-a-pond', 10],
  ['OplogError', 'conflict', 11], ['OplogError', 'unsupported-format', 1], ['DeltaError', 'corrupt-log', 12], ['DeltaError', 'storage', 1],
  ['TinyFsError', 'not-found', 1], ['TinyFsError', 'invalid-pattern', 2], ['RemoteError', 'unavailable', 13],
])('report() gives %s %s the exit code %i', (name, code, exitCode) => {
  expect(report(foreign(name, code))).toMatchObject({ exitCode, message: 'Cannot x "y": z' });
});

test('report() puts errors of the system into words', () => {
  const error = Object.assign(new Error('EACCES: permission denied, open'), { code: 'EACCES', syscall: 'open', path: '/x' });
  expect(report(error)).toMatchObject({ exitCode: 1, message: 'Cannot open "/x": permission denied' });
});

test('reportLines() lets no control character through', () => {
  expect(reportLines(new CliError('failed', 'Cannot read "a\u001b[31m\nb"', 'try\u202e'), false))
    .toBe('pond: Cannot read "a\\e[31m\\nb"\nhint: try\\u202e\n');
});

test('reportLines() adds the stacks of the causes with debug', () => {
  const error = new CliError('failed', 'Outer', undefined, { cause: new Error('inner') });
  expect(reportLines(error, true)).toMatch(/Outer[^]*at [^]*Error: inner\n {4}at /);
});
