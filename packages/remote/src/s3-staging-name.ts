/** Objects that are being made have names that nothing else has; listings leave them out. */
const STAGING = /(^|\/)\.duckpond-staging-[0-9a-f-]{36}$/;

export function stagingName(uuid: string): string {
  return `.duckpond-staging-${uuid}`;
}

export function isStagingName(path: string): boolean {
  return STAGING.test(path);
}
