export { createModel, type Model, type ModelLocation, type ModelOptions, type ModelParameter, type ModelReading } from './model.ts';
export { type Fault, FAULT_KINDS, type FaultKind, type FaultPlan, faultsAt, type RandomFaults, randomFaults } from './faults.ts';
export { type ServerCounts, type ServerOptions, startServer, type TestServer } from './server.ts';
