// Parquet files of rows, by hyparquet-writer and hyparquet, which are loaded when first used.
export { encodeParquet, type EncodeParquet, loadParquetEncoder, type ParquetEncodeOptions } from './parquet-encode.ts';
export { type ColumnFilter, type ParquetReadOptions, type ParquetSource, readParquet, type RowFilter } from './parquet-read.ts';
