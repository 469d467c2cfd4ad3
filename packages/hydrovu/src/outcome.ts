/**
 * `collected`: new readings are stored. `unchanged`: the API has nothing that is not stored. `nothing`: the API has no readings. `limited`:
 * as `collected`, and the next run goes on. `failed`: what was committed before stays.
 */
export type DeviceState = 'collected' | 'unchanged' | 'nothing' | 'limited' | 'failed';

/** What became of one device. */
export interface DeviceOutcome {
  readonly device: string;
  readonly name: string;
  readonly state: DeviceState;
  readonly newRows: number;
  /** Rows of times that were stored, with other or more values. */
  readonly correctedRows: number;
  /** Readings that the API told. */
  readonly readings: number;
  /** Readings from before a clock was set, or without a number. */
  readonly leftOut: number;
  readonly requests: number;
  readonly transactions: number;
  /** Of what is new, unix seconds. */
  readonly firstSeconds: number | undefined;
  readonly lastSeconds: number | undefined;
  readonly error: Error | undefined;
}
