/** Everything to try a program against a failing disk; the entry `@duckpond/delta/testing/faults`. */
export { type FaultPlan, type Fault, type FaultyIo, createFaultyIo, CrashError, describePlan, faultPlans } from './faulty-io.ts';
export { type InterceptedIo, type Interceptor, interceptIo, type IoOperation } from './intercepted-io.ts';
export { recordIo, type RecordedIo, type Trace, type TraceStep } from './recorded-io.ts';
export {
  crashedTree, type CrashedTree, type CrashOptions, type CrashState, crashStates, describeCrash, marksBefore, replayCrash,
} from './crash-states.ts';
export { seededRandom } from './seeded-random.ts';
export { fuzz, type FuzzCounts, FuzzFailure, type FuzzOptions, type FuzzTarget, mutant } from './fuzz.ts';
export { fuzzBriefly } from './fuzz-briefly.ts';
