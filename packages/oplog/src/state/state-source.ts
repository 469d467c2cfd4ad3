import { isCode } from '../errors.ts';
import type { NameFact, NodeFact } from '../fact.ts';
import type { RunFact } from '../run.ts';
import { mergeSorted, type FactSource } from '../view.ts';
import { nameFactOf, nodeFactOf, runsOf, type Space, type StateRow } from './state-row.ts';
import type { StateRun } from './state-run.ts';

/** The state that runs hold together, oldest run first: a newer run's word about a key counts. */
export function createStateSource(runs: readonly StateRun[]): FactSource {
  const newestFirst = runs.toReversed();

  async function find(partId: string, space: Space, key: string): Promise<StateRow | undefined> {
    for (const run of newestFirst) {
      const row = await run.find(partId, space, key);
      if (row !== undefined) return row.gone === true ? undefined : row;
    }
    return undefined;
  }

  async function* scan(partId: string, space: Space): AsyncGenerator<readonly StateRow[]> {
    const [oldest, ...newer] = runs;
    if (oldest === undefined) return;
    const changes = new Map<string, StateRow | null>();
    for (const run of newer) {
      for await (const rows of run.scan(partId, space)) for (const row of rows) changes.set(row.key, row.gone === true ? null : row);
    }
    if (changes.size === 0) yield* oldest.scan(partId, space);
    else yield* mergeSorted(oldest.scan(partId, space), changes, (row) => row.key);
  }

  return {
    async name(partId, name) {
      const row = await find(partId, 'name', name);
      return row && nameFactOf(row);
    },
    async *names(partId) {
      for await (const rows of scan(partId, 'name')) yield rows.map(nameFactOf);
    },
    async node(partId, nodeId) {
      const row = await find(partId, 'node', nodeId);
      return row && nodeFactOf(row);
    },
    async *nodes(partId) {
      for await (const rows of scan(partId, 'node')) yield rows.map(nodeFactOf);
    },
    async runs(partId, nodeId) {
      const row = await find(partId, 'run', nodeId);
      return row === undefined ? [] : runsOf(row);
    },
  };
}

/**
 * Folded state is derived: when a file of it proves missing or damaged, the records answer instead, from that moment on.
 * A stream that has already yielded goes on behind what it gave.
 */
export function withFallback(state: FactSource, records: () => FactSource): FactSource {
  let damaged = false;

  function source(): FactSource {
    return damaged ? records() : state;
  }

  async function once<T>(ask: (from: FactSource) => Promise<T>): Promise<T> {
    try {
      return await ask(source());
    } catch (error) {
      if (damaged || !isCode(error, 'corrupt-state')) throw error;
      damaged = true;
      return ask(source());
    }
  }

  async function* stream<F>(ask: (from: FactSource) => AsyncIterable<readonly F[]>): AsyncGenerator<readonly F[]> {
    let given = 0;
    try {
      for await (const batch of ask(source())) {
        given += batch.length;
        yield batch;
      }
    } catch (error) {
      if (damaged || !isCode(error, 'corrupt-state')) throw error;
      damaged = true;
      let skip = given;
      for await (const batch of ask(source())) {
        const rest = batch.slice(Math.min(skip, batch.length));
        skip = Math.max(0, skip - batch.length);
        if (rest.length > 0) yield rest;
      }
    }
  }

  return {
    name: (partId, name): Promise<NameFact | undefined> => once((from) => from.name(partId, name)),
    names: (partId): AsyncIterable<readonly NameFact[]> => stream((from) => from.names(partId)),
    node: (partId, nodeId): Promise<NodeFact | undefined> => once((from) => from.node(partId, nodeId)),
    nodes: (partId): AsyncIterable<readonly NodeFact[]> => stream((from) => from.nodes(partId)),
    runs: (partId, nodeId): Promise<readonly RunFact[]> => once((from) => from.runs(partId, nodeId)),
  };
}
