import { chance } from './chance.ts';

/** What goes wrong with one request. */
export type Fault =
  /** The token is not valid any more; a new one must be asked for. */
  | { readonly kind: 'unauthorized' }
  /** Status 429 with the header in the form that is named. */
  | { readonly kind: 'too-many'; readonly retryAfter: 'none' | 'seconds' | 'date'; readonly seconds: number }
  | { readonly kind: 'unavailable'; readonly status: 500 | 502 | 503 }
  /** The connection is cut after so many bytes of the body. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  | { readonly kind: 'slow'; readonly millis: number }
  /** Status 200 with a page of HTML. */
  | { readonly kind: 'garbage' };

export type FaultKind = Fault['kind'];

export const FAULT_KINDS: readonly FaultKind[] = ['unauthorized', 'too-many', 'unavailable', 'reset', 'slow', 'garbage'];

/** Asked for each request by its number, from 1; a request without a fault is answered. */
export type FaultPlan = (request: number) => Fault | undefined;

/** The given faults at the given requests. */
export function faultsAt(faults: Readonly<Record<number, Fault>>): FaultPlan {
  return (request) => faults[request];
}

export interface RandomFaults {
  readonly seed: number;
  /** Of one. */
  readonly rate: number;
  readonly kinds?: readonly FaultKind[];
  /** The longest a slow answer takes; default 200. */
  readonly slowMillis?: number;
  /** The longest that a 429 asks to wait; default 0. */
  readonly retrySeconds?: number;
}

/** Faults by chance, the same for the same seed. */
export function randomFaults({ seed, rate, kinds = FAULT_KINDS, slowMillis = 200, retrySeconds = 0 }: RandomFaults): FaultPlan {
  return (request) => {
    if (chance(seed, request, 1) >= rate) return undefined;
    const draw = (kind: number, below: number): number => Math.floor(chance(seed, request, kind) * below);
    const kind = kinds[draw(2, kinds.length)];
    switch (kind) {
      case 'unauthorized': case 'garbage': return { kind };
      case 'too-many': {
        return { kind, retryAfter: (['none', 'seconds', 'date'] as const)[draw(3, 3)] ?? 'none', seconds: draw(4, retrySeconds + 1) };
      }
      case 'unavailable': return { kind, status: ([500, 502, 503] as const)[draw(3, 3)] ?? 503 };
      case 'reset': return { kind, afterBytes: draw(3, 2000) };
      case 'slow': return { kind, millis: draw(3, slowMillis) };
      case undefined: return undefined;
    }
    return undefined;
  };
}
