/** What the name of a data file tells: which versions of the node its rows are of, both included, and how many files were before it. */
export interface FileRange {
  readonly from: number;
  readonly to: number;
}

const NAME = /^pond-(\d+)-(\d+)-\d+-[0-9a-f-]{36}\.parquet$/;

/** `pond-<first version>-<last version>-<number>-<uuid>.parquet` */
export function lakeFileName({ from, to }: FileRange, number: number, uuid: string): string {
  return `pond-${from}-${to}-${number}-${uuid}.parquet`;
}

/** Undefined for the files of others. */
export function lakeFileRange(path: string): FileRange | undefined {
  const [, from, to] = NAME.exec(path) ?? [];
  return from === undefined || to === undefined ? undefined : { from: Number(from), to: Number(to) };
}
