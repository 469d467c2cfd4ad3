import type { ChangeCounts } from './commit-info.ts';
import { type Footprint, nameKey } from './conflict.ts';
import type { NewEntry } from './entry.ts';
import { OplogError } from './errors.ts';
import type { Layer, NameFact, NodeFact, RunChange, Touch } from './fact.ts';
import type { Head } from './head.ts';
import { entryOf, nextFact, type NodeChange, rowsAfter } from './next-version.ts';
import type { Row } from './row.ts';
import { type NewRun, type RunFact, runRow } from './run.ts';
import { NO_ROW_FACTS, type RowFacts, type WidenType } from './tabular.ts';
import { createView, type FactSource } from './view.ts';

interface PendingName {
  /** Where the name led before the transaction. */
  readonly before: NameFact | undefined;
  after: NameFact | undefined;
}

interface PendingNode {
  readonly partId: string;
  readonly nodeId: string;
  readonly kind: string;
  /** As it was before the transaction; undefined when the transaction created it. */
  readonly base: NodeFact | undefined;
  /** What the first of the versions follows: `base`, or the node without a version. */
  readonly origin: NodeFact;
  /** The versions that the transaction adds. */
  readonly changes: NodeChange[];
  /** As it is with those versions, for reading within the transaction. */
  fact: NodeFact;
}

interface PendingLayer extends Layer {
  readonly names: Map<string, Map<string, NameFact | null>>;
  readonly nodes: Map<string, Map<string, NodeFact | null>>;
  readonly touches: Map<string, Touch>;
  readonly runs: Map<string, Map<string, RunChange>>;
}

interface PendingRun {
  readonly partId: string;
  readonly nodeId: string;
  readonly run: NewRun;
}

/** Changes that are not committed yet, on top of one state. It holds no lock and writes no log: `Oplog.commit` does that. */
export class Transaction implements FactSource {
  readonly startedMicros: bigint;
  /** The state that the transaction began from. */
  readonly base: Head;
  readonly #view: FactSource;
  readonly #layer: PendingLayer = { names: new Map(), nodes: new Map(), touches: new Map(), runs: new Map() };
  readonly #names = new Map<string, Map<string, PendingName>>();
  readonly #nodes = new Map<string, PendingNode>();
  readonly #runs: PendingRun[] = [];
  readonly #removed = new Map<string, NameFact>();
  readonly #reliedNames = new Set<string>();
  readonly #reliedParts = new Set<string>();
  readonly #widen: WidenType;
  #renames = 0;

  /** @param widen finds the type that holds the values of two; without it a column never changes its type */
  constructor(base: Head, startedMicros: bigint, widen: WidenType = () => undefined) {
    this.#widen = widen;
    this.startedMicros = startedMicros;
    this.base = base;
    this.#view = createView(base.view, [this.#layer]);
  }

  /** A lookup on which the transaction relies: when others change the name before the commit, that is a conflict. */
  async name(partId: string, name: string): Promise<NameFact | undefined> {
    const fact = await this.#view.name(partId, name);
    if (fact !== undefined && this.#names.get(partId)?.get(name) === undefined) this.#reliedNames.add(nameKey(partId, name));
    return fact;
  }

  names(partId: string): AsyncIterable<readonly NameFact[]> { return this.#view.names(partId); }
  node(partId: string, nodeId: string): Promise<NodeFact | undefined> { return this.#view.node(partId, nodeId); }
  nodes(partId: string): AsyncIterable<readonly NodeFact[]> { return this.#view.nodes(partId); }
  runs(partId: string, nodeId: string): Promise<readonly RunFact[]> { return this.#view.runs(partId, nodeId); }

  /** The series to which the transaction appends, as they were before it. */
  appended(): readonly NodeFact[] {
    return [...this.#nodes.values()].flatMap(({ kind, base }) => (kind === 'series' && base !== undefined ? [base] : []));
  }

  /** Records a run of versions that are committed already: whatever others commit meanwhile, it stays true. */
  addRun(partId: string, nodeId: string, run: NewRun): void {
    this.#runs.push({ partId, nodeId, run });
  }

  /** The versions that this transaction adds to a node, oldest first. */
  pendingChanges(nodeId: string): readonly NodeChange[] {
    return this.#nodes.get(nodeId)?.changes ?? [];
  }

  /** The whole content of the directory is relied on from now on. */
  relyOnPart(partId: string): void {
    this.#reliedParts.add(partId);
  }

  /** Makes a free name lead to a node. */
  async insert(partId: string, fact: NameFact): Promise<void> {
    const pending = await this.#pendingName(partId, fact.name);
    if (pending.after !== undefined) {
      throw new OplogError(
        'invalid-transaction', `Cannot insert the name "${fact.name}": it is taken, a free name was wanted`, { name: fact.name },
      );
    }
    pending.after = fact;
    this.#removed.delete(fact.childId);
    this.#show(partId, fact.name, fact);
  }

  /** Takes a name away, and with it its node, unless `keepNode` says that the node lives on under another name. */
  async remove(partId: string, name: string, keepNode: boolean): Promise<NameFact> {
    const pending = await this.#pendingName(partId, name);
    const fact = pending.after;
    if (fact === undefined) {
      throw new OplogError(
        'invalid-transaction', `Cannot remove the name "${name}": it leads nowhere, a name that is there was wanted`, { name },
      );
    }
    pending.after = undefined;
    this.#show(partId, name, null);
    if (keepNode) this.#renames++;
    else this.#removeNode(fact);
    return fact;
  }

  /** A new node; without a change it has no version yet, though it may have attributes. */
  create(
    partId: string, nodeId: string, kind: string, change: NodeChange | undefined, timestampMicros: bigint, attributes: string | null = null,
  ): NodeFact {
    const blank: NodeFact = {
      partId, nodeId, kind, version: 0, txnSeq: 0, timestampMicros, sizeBytes: null, sha256: null, totalBytes: null, chain: null,
      blob: false, target: null, factory: null, config: null, attributes, timeColumn: null, rowCount: null, timeMinMicros: null,
      timeMaxMicros: null, totalRows: null, totalTimeMinMicros: null, totalTimeMaxMicros: null, schema: null,
    };
    const node: PendingNode = { partId, nodeId, kind, base: undefined, origin: blank, changes: [], fact: blank };
    this.#nodes.set(nodeId, node);
    return this.#addChange(node, change, NO_ROW_FACTS, timestampMicros);
  }

  /**
   * Adds a version.
   *
   * @throws OplogError `not-found`, `schema-clash` when its columns contradict those of the series
   */
  async write(partId: string, nodeId: string, change: NodeChange, timestampMicros: bigint): Promise<NodeFact> {
    let node = this.#nodes.get(nodeId);
    const isKnown = node !== undefined;
    if (node === undefined) {
      const base = await this.#view.node(partId, nodeId);
      if (base === undefined) {
        throw new OplogError('not-found', 'Cannot write a version: the node is not there, one that is was wanted', { partId, nodeId });
      }
      node = { partId, nodeId, kind: base.kind, base, origin: base, changes: [], fact: base };
    }
    const rows = await rowsAfter(node.kind, node.fact, change, this.#widen);
    if (!isKnown) this.#nodes.set(nodeId, node);
    return this.#addChange(node, change, rows, timestampMicros);
  }

  /** Brings back a node that was removed, with its runs: its next version follows `newestVersion`, the highest that it ever had. */
  async revive(
    fact: NodeFact, newestVersion: number, change: NodeChange, timestampMicros: bigint, runs: readonly RunFact[] = [],
  ): Promise<NodeFact> {
    const base = { ...fact, version: newestVersion };
    const node: PendingNode = { partId: fact.partId, nodeId: fact.nodeId, kind: fact.kind, base, origin: base, changes: [], fact: base };
    this.#nodes.set(fact.nodeId, node);
    for (const { txnSeq: _, timestampMicros: __, ...run } of runs) this.addRun(fact.partId, fact.nodeId, run);
    return this.#addChange(node, change, await rowsAfter(fact.kind, base, change, this.#widen), timestampMicros);
  }

  get isEmpty(): boolean {
    return this.#nodes.size === 0 && this.#runs.length === 0 && this.#changedNames().length === 0;
  }

  footprint(): Footprint {
    const written = [...this.#nodes.values()].filter(({ base }) => base !== undefined);
    return {
      changedNames: new Set(this.#changedNames().map(([partId, name]) => nameKey(partId, name))),
      reliedNames: this.#reliedNames,
      reliedParts: this.#reliedParts,
      writtenNodes: new Set([...written.filter((node) => !isAppend(node)).map(({ nodeId }) => nodeId), ...this.#removed.keys()]),
      appendedNodes: new Set(written.filter(isAppend).map(({ nodeId }) => nodeId)),
    };
  }

  counts(): ChangeCounts {
    const created = [...this.#nodes.values()].filter(({ base }) => base === undefined).length;
    return { created, written: this.#nodes.size - created, renamed: this.#renames, removed: this.#removed.size };
  }

  /** The rows of the transaction when it comes right after the state of `view`. */
  async rows(view: FactSource, txnSeq: number, timestampMicros: bigint): Promise<Row[]> {
    const rows = new Map<string, { readonly directory: Row[]; readonly node: Row[] }>();
    const rowsOf = (partId: string): { readonly directory: Row[]; readonly node: Row[] } => {
      let ofPart = rows.get(partId);
      if (ofPart === undefined) rows.set(partId, ofPart = { directory: [], node: [] });
      return ofPart;
    };
    const byPart = new Map<string, NewEntry[]>();
    for (const [partId, , pending] of this.#changedNames()) {
      let entries = byPart.get(partId);
      if (entries === undefined) byPart.set(partId, entries = []);
      entries.push(...this.#nameEntries(partId, pending));
    }
    for (const [partId, entries] of byPart) {
      const pending = this.#nodes.get(partId);
      const isNew = pending !== undefined && pending.base === undefined;
      const version = isNew ? 1 : ((await view.node(partId, partId) ?? pending?.base)?.version ?? 0) + 1;
      const { directory } = rowsOf(partId);
      const place = { partId, nodeId: partId, txnSeq, version, timestampMicros };
      for (const entry of entries) directory.push({ ...place, recordKind: 'directory', entry });
    }
    for (const node of this.#nodes.values()) {
      const { partId, nodeId } = node;
      const ofNode = rowsOf(partId).node;
      let base = node.base === undefined ? node.origin : await view.node(partId, nodeId) ?? node.base;
      if (node.base === undefined && node.changes.length === 0) {
        const entry = { kind: node.kind, attributes: node.origin.attributes };
        ofNode.push({ partId, recordKind: 'node', nodeId, txnSeq, version: 0, timestampMicros, entry });
      }
      for (const change of node.changes) {
        const version = base.version + 1;
        const fact = nextFact(base, change, await rowsAfter(node.kind, base, change, this.#widen), version, timestampMicros);
        ofNode.push({ partId, recordKind: 'node', nodeId, txnSeq, version, timestampMicros, entry: entryOf(fact, change) });
        base = fact;
      }
    }
    for (const { partId, nodeId, run } of this.#runs) {
      if (!this.#removed.has(nodeId)) rowsOf(partId).node.push(runRow(partId, nodeId, run, txnSeq, timestampMicros));
    }
    return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, { directory, node }]) => [...directory, ...node]);
  }

  #changedNames(): (readonly [partId: string, name: string, pending: PendingName])[] {
    const changed: (readonly [partId: string, name: string, pending: PendingName])[] = [];
    for (const [partId, names] of this.#names) {
      for (const [name, pending] of names) {
        const { before, after } = pending;
        if (before !== after && (before === undefined || before.childId !== after?.childId)) changed.push([partId, name, pending]);
      }
    }
    return changed;
  }

  #nameEntries(partId: string, { before, after }: PendingName): NewEntry[] {
    const entries: NewEntry[] = [];
    if (before !== undefined) {
      entries.push({ ...childOf(partId, before), operation: this.#removed.has(before.childId) ? 'delete' : 'rename' });
    }
    if (after !== undefined) entries.push({ ...childOf(partId, after), operation: 'insert' });
    return entries;
  }

  async #pendingName(partId: string, name: string): Promise<PendingName> {
    let names = this.#names.get(partId);
    if (names === undefined) this.#names.set(partId, names = new Map<string, PendingName>());
    let pending = names.get(name);
    if (pending === undefined) {
      const before = await this.base.view.name(partId, name);
      names.set(name, pending = { before, after: before });
    }
    return pending;
  }

  #show(partId: string, name: string, fact: NameFact | null): void {
    let names = this.#layer.names.get(partId);
    if (names === undefined) this.#layer.names.set(partId, names = new Map<string, NameFact | null>());
    names.set(name, fact);
  }

  #removeNode(fact: NameFact): void {
    const pending = this.#nodes.get(fact.childId);
    this.#nodes.delete(fact.childId);
    this.#showNode(fact.childPart, fact.childId, null);
    if (pending !== undefined && pending.base === undefined) {
      // Created and removed within the transaction: nothing of it, nor of what was put below it, is to be stored.
      const below = this.#names.get(fact.childId);
      this.#names.delete(fact.childId);
      for (const { after } of below?.values() ?? []) if (after !== undefined) this.#removeNode(after);
      return;
    }
    this.#removed.set(fact.childId, fact);
  }

  #addChange(node: PendingNode, change: NodeChange | undefined, rows: RowFacts, timestampMicros: bigint): NodeFact {
    if (change !== undefined) {
      node.changes.push(change);
      node.fact = nextFact(node.fact, change, rows, node.fact.version + 1, timestampMicros);
    }
    this.#showNode(node.partId, node.nodeId, node.fact);
    return node.fact;
  }

  #showNode(partId: string, nodeId: string, fact: NodeFact | null): void {
    let nodes = this.#layer.nodes.get(partId);
    if (nodes === undefined) this.#layer.nodes.set(partId, nodes = new Map<string, NodeFact | null>());
    nodes.set(nodeId, fact);
  }
}

function isAppend(node: PendingNode): boolean {
  return node.kind === 'series'
    && node.changes.every(({ content, rows: _, ...rest }) => content !== undefined && Object.keys(rest).length === 0);
}

function childOf(partId: string, fact: NameFact): NewEntry {
  const usual = fact.childKind === 'directory' ? fact.childId : partId;
  return { name: fact.name, childId: fact.childId, childKind: fact.childKind, childHome: fact.childPart === usual ? null : fact.childPart };
}
