import type { Pond, WD } from '@duckpond/pond';
import { type DeviceConfig, devicePath, type HydroVuConfig } from './config.ts';
import { TIME_COLUMN } from './columns.ts';
import { type Cursor, CURSOR_NAME, readCursor } from './cursor.ts';

/** What the pond has of a device. */
export interface DeviceState {
  readonly cursorPath: string;
  readonly cursor: Cursor | undefined;
  /** Of the cursor's file: whoever finds another one when he commits was overtaken. */
  readonly cursorVersion: number;
  /** Where the series is to be. */
  readonly seriesPath: string;
  /** Where it is, under an earlier name of the device; the same as `seriesPath` when it is there, undefined without one. */
  readonly foundPath: string | undefined;
  /** Its columns of readings. */
  readonly columns: readonly string[];
  /** The newest event time in it, unix seconds. */
  readonly newestSeconds: number | undefined;
}

export async function readDeviceState(pond: Pick<Pond, 'read'>, config: HydroVuConfig, device: DeviceConfig): Promise<DeviceState> {
  const directory = devicePath(config, device.id);
  const [cursorPath, seriesPath] = [`${directory}/${CURSOR_NAME}`, `${directory}/${device.name}.series`];
  return pond.read(async (fs) => {
    const root = await fs.root();
    const { cursor, version: cursorVersion } = await readCursor(root, cursorPath);
    const found = await findSeries(root, directory, seriesPath, cursor?.series);
    const isSame = cursor !== undefined && (cursor.series === '' ? found === undefined : found?.id === cursor.series);
    return {
      cursorPath, seriesPath, cursorVersion,
      // Without its series a cursor says nothing; the names of columns stay.
      cursor: cursor === undefined || isSame ? cursor : anew(cursor),
      foundPath: found?.path, columns: found?.columns ?? [], newestSeconds: found?.newestSeconds,
    };
  });
}

function anew({ columns }: Cursor): Cursor {
  return { series: '', nextSeconds: 0, askedSeconds: undefined, columns };
}

interface FoundSeries extends Pick<DeviceState, 'columns' | 'newestSeconds'> {
  readonly path: string;
  readonly id: string;
}

/** The series that the cursor speaks of, whatever its name is, else the one at its path. */
async function findSeries(root: WD, directory: string, seriesPath: string, id: string | undefined): Promise<FoundSeries | undefined> {
  if (!await root.exists(directory)) return undefined;
  let atPath: FoundSeries | undefined;
  for await (const { path, node } of root.list(directory)) {
    if (node.kind !== 'series' || (node.id !== id && path !== seriesPath)) continue;
    const found: FoundSeries = {
      path, id: node.id,
      columns: node.tabular?.columns.flatMap(({ name }) => (name === TIME_COLUMN ? [] : [name])) ?? [],
      newestSeconds: node.tabular?.timeMaxMicros === undefined ? undefined : Number(node.tabular.timeMaxMicros / 1_000_000n),
    };
    if (node.id === id) return found;
    atPath = found;
  }
  return atPath;
}
