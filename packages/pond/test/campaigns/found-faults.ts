import { readFileSync } from 'node:fs';
import type { CrashState, FaultPlan } from '@duckpond/oplog/testing/faults';

/** Faults and power cuts that once found something, by the names of their scenarios. */
export interface FoundFaults {
  readonly faults: readonly { readonly scenario: string; readonly plan: FaultPlan }[];
  readonly powerCuts: readonly { readonly scenario: string; readonly state: CrashState }[];
}

export function readFoundFaults(file: string): FoundFaults {
  return JSON.parse(readFileSync(file, 'utf8')) as FoundFaults;
}
