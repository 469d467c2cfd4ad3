/**
 * Names of files that are being written: `.<process id>-<token of the store>-<number>.tmp`.
 * The dot hides them from Spark and other readers of a table; no object may have such a name.
 */
const TEMPORARY_NAME = /^\.(\d+)-[0-9a-f]+-\d+\.tmp$/;

export function temporaryName(processId: number, token: string, sequence: number): string {
  return `.${processId}-${token}-${sequence}.tmp`;
}

/** The process that a temporary file belongs to; `undefined` if the name is not one of ours. */
export function temporaryOwner(name: string): number | undefined {
  const match = TEMPORARY_NAME.exec(name);
  return match ? Number(match[1]) : undefined;
}
