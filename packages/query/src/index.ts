export type { ArrowPart, Catalog, Column, FilePart, ParquetPart, Part, Relation, RowsPart } from './relation.ts';
export { VERSION_COLUMN } from './relation.ts';
export { INLINE_BYTES, type TabularColumn, type TabularContent, type TabularFacts } from './tabular-facts.ts';
