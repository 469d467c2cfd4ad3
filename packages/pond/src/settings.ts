import { MAINTENANCE_SETTINGS, SETTINGS_ID, SYSTEM_PART, type FactSource, type Transaction } from '@duckpond/oplog';
import { PondError } from './errors.ts';
import type { Setting } from './pond.ts';

interface SettingDefinition {
  readonly key: string;
  readonly fallback: string;
  readonly summary: string;
  readonly wanted: string;
  readonly accepts: (value: string) => boolean;
}

const DEFINITIONS: readonly SettingDefinition[] = [
  {
    key: 'log.limit', fallback: '20', summary: 'How many transactions pond log shows to people without --limit',
    wanted: 'a whole number from 1', accepts: (value) => /^[1-9]\d{0,8}$/.test(value),
  },
  {
    key: MAINTENANCE_SETTINGS.automatic, fallback: 'on', summary: 'Whether commits also merge, fold and clean up, in small steps',
    wanted: 'on or off', accepts: (value) => value === 'on' || value === 'off',
  },
  {
    key: MAINTENANCE_SETTINGS.logRetention, fallback: '7d',
    summary: 'How long the files of the log are kept; transactions are kept for ever',
    wanted: 'a number of hours, days or weeks, such as 12h, 7d or 4w', accepts: (value) => /^[1-9]\d{0,4}[hdw]$/.test(value),
  },
  {
    key: 'sql.memory_limit', fallback: '512MiB', summary: 'How much memory a query may take before it spills to disk',
    wanted: 'a size of at least 32MiB, such as 512MiB or 2GB', accepts: isMemoryLimit,
  },
  {
    key: 'sql.threads', fallback: 'auto', summary: 'How many threads a query may use; auto is one for each core',
    wanted: 'auto or a whole number from 1 to 1024', accepts: (value) => value === 'auto' || isThreads(value),
  },
  {
    key: 'sql.spill_directory', fallback: 'cache/spill', summary: 'Where a query spills to; a relative path starts at the pond',
    wanted: 'the path of a directory', accepts: (value) => value !== '' && !value.includes('\0'),
  },
];

const LEAST_MEMORY_BYTES = 32 * 1024 * 1024;
const UNITS: Readonly<Record<string, number>> = { MB: 1e6, MIB: 1024 ** 2, GB: 1e9, GIB: 1024 ** 3, TB: 1e12, TIB: 1024 ** 4 };

function isMemoryLimit(value: string): boolean {
  const [, count, unit] = /^(\d{1,9}(?:\.\d{1,3})?) ?([MGT]i?B)$/i.exec(value) ?? [];
  return count !== undefined && unit !== undefined && Number(count) * (UNITS[unit.toUpperCase()] ?? 0) >= LEAST_MEMORY_BYTES;
}

function isThreads(value: string): boolean {
  return /^[1-9]\d{0,3}$/.test(value) && Number(value) <= 1024;
}

/**
 * What is attached to the pond, by name: backups and imports. A value is a JSON object that packages/remote writes and checks, without
 * secrets; an empty one takes the attachment away.
 */
const ATTACHMENT = /^(backup|remote)\.[a-z0-9][a-z0-9-]{0,62}$/;

function attachment(key: string): SettingDefinition {
  const kind = key.slice(0, key.indexOf('.'));
  return {
    key, fallback: '', summary: `A ${kind}; pond ${kind} add, list and remove keep it`, wanted: 'a JSON object',
    accepts: (value) => value === '' || isJsonObject(value),
  };
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Every setting with its value and where that comes from, sorted by key. */
export async function readSettings(view: FactSource): Promise<Setting[]> {
  const own = await stored(view);
  const attached = Object.keys(own).filter((key) => ATTACHMENT.test(key)).map(attachment);
  return [...DEFINITIONS, ...attached].map(({ key, fallback, summary, wanted, accepts }): Setting => {
    const value = own[key];
    return { key, value: value ?? fallback, origin: value === undefined ? 'default' : 'pond', summary, wanted, accepts };
  }).sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** @throws PondError `invalid-setting` */
export async function writeSetting(transaction: Transaction, nowMicros: bigint, key: string, value: string): Promise<void> {
  const definition = ATTACHMENT.test(key) ? attachment(key) : DEFINITIONS.find((known) => known.key === key);
  if (definition === undefined) {
    const known = DEFINITIONS.map((one) => one.key).join(', ');
    throw new PondError(
      'invalid-setting', `Cannot set "${key}": there is no such setting, ${DEFINITIONS.length > 1 ? 'one of ' : ''}${known} was wanted`,
      { key },
    );
  }
  if (!definition.accepts(value)) {
    throw new PondError('invalid-setting', `Cannot set "${key}": "${value}" is given, ${definition.wanted} was wanted`, { key, value });
  }
  const own = await stored(transaction);
  if ((own[key] ?? (ATTACHMENT.test(key) ? '' : undefined)) === value) return;
  const { [key]: _, ...others } = own;
  const next = ATTACHMENT.test(key) && value === '' ? others : { ...own, [key]: value };
  await transaction.write(SYSTEM_PART, SETTINGS_ID, { attributes: JSON.stringify(next) }, nowMicros);
}

async function stored(view: FactSource): Promise<{ readonly [key: string]: string }> {
  const fact = await view.node(SYSTEM_PART, SETTINGS_ID);
  if (fact?.attributes == null) return {};
  const value: unknown = JSON.parse(fact.attributes);
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}
