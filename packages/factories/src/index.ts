export { FactoryError, type FactoryErrorCode, type ConfigFault, badConfig } from './errors.ts';
export { type Check, parseChecks } from './check-config.ts';
export { checkConfig, parseConfig } from './config.ts';
export { type DefinedFactory, defineFactory, type FactoryDefinition } from './define.ts';
export { isReference, resolveReferences } from './environment-reference.ts';
export { columnName, instant, secret, source } from './fields.ts';
export { type DefinedEntry, FACTORIES } from './registry.ts';
export {
  compileTemplate, type Filter, isEscapedName, type NamedArguments, type SafeTemplate, type Step, type TemplateFunction,
  type TemplateOptions,
} from './template/safe-template.ts';
export { SafeText } from './template/values.ts';
export {
  type Applied, applyResources, checkComputed, checkResources, type HostCopies, lookup, putComputed, refuseCyclesAt, unknownFactory,
} from './apply.ts';
export { readDocuments } from './documents.ts';
export type { ReadText } from './document-place.ts';
export type { Origin, Resource, WantedNode } from './resource.ts';
export { createVariables, type Variables } from './variables.ts';
export { findExecutables, type Executable, inRunOrder } from './executables.ts';
export { type LockOptions, type LockOwner, withRunLock } from './run-lock.ts';
export { type FactoryFacts, factoryFacts, type FactoryField } from './facts.ts';
