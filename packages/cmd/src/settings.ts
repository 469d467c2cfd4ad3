import type { Pond, Setting } from '@duckpond/pond';
import type { Context } from './context.ts';
import { CliError } from './errors.ts';

/** A setting as it counts for this command: the environment wins over what the pond stores. */
export interface EffectiveSetting extends Omit<Setting, 'origin'> {
  /** `default`, `pond`, or the name of the variable. */
  readonly origin: string;
}

/** @throws CliError `usage` when a variable holds what the setting cannot be */
export async function effectiveSettings(context: Pick<Context, 'effects'>, pond: Pond): Promise<readonly EffectiveSetting[]> {
  return (await pond.settings()).map((setting) => {
    const variable = variableOf(setting.key);
    const value = context.effects.env[variable];
    if (value === undefined || value === '') return setting;
    if (!setting.accepts(value)) throw new CliError('usage', `Cannot use ${variable} "${value}": ${setting.wanted} was wanted`);
    return { ...setting, value, origin: variable };
  });
}

/** The value of one setting. */
export async function settingValue(context: Pick<Context, 'effects'>, pond: Pond, key: string): Promise<string | undefined> {
  return (await effectiveSettings(context, pond)).find((setting) => setting.key === key)?.value;
}

/** `POND_LOG_LIMIT` for `log.limit`. */
function variableOf(key: string): string {
  return `POND_${key.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}
