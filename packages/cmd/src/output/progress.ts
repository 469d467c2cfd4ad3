import type * as CliProgress from 'cli-progress';
import type * as Library from 'cli-progress';
import type { Writable } from 'node:stream';
import type { Effects } from '../effects.ts';
import { formatDuration } from '../time.ts';
import { formatBytes } from './size.ts';

/** What is counted. */
export type ProgressUnit = 'bytes' | 'items';

type World = Pick<Effects, 'stderr' | 'elapsedMillis'>;

export interface Progress {
  /** `total` may become known or grow; undefined while it is not known. */
  update(done: number, total?: number): void;
  stop(): void;
}

/** Nothing is shown of work that is over sooner. */
const DELAY_MILLIS = 1000;
const LINE_MILLIS = 10_000;
const FRAMES_PER_SECOND = 5;
/** With the facts beside it the line fits in 80 cells. */
const BAR_CELLS = 16;

/**
 * Progress on stderr: a bar with rate and time left on a terminal, a plain line at most every ten seconds elsewhere.
 * The work reports as often as it likes; `totalOf` is asked only when there is something to show.
 */
export function startProgress(
  effects: World, label: string, unit: ProgressUnit, quiet: boolean, totalOf: () => number | undefined = () => undefined,
): Progress {
  if (quiet) return { update: () => undefined, stop: () => undefined };
  return effects.stderr.isTty ? bar(effects, label, unit, totalOf) : lines(effects, label, unit, totalOf);
}

function lines(effects: World, label: string, unit: ProgressUnit, totalOf: () => number | undefined): Progress {
  const started = effects.elapsedMillis();
  let next = started + LINE_MILLIS;
  return {
    update(done, total = undefined) {
      const now = effects.elapsedMillis();
      if (now < next) return;
      next = now + LINE_MILLIS;
      unlessItFails(() => effects.stderr.print(`${label} ${facts(done, total ?? totalOf(), now - started, unit)}\n`));
    },
    stop: () => undefined,
  };
}

function bar(effects: World, label: string, unit: ProgressUnit, totalOf: () => number | undefined): Progress {
  const started = effects.elapsedMillis();
  let drawn: Library.SingleBar | undefined;
  let loading = false;
  let stopped = false;
  let nextFrame = started + DELAY_MILLIS;
  let latest: { done: number; total: number | undefined } = { done: 0, total: undefined };
  const draw = (): void => {
    const { done, total } = latest;
    drawn?.setTotal(total ?? done);
    drawn?.update(done, { facts: facts(done, total, effects.elapsedMillis() - started, unit) });
    drawn?.render();
  };
  const begin = ({ SingleBar, Presets }: typeof CliProgress): void => {
    if (stopped) return;
    drawn = new SingleBar({
      format: latest.total === undefined ? `${label} {facts}` : `${label} {bar} {percentage}% {facts}`,
      stream: terminalStream(effects.stderr),
      barsize: BAR_CELLS,
      hideCursor: false,
      linewrap: true,
      clearOnComplete: true,
      noTTYOutput: true,
      fps: FRAMES_PER_SECOND,
      gracefulExit: false,
    }, Presets.shades_grey);
    drawn.start(latest.total ?? 1, latest.done, { facts: '' });
    draw();
  };
  return {
    update(done, total = undefined) {
      const now = effects.elapsedMillis();
      if (stopped || now < nextFrame) {
        latest = { done, total: total ?? latest.total };
        return;
      }
      nextFrame = now + 1000 / FRAMES_PER_SECOND;
      latest = { done, total: total ?? latest.total ?? totalOf() };
      if (drawn !== undefined) stopped = !unlessItFails(draw);
      else if (!loading) {
        loading = true;
        void import('cli-progress').then((library) => {
          stopped = !unlessItFails(() => begin(library)) || stopped;
        }, () => undefined);
      }
    },
    stop() {
      stopped = true;
      unlessItFails(() => drawn?.stop());
    },
  };
}

/** A line that cannot be shown, for whatever reason, is no reason to end the work. */
function unlessItFails(step: () => void): boolean {
  try {
    step();
    return true;
  } catch {
    return false;
  }
}

/** What cli-progress asks of a stream: it writes, and it wants to know that this is a terminal. */
function terminalStream(output: Effects['stderr']): Writable {
  const stream = {
    isTTY: true,
    get columns() {
      return output.columns ?? 80;
    },
    write: (text: string) => {
      output.print(text);
      return true;
    },
  };
  return stream as unknown as Writable;
}

/** `1.2 GiB of 5.0 GiB, 210.0 MiB/s, 18s left`. */
function facts(done: number, total: number | undefined, elapsedMillis: number, unit: ProgressUnit): string {
  const text = (count: number): string => (unit === 'bytes' ? formatBytes(count) : String(Math.round(count)));
  const perMillis = elapsedMillis > 0 ? done / elapsedMillis : 0;
  const amount = total === undefined ? text(done) : `${text(done)} of ${text(total)}`;
  const left = total === undefined || perMillis === 0 ? '' : `, ${formatDuration(Math.max(0, total - done) / perMillis)} left`;
  return `${amount}, ${text(perMillis * 1000)}/s${left}`;
}
