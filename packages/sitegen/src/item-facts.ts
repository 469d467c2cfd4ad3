import { z } from 'zod';

/** What the last build knew of one resolution of an item: as long as its rows are the same, nothing is read again. */
export interface SourceFacts {
  /** Everything but the versions of files that its tiles follow from. */
  readonly key: string;
  /** The stored files that its rows are made of, as they were. */
  readonly files: readonly FileState[];
  readonly timeColumn: string;
  /** Whether its type is TIMESTAMP WITH TIME ZONE. */
  readonly isZoned: boolean;
  /** The columns of numbers, in the order of the source. */
  readonly columns: readonly string[];
  readonly label: string;
  readonly stepMillis: number;
  readonly tiles: readonly { readonly from: number; readonly to: number; readonly url: string; readonly sizeBytes: number }[];
  /** From the first row to the end of the last step; null without rows. */
  readonly extent: { readonly from: number; readonly to: number } | null;
  /** The newest value of each column, in the order of `columns`. */
  readonly last: readonly LastValue[];
}

export interface FileState {
  readonly path: string;
  readonly id: string;
  readonly version: number;
}

export type LastValue = { readonly millis: number; readonly value: number } | null;

const span = { from: z.number(), to: z.number() };
const sourceFacts: z.ZodType<SourceFacts> = z.object({
  key: z.string(),
  files: z.array(z.object({ path: z.string(), id: z.string(), version: z.number() })),
  timeColumn: z.string(),
  isZoned: z.boolean(),
  columns: z.array(z.string()),
  label: z.string(),
  stepMillis: z.number(),
  tiles: z.array(z.object({ ...span, url: z.string(), sizeBytes: z.number() })),
  extent: z.object(span).nullable(),
  last: z.array(z.object({ millis: z.number(), value: z.number() }).nullable()),
});

/** What a build leaves for the next one. */
export interface BuildFacts {
  /** Follows from the config, the scripts and the format of tiles: with another, all is made anew. */
  readonly key: string;
  readonly transaction: number;
  /** Whether all follows from what is stored: files of the host change without a transaction. */
  readonly isStored: boolean;
  readonly report: { readonly pages: number; readonly items: number };
  /** By the path of the source. */
  readonly sources: ReadonlyMap<string, SourceFacts>;
}

const buildFacts = z.object({
  key: z.string(),
  transaction: z.number(),
  isStored: z.boolean(),
  report: z.object({ pages: z.number(), items: z.number() }),
  sources: z.array(z.tuple([z.string(), sourceFacts])),
});

/** What a build left, when it is as a build leaves it. */
export function decodeBuildFacts(value: unknown): BuildFacts | undefined {
  const { data } = buildFacts.safeParse(value);
  return data === undefined ? undefined : { ...data, sources: new Map(data.sources) };
}

/** As JSON. */
export function encodeBuildFacts(facts: BuildFacts): Readonly<Record<string, unknown>> {
  return { ...facts, sources: [...facts.sources] };
}
