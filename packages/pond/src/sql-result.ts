/** The same error, with paths of the pond in its message and its data. */
export function withNames(error: unknown, names: ReadonlyMap<string, string>): unknown {
  if (!(error instanceof Error)) return error;
  for (const [hostPath, pondPath] of names) {
    if (error.message.includes(hostPath)) error.message = error.message.replaceAll(hostPath, pondPath);
    if ('data' in error && isRecord(error.data)) {
      for (const [key, value] of Object.entries(error.data)) if (value === hostPath) error.data[key] = pondPath;
    }
  }
  return error;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
