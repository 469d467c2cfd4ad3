import type { FactoryEnvironment } from '@duckpond/pond';
import { FactoryError } from './errors.ts';

const REFERENCE = /\$\$|\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * A text with its references to the environment replaced: `${env:NAME}` by the variable, `${env:NAME:-text}` by the text when the variable
 * is not set or empty, `$$` by `$`. Called when a value is used, never before it is stored.
 *
 * @throws FactoryError `no-variable`
 */
export function resolveReferences(text: string, field: string, { variable }: Pick<FactoryEnvironment, 'variable'>): string {
  return text.replace(REFERENCE, (whole, name: string | undefined, otherwise: string | undefined) => {
    if (name === undefined) return whole === '$$' ? '$' : whole;
    const value = variable(name) ?? '';
    if (value !== '') return value;
    if (otherwise !== undefined) return otherwise;
    throw new FactoryError('no-variable', `Cannot use ${field}: the environment has no variable ${name}, it was wanted`, { field, name });
  });
}

/** Whether a text is nothing but a reference: what a secret has to be. */
export function isReference(text: string): boolean {
  return /^\$\{env:[A-Za-z_][A-Za-z0-9_]*\}$/.test(text);
}
