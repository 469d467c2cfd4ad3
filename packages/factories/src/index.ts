export { FactoryError, type FactoryErrorCode, type ConfigFault, badConfig } from './errors.ts';
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
