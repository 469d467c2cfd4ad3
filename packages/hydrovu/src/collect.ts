import { openRowImporter, type Pond, type RowImporter } from '@duckpond/pond';
import type { Client } from './client.ts';
import { below, type DeviceConfig, devicesNamed, type HydroVuConfig } from './config.ts';
import { type Backfill, collectDevice, type DeviceWork } from './device.ts';
import { HydroVuError } from './errors.ts';
import { createMetadata } from './metadata.ts';
import type { DeviceOutcome } from './outcome.ts';
import { TOKEN } from './token.ts';

export interface CollectOptions {
  /** The time of day, unix milliseconds. */
  readonly nowMillis: () => number;
  /** Monotonic; default that of the process. */
  readonly elapsedMillis?: () => number;
  readonly signal?: AbortSignal;
  /** What the log will say this was. */
  readonly command?: readonly string[];
  /** Ids or names of the only devices that are wanted; default all that are active. */
  readonly only?: readonly string[];
  /** A stretch to ask for again instead of what is new. */
  readonly backfill?: Backfill;
  /** Asks and compares, and stores nothing. */
  readonly isDryRun?: boolean;
  /** The least time between two commits of a device; default a second. */
  readonly batchMillis?: number;
  readonly onPage?: DeviceWork['onPage'];
  readonly onDevice?: (outcome: DeviceOutcome) => void;
}

const BATCH_MILLIS = 1000;
/** After so many devices in a row without an answer, the others are not asked for. */
const MOST_UNAVAILABLE = 3;

/**
 * Collects the devices one after the other. A device that fails does not stop the others: its outcome says why, and what it had committed
 * stays.
 *
 * @throws HydroVuError `refused` when the API does not accept the credentials, `bad-config`; the reason of the signal
 */
export async function collect(
  pond: Pond, config: HydroVuConfig, client: Client, options: CollectOptions,
): Promise<readonly DeviceOutcome[]> {
  const { signal, command = [], isDryRun = false } = options;
  const devices = devicesNamed(config, options.only);
  const metadata = createMetadata(client);
  let importer: Promise<RowImporter> | undefined;
  const work: DeviceWork = {
    pond, config, client, metadata, isDryRun, signal, command,
    nowMillis: options.nowMillis, batchMillis: options.batchMillis ?? BATCH_MILLIS,
    elapsedMillis: options.elapsedMillis ?? (() => performance.now()),
    importer: () => (importer ??= openRowImporter(pond)),
    ...(options.onPage === undefined ? {} : { onPage: options.onPage }),
  };
  const outcomes: DeviceOutcome[] = [];
  let silent: Error | undefined;
  let inARow = 0;
  try {
    const isKnown = await pond.read(async (fs) => (await fs.root()).exists(below(config.path, 'locations.table')));
    if (!isDryRun && !isKnown) await metadata.load(signal);
    for (const device of devices) {
      const requests = client.requests();
      const outcome = inARow >= MOST_UNAVAILABLE && silent !== undefined ? failed(device, silent, 0)
        : await collectDevice(work, device, options.backfill).catch((error: unknown) => {
          signal?.throwIfAborted();
          if (!(error instanceof Error) || isRefused(error)) throw error;
          return failed(device, error, client.requests() - requests);
        });
      const isSilent = outcome.error instanceof HydroVuError && outcome.error.code === 'unavailable';
      // Without a token there is nothing to ask for.
      const isSignedOut = isSilent && outcome.error.data['what'] === TOKEN;
      [inARow, silent] = isSilent ? [isSignedOut ? MOST_UNAVAILABLE : inARow + 1, outcome.error] : [0, undefined];
      outcomes.push(outcome);
      options.onDevice?.(outcome);
    }
    if (!isDryRun) await metadata.store(pond, config, command);
    return outcomes;
  } finally {
    await (await importer)?.close();
  }
}

/** No other device would fare better. */
function isRefused(error: Error): boolean {
  return error instanceof HydroVuError && error.code === 'refused';
}

function failed({ id, name }: DeviceConfig, error: Error, requests: number): DeviceOutcome {
  return {
    device: id, name, state: 'failed', newRows: 0, correctedRows: 0, readings: 0, leftOut: 0, requests, transactions: 0,
    firstSeconds: undefined, lastSeconds: undefined, error,
  };
}
