import { expect, test } from 'vitest';
import { redactArguments, redactText } from '../src/redact.ts';

test.each([
  [['backup', 'add', 'b', 's3://x', '--secret-access-key', 'S3CR3T', '--region', 'eu'], ['backup', 'add', 'b', 's3://x', '--secret-access-key', '***', '--region', 'eu']],
  [['x', '--password=S3CR3T'], ['x', '--password=***']],
  [['apply', '-v', 'api_token=S3CR3T'], ['apply', '-v', 'api_token=***']],
  [['push', 'https://ana:S3CR3T@host/x'], ['push', 'https://***@host/x']],
  [['cat', 'https://h/x?a=1&X-Amz-Signature=S3CR3T&token=S3CR3T'], ['cat', 'https://h/x?a=1&X-Amz-Signature=***&token=***']],
  [['x', '--secret-access-key', '${env:KEY}'], ['x', '--secret-access-key', '${env:KEY}']],
  [['copy', 'a=b.csv', '/in/'], ['copy', 'a=b.csv', '/in/']],
  [['x', '--token', '--password', '--password', 'S3CR3T'], ['x', '--token', '***', '--password', '***']],
])('redactArguments() leaves no secret in %j', (args, expected) => {
  const redacted = redactArguments(args);
  expect(redacted).toEqual(expected);
  expect(redacted.join(' ')).not.toContain('S3CR3T');
});

test('redactText() hides authorization headers', () => {
  expect(redactText('Authorization: Bearer abcdef012345')).toBe('Authorization: Bearer ***');
});
