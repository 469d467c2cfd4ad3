export { FactoryError, type FactoryErrorCode, type ConfigFault, badConfig } from './errors.ts';
export { checkConfig, parseConfig } from './config.ts';
export { type DefinedFactory, defineFactory, type FactoryDefinition } from './define.ts';
export { isReference, resolveReferences } from './environment-reference.ts';
export { columnName, instant, secret, source } from './fields.ts';
export { type DefinedEntry, FACTORIES } from './registry.ts';
