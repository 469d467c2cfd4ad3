export { HydroVuError, type HydroVuErrorCode } from './errors.ts';
export type { DataPage, Location, Names, PageParameter, Reading } from './answers.ts';
export { type Client, type ClientOptions, createClient, DEFAULT_BASE_URL, type ReceivedPage, type Span } from './client.ts';
export { collect, type CollectOptions } from './collect.ts';
export {
  DEFAULT_NOT_BEFORE_SECONDS, DEFAULT_OVERLAP_SECONDS, type DeviceConfig, type HydroVuConfig,
} from './config.ts';
export type { Backfill } from './device.ts';
export type { DeviceOutcome, DeviceState } from './outcome.ts';
export { HYDROVU_ENTRY } from './entry.ts';
