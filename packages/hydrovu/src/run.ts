import { parseArgs } from 'node:util';
import type { RunCommand, RunContext, RunOutcome } from '@duckpond/pond';
import { type Client, createClient } from './client.ts';
import { collect } from './collect.ts';
import { type DeviceConfig, devicesNamed, type HydroVuConfig } from './config.ts';
import type { Backfill } from './device.ts';
import { HydroVuError } from './errors.ts';
import { createMetadata } from './metadata.ts';
import type { DeviceOutcome } from './outcome.ts';
import { putAway } from './put-away.ts';
import { scanDevice } from './scan.ts';
import type { Credentials } from './token.ts';

/** A run with its config made ready. */
export interface Run extends Omit<RunContext, 'config'> {
  readonly config: HydroVuConfig;
  readonly credentials: Credentials;
}

type Item = RunOutcome['items'][number];
type Options = Readonly<Record<string, string | boolean | undefined>>;

interface Order {
  readonly run: Run;
  readonly client: Client;
  readonly names: readonly string[];
  readonly options: Options;
}

export const COMMANDS: readonly RunCommand[] = [
  { name: 'collect', usage: 'collect [DEVICE…]', summary: 'Stores what is new of all active devices, or of those that are named' },
  {
    name: 'backfill', usage: 'backfill [DEVICE…] --from TIME [--to TIME] [--dry-run]',
    summary: 'Asks for a stretch of time again and stores what is missing or was corrected',
  },
  {
    name: 'locations', usage: 'locations [--store]',
    summary: 'Shows the locations of the account; with --store also renews the tables of names',
  },
  {
    name: 'scan', usage: 'scan [DEVICE…] [--from TIME] [--to TIME]',
    summary: 'Shows what readings the API has, of the last week unless told',
  },
  {
    name: 'archive', usage: 'archive DEVICE…',
    summary: 'Puts the series of devices away under the date of the day; the next run begins new ones',
  },
];

type Flags = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;

const FLAGS: Readonly<Record<string, Flags>> = {
  backfill: { from: { type: 'string' }, to: { type: 'string' }, 'dry-run': { type: 'boolean' } },
  locations: { store: { type: 'boolean' } },
  scan: { from: { type: 'string' }, to: { type: 'string' } },
};
const WEEK_SECONDS = 7 * 86_400;

/** @throws HydroVuError `usage`, `refused`; when every device fails, what the first one failed with */
export async function runCommand(run: Run): Promise<RunOutcome> {
  const { names, options } = parsed(run);
  const client = createClient({
    baseUrl: run.config.baseUrl, credentials: run.credentials, nowMillis: () => nowMillis(run),
    onRetry: (reason) => run.note(`again: ${reason}`),
  });
  const order: Order = { run, client, names, options };
  switch (run.command) {
    case 'collect': return collected(order, undefined);
    case 'backfill': return collected(order, backfillOf(order));
    case 'locations': return locations(order);
    case 'scan': return scanned(order);
    case 'archive': return archived(order);
    default: throw usage(run, `there is no command "${run.command}", one of ${COMMANDS.map(({ name }) => name).join(', ')} was wanted`);
  }
}

function parsed(run: Run): { readonly names: readonly string[]; readonly options: Options } {
  try {
    const flags = FLAGS[run.command] ?? {};
    const { values, positionals } = parseArgs({ args: [...run.args], options: flags, allowPositionals: true, strict: true });
    return { names: positionals, options: values };
  } catch (error) {
    throw usage(run, error instanceof Error ? error.message.split('. ')[0] ?? '' : String(error));
  }
}

function usage({ command, path }: Run, problem: string): HydroVuError {
  const known = COMMANDS.find(({ name }) => name === command);
  const help = known === undefined ? '' : `; usage: ${known.usage}`;
  return new HydroVuError('usage', `Cannot run "${path}" ${command}: ${problem}${help}`, { command });
}

async function collected({ run, client, names, options }: Order, backfill: Backfill | undefined): Promise<RunOutcome> {
  const isDryRun = options['dry-run'] === true;
  let before = 0;
  const outcomes = await collect(run.pond, run.config, client, {
    nowMillis: () => nowMillis(run), signal: run.signal, command: run.commandLine, isDryRun,
    ...(names.length === 0 ? {} : { only: names }), ...(backfill === undefined ? {} : { backfill }),
    onPage: (_, readings) => run.progress(before + readings, undefined, 'readings'),
    onDevice: ({ readings, name, error }) => {
      before += readings;
      if (error !== undefined) run.note(`${name}: ${error.message}`);
    },
  });
  const errors = outcomes.flatMap(({ error }) => error ?? []);
  if (errors.length > 0 && errors.length === outcomes.length) throw errors[0] ?? new Error('no outcome');
  return { state: errors.length > 0 ? 'some-failed' : 'done', items: outcomes.map(outcomeItem) };
}

function outcomeItem(outcome: DeviceOutcome): Item {
  const { device, name, state, readings, requests, transactions } = outcome;
  return {
    device, name, state, new_rows: outcome.newRows, corrected_rows: outcome.correctedRows, readings, left_out: outcome.leftOut, requests,
    transactions, first: timeText(outcome.firstSeconds), last: timeText(outcome.lastSeconds), error: outcome.error?.message ?? null,
  };
}

function backfillOf({ run, options }: Order): Backfill {
  if (options['from'] === undefined) throw usage(run, 'from when is not told, --from was wanted');
  const span = { fromSeconds: secondsOf(run, options, 'from', 0), toSeconds: secondsOf(run, options, 'to', nowMillis(run) / 1000) };
  if (span.toSeconds < span.fromSeconds) throw usage(run, '--to is before --from, a later time was wanted');
  return span;
}

async function locations({ run, client, names, options }: Order): Promise<RunOutcome> {
  if (names.length > 0) throw usage(run, `there is no argument "${names[0] ?? ''}"`);
  const metadata = createMetadata(client);
  const all = await metadata.locations(run.signal);
  if (options['store'] === true) {
    await metadata.load(run.signal);
    await metadata.store(run.pond, run.config, run.commandLine);
  }
  const device = new Map(run.config.devices.map(({ id, name }) => [id, name]));
  return {
    state: 'done',
    items: all.map(({ id, name, description, latitude, longitude }) => ({
      id: BigInt(id), name, description, latitude: latitude ?? null, longitude: longitude ?? null, device: device.get(id) ?? null,
    })),
  };
}

async function scanned({ run, client, names, options }: Order): Promise<RunOutcome> {
  const endSeconds = secondsOf(run, options, 'to', nowMillis(run) / 1000);
  const span = { startSeconds: secondsOf(run, options, 'from', endSeconds - WEEK_SECONDS), endSeconds };
  const metadata = createMetadata(client);
  const items: Item[] = [];
  for (const device of wanted(run.config, names)) {
    for (const found of await scanDevice(client, metadata, device, span, run.signal)) {
      const { column, parameterId, unitId, readings, firstSeconds, lastSeconds, least, most } = found;
      items.push({
        device: found.device, name: found.name, column, parameter: parameterId, unit: unitId, readings, first: timeText(firstSeconds),
        last: timeText(lastSeconds), least, most,
      });
    }
  }
  return { state: 'done', items };
}

async function archived({ run, names }: Order): Promise<RunOutcome> {
  if (names.length === 0) throw usage(run, 'no device is named, at least one was wanted');
  const items: Item[] = [];
  for (const device of wanted(run.config, names)) {
    const moved = await putAway(run.pond, run.config, device, nowMillis(run), run.commandLine);
    items.push({ device: device.id, name: device.name, from: moved?.from ?? null, to: moved?.to ?? null });
  }
  return { state: 'done', items };
}

function wanted(config: HydroVuConfig, names: readonly string[]): readonly DeviceConfig[] {
  return devicesNamed(config, names.length === 0 ? undefined : names);
}

function secondsOf(run: Run, options: Options, name: string, otherwise: number): number {
  const text = options[name];
  if (typeof text !== 'string') return Math.floor(otherwise);
  const millis = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(millis)) throw usage(run, `--${name} is "${text}", a time such as 2024-01-31T00:00:00Z was wanted`);
  return Math.floor(millis / 1000);
}

function nowMillis({ environment }: Run): number {
  return Number(environment.nowMicros() / 1000n);
}

function timeText(seconds: number | undefined): string | null {
  return seconds === undefined ? null : `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}
