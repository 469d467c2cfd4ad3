import { join } from 'node:path';
import type { LocalIo } from './local-io.ts';
import { temporaryName, temporaryOwner } from './temporary-name.ts';

/**
 * Whose turn it is to commit, as a courtesy between the writers of one directory: racing for the next version is always
 * correct, but every lost race costs a written and synced file. A turn is a hint. It may be broken, lost or ignored.
 */
export interface Turn {
  /**
   * Waits for the turn, though not for ever.
   *
   * @param meanwhile called now and then while others have it: what is done then need not be done in the turn. `isNext` tells that
   * only one other comes before
   */
  take(meanwhile: (isNext: boolean) => Promise<unknown>): Promise<HeldTurn>;
}

export interface HeldTurn {
  /** Whether others waited when it was taken. */
  readonly isCrowded: boolean;
  /** Whether the holder may go on to its next commit without asking again. */
  mayGoOn(): boolean;
  end(): void;
}

export interface TurnOptions {
  nowMillis(): number;
  isAlive(processId: number): boolean;
}

/** Where the writers that wait have their tickets: empty files with the names of temporaries, which no reader lists. */
const DIRECTORY = '_turns';
/** So long a turn is, while others wait: long enough to be worth the hand-over, short enough for eight in a row. */
const SLICE_MILLIS = 12;
/** From then on it is asked whether the holder is still alive. */
const SUSPECT_AFTER_MILLIS = 50;
/** No turn takes so long: whoever left the ticket is stuck. */
const BROKEN_AFTER_MILLIS = 2_000;
/** A writer that has waited so long tries without. */
const PATIENCE_MILLIS = 1_000;
/** How often a waiting writer looks, by its place in the queue. */
const LOOK_MILLIS = 4;
const LOOK_MOST_MILLIS = 24;

/** Writers queue by the time of their tickets, so that each has its turn in order. */
export function createLocalTurn(directory: string, io: LocalIo, { nowMillis, isAlive }: TurnOptions): Turn {
  const tickets = join(directory, DIRECTORY);
  let drawn = 0;

  function draw(): string | undefined {
    const token = Math.max(0, Math.floor(nowMillis())).toString(16).padStart(12, '0');
    const name = temporaryName(io.processId, token, ++drawn);
    for (let attempt = 1; attempt <= 2; attempt++) {
      try {
        io.close(io.open(join(tickets, name), 'create'));
        return name;
      } catch {
        try {
          io.mkdir(tickets);
        } catch {
          // It is there, or turns are not possible here: then the race decides.
        }
      }
    }
    return undefined;
  }

  function remove(name: string): void {
    try {
      io.unlink(join(tickets, name));
    } catch {
      // Another writer has broken the turn; it is over all the same.
    }
  }

  function queue(): readonly string[] {
    try {
      return io.readdir(tickets).map(({ name }) => name).filter((name) => temporaryOwner(name) !== undefined).sort(compareTickets);
    } catch {
      return [];
    }
  }

  function held(ticket: string | undefined, isCrowded: boolean): HeldTurn {
    let until = nowMillis() + SLICE_MILLIS;
    return {
      isCrowded,
      mayGoOn() {
        if (ticket === undefined) return false;
        if (nowMillis() < until) return true;
        if (queue().length > 1) return false;
        until = nowMillis() + SLICE_MILLIS;
        return true;
      },
      end() {
        if (ticket !== undefined) remove(ticket);
      },
    };
  }

  return {
    async take(meanwhile) {
      const ticket = draw();
      if (ticket === undefined) return held(undefined, true);
      const started = nowMillis();
      let first: string | undefined;
      let firstSince = started;
      for (let isCrowded = false; nowMillis() - started < PATIENCE_MILLIS; isCrowded = true) {
        const waiting = queue();
        const place = waiting.indexOf(ticket);
        // Who has lost the ticket has been taken for dead: the race decides.
        if (place <= 0) return held(ticket, isCrowded || waiting.length > 1);
        const now = nowMillis();
        if (waiting[0] !== first) [first, firstSince] = [waiting[0], now];
        else if (first !== undefined && isOver(first, now - firstSince)) remove(first);
        await meanwhile(place === 1);
        await new Promise((resolve) => setTimeout(resolve, place === 1 ? 1 : Math.min(LOOK_MILLIS * (place - 1), LOOK_MOST_MILLIS)));
      }
      remove(ticket);
      return held(undefined, true);
    },
  };

  function isOver(ticket: string, forMillis: number): boolean {
    if (forMillis > BROKEN_AFTER_MILLIS) return true;
    const owner = temporaryOwner(ticket);
    return forMillis > SUSPECT_AFTER_MILLIS && owner !== undefined && !isAlive(owner);
  }
}

/** `.<process>-<time>-<number>.tmp`: by time, and then anyhow, but the same for all. */
function compareTickets(a: string, b: string): number {
  const [left, right] = [a.slice(a.indexOf('-')), b.slice(b.indexOf('-'))];
  return left < right ? -1 : left > right ? 1 : a < b ? -1 : a > b ? 1 : 0;
}
