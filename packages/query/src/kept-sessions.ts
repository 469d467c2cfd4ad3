import type { Relation } from './relation.ts';
import type { Session } from './session.ts';

/** Relations under the names that a query has for them. */
export type NamedRelations = ReadonlyMap<string, Relation>;

/**
 * Sessions that have done their query. Their views are there for the next query of the same relations under the same names, and of no
 * others: a query sees no view but its own.
 */
export interface KeptSessions {
  /** Whoever takes a session has it alone, until it is kept again or closed. */
  take(relations: NamedRelations): Session | undefined;
  /** For a session that is as it was when its views had been made. The one that nobody wanted for longest is closed for it. */
  keep(session: Session, relations: NamedRelations): Promise<void>;
  close(): void;
}

const MOST_SESSIONS = 4;
const MOST_STATEMENTS = 16;

/** No session is kept yet. */
export function keptSessions(): KeptSessions {
  const kept: { readonly session: Session; readonly relations: NamedRelations }[] = [];
  return {
    take(relations) {
      const at = kept.findIndex((one) => areSame(one.relations, relations));
      return at < 0 ? undefined : kept.splice(at, 1)[0]?.session;
    },
    async keep(session, relations) {
      const [oldest] = session.prepared.keys();
      if (session.prepared.size > MOST_STATEMENTS && oldest !== undefined) {
        session.prepared.get(oldest)?.destroySync();
        session.prepared.delete(oldest);
      }
      kept.push({ session, relations });
      if (kept.length > MOST_SESSIONS) await kept.shift()?.session.close();
    },
    close() {
      // A kept session has no transaction and no database of its own: nothing of its closing is waited for.
      for (const { session } of kept.splice(0)) void session.close();
    },
  };
}

/** The same objects: what a relation says does not change. */
function areSame(a: NamedRelations, b: NamedRelations): boolean {
  return a.size === b.size && [...a].every(([name, relation]) => b.get(name) === relation);
}

/** Whether a view of the relation gives the same rows again and again, and holds little while nobody reads it. */
export function isKeepable({ parts }: Relation): boolean {
  return parts.every(({ kind }) => kind === 'parquet' || kind === 'arrow');
}
