import type { Pond } from '@duckpond/pond';
import { type DeviceConfig, devicePath, type HydroVuConfig } from './config.ts';
import { writeCursor } from './cursor.ts';
import { readDeviceState } from './device-state.ts';

export interface PutAway {
  readonly from: string;
  readonly to: string;
}

/**
 * Gives the series of a device the name `<name>_archive_<YYYYMMDD>.series`, as when an instrument was replaced: the next run begins a new
 * series behind the last reading of this one. Undefined when the device has no series.
 *
 * @throws PondError `conflict` when it is collected at the same time
 */
export async function putAway(
  pond: Pond, config: HydroVuConfig, device: DeviceConfig, nowMillis: number, command: readonly string[],
): Promise<PutAway | undefined> {
  const { foundPath, cursor, cursorPath } = await readDeviceState(pond, config, device);
  if (foundPath === undefined) return undefined;
  const day = new Date(nowMillis).toISOString().slice(0, 10).replaceAll('-', '');
  const { value: to } = await pond.write(async (fs) => {
    const root = await fs.root();
    const name = async (number: number): Promise<string> => {
      const path = `${devicePath(config, device.id)}/${device.name}_archive_${day}${number === 1 ? '' : `-${number}`}.series`;
      return await root.exists(path) ? name(number + 1) : path;
    };
    const path = await name(1);
    await root.rename(foundPath, path);
    if (cursor !== undefined) {
      await writeCursor(root, cursorPath, { ...cursor, series: '', askedSeconds: undefined, firstSeconds: cursor.nextSeconds });
    }
    return path;
  }, { command });
  return { from: foundPath, to };
}
