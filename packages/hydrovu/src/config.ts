import { HydroVuError } from './errors.ts';

/** One device whose readings are collected. */
export interface DeviceConfig {
  /** Of its location: a whole number of up to 64 bits, in digits. */
  readonly id: string;
  /** The series is `PATH/devices/<id>/<name>.series`. */
  readonly name: string;
  /** The first part of the names of its columns. */
  readonly scope: string;
  /** Whether `collect` asks for it. */
  readonly active: boolean;
  /** The IANA zone in which its clock runs; undefined when that is UTC. */
  readonly clock: string | undefined;
  readonly comment: string | undefined;
}

/** What a collector needs beside its credentials, with every default filled in. */
export interface HydroVuConfig {
  readonly baseUrl: string;
  /** The directory of the pond that everything goes to. */
  readonly path: string;
  readonly devices: readonly DeviceConfig[];
  /** Of the time before the newest reading so much is asked for again, for what came late or was corrected. Seconds. */
  readonly overlapSeconds: number;
  /** Readings of one device in one run; a run that reaches it stops after that page, and the next one goes on. */
  readonly maxPointsPerRun: number;
  /** Whether answers are kept as they came. */
  readonly archiveRaw: boolean;
  /** Readings before this are those of a clock that was not set, and left out. Unix seconds. */
  readonly notBeforeSeconds: number;
}

export const DEFAULT_OVERLAP_SECONDS: number = 2 * 86_400;
/** The first of January 2000: devices whose clock is not set report times shortly after 1970. */
export const DEFAULT_NOT_BEFORE_SECONDS = 946_684_800;

/** Where things are below the path of a collector. */
export function devicePath({ path }: Pick<HydroVuConfig, 'path'>, id: string): string {
  return below(path, `devices/${id}`);
}

export function below(path: string, rest: string): string {
  return `${path.replace(/\/+$/, '')}/${rest}`;
}

/** Devices by id or name; without any, those that are active. @throws HydroVuError `bad-config` for one that is not in the config */
export function devicesNamed({ devices }: HydroVuConfig, only: readonly string[] | undefined): readonly DeviceConfig[] {
  if (only === undefined) return devices.filter(({ active }) => active);
  return only.flatMap((wanted) => {
    const found = devices.filter(({ id, name }) => id === wanted || name === wanted);
    if (found.length > 0) return found;
    const known = devices.map(({ id, name }) => `"${name}" (${id})`).join(', ');
    const message = `Cannot find the device "${wanted}": it is not in the config, one of ${known} was wanted`;
    throw new HydroVuError('bad-config', message, { device: wanted });
  });
}
