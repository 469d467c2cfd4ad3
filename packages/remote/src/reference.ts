import { RemoteError } from './errors.ts';

/** A value that is looked up when it is used: `${env:NAME}` or `${env:NAME:-default}`. */
const REFERENCE = /^\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}$/;

export type Variable = (name: string) => string | undefined;

export function isReference(value: string): boolean {
  return REFERENCE.test(value);
}

/** @throws RemoteError `literal-secret` unless the value is a reference without a default */
export function assertNoSecret(field: string, value: string): void {
  const match = REFERENCE.exec(value);
  if (match !== null && match[2] === undefined) return;
  throw new RemoteError(
    'literal-secret', `Cannot store the ${field}: it is given as it is, a reference such as \${env:NAME} was wanted`, { field },
    { hint: "put it into a variable and write '${env:NAME}', or leave it out and let the SDK find it" },
  );
}

/** The value behind a reference; anything else as it is. @throws RemoteError `missing-variable` */
export function resolveReference(field: string, value: string, variable: Variable): string {
  const match = REFERENCE.exec(value);
  const name = match?.[1];
  if (name === undefined) return value;
  const found = variable(name);
  if (found !== undefined && found !== '') return found;
  const fallback = match?.[2];
  if (fallback !== undefined) return fallback;
  throw new RemoteError(
    'missing-variable', `Cannot use the ${field}: the variable ${name} is not set, its value was wanted`, { field, name },
  );
}
