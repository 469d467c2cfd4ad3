import type { ObjectStore } from '@duckpond/delta';
import type { DataReader } from './data-reader.ts';
import type { Environment } from './environment.ts';
import { advanceHead, type Head } from './head.ts';

/** The log as this process knows it: what reads it and what writes it share its newest head. */
export interface LiveLog {
  readonly store: ObjectStore;
  readonly reader: DataReader;
  readonly environment: Environment;
  head: Head;
}

/** Looks for a newer head. */
export async function refreshHead(log: LiveLog): Promise<Head> {
  const head = await advanceHead(log.store, log.reader, log.head);
  if (head.snapshot.version >= log.head.snapshot.version) log.head = head;
  return log.head;
}
