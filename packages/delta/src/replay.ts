import {
  type Action, type AddFile, type DomainMetadata, fileKey, type Metadata, type Protocol, type RemoveFile, type SetTransaction,
} from './action.ts';

/**
 * What a table is after some actions (PROTOCOL.md, "Action Reconciliation"). Files and tombstones are keyed by `fileKey`;
 * their `dataChange` is false.
 */
export interface TableState {
  readonly protocol?: Protocol;
  readonly metadata?: Metadata;
  readonly files: ReadonlyMap<string, AddFile>;
  readonly tombstones: ReadonlyMap<string, RemoveFile>;
  readonly transactions: ReadonlyMap<string, SetTransaction>;
  readonly domainMetadata: ReadonlyMap<string, DomainMetadata>;
}

export const EMPTY_STATE: TableState = { files: new Map(), tombstones: new Map(), transactions: new Map(), domainMetadata: new Map() };

export interface Replay {
  /** Actions in the order of the log: a later one wins over an earlier one of the same key. */
  apply(action: Action): void;
  /** The state so far. Nothing may be applied afterwards: the state keeps the maps. */
  finish(): TableState;
}

/** Continues from `base`, which stays as it is: a map is copied when the first action changes it. */
export function createReplay(base: TableState = EMPTY_STATE): Replay {
  let { protocol, metadata } = base;
  const files = copyOnWrite(base.files);
  const tombstones = copyOnWrite(base.tombstones);
  const transactions = copyOnWrite(base.transactions);
  const domainMetadata = copyOnWrite(base.domainMetadata);

  return {
    apply(action) {
      switch (action.kind) {
        case 'add': {
          const key = fileKey(action.add);
          files.set(key, settledAdd(action.add));
          tombstones.delete(key);
          break;
        }
        case 'remove': {
          const key = fileKey(action.remove);
          files.delete(key);
          tombstones.set(key, settledRemove(action.remove));
          break;
        }
        case 'txn':
          transactions.set(action.txn.appId, action.txn);
          break;
        case 'domainMetadata':
          if (action.domainMetadata.removed) domainMetadata.delete(action.domainMetadata.domain);
          else domainMetadata.set(action.domainMetadata.domain, action.domainMetadata);
          break;
        case 'protocol':
          protocol = action.protocol;
          break;
        case 'metaData':
          metadata = action.metaData;
          break;
        case 'commitInfo':
        case 'cdc':
        case 'sidecar':
        case 'checkpointMetadata':
          break;
      }
    },
    finish() {
      return {
        ...(protocol === undefined ? {} : { protocol }),
        ...(metadata === undefined ? {} : { metadata }),
        files: files.map(),
        tombstones: tombstones.map(),
        transactions: transactions.map(),
        domainMetadata: domainMetadata.map(),
      };
    },
  };
}

// Whether a file changed the data is a fact of its commit, not of the state, and a tombstone keeps only what vacuum needs:
// a checkpoint has them like this, and so it does not matter from where a state was read.

function settledAdd(add: AddFile): AddFile {
  return add.dataChange ? { ...add, dataChange: false } : add;
}

function settledRemove(remove: RemoveFile): RemoveFile {
  if (!remove.dataChange && remove.stats === undefined && remove.tags === undefined) return remove;
  const { stats: _stats, tags: _tags, ...others } = remove;
  return { ...others, dataChange: false };
}

interface CopyOnWrite<Value> {
  set(key: string, value: Value): void;
  delete(key: string): void;
  map(): ReadonlyMap<string, Value>;
}

function copyOnWrite<Value>(base: ReadonlyMap<string, Value>): CopyOnWrite<Value> {
  let own: Map<string, Value> | undefined;
  return {
    set(key, value) {
      own ??= new Map(base);
      own.set(key, value);
    },
    delete(key) {
      if (own === undefined && !base.has(key)) return;
      own ??= new Map(base);
      own.delete(key);
    },
    map: () => own ?? base,
  };
}
