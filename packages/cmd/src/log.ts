import type { Effects } from './effects.ts';
import { printable } from './output/printable.ts';
import { isSecretName, redactText } from './redact.ts';
import { formatTimestamp } from './time.ts';

export const LOG_LEVELS = ['off', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export type LogFields = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

/** Structured logging to stderr, one line an event. */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  trace(message: string, fields?: LogFields): void;
  /** The transaction that the lines from now on belong to. */
  setTransaction(txnSeq: number): void;
}

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly command: string;
}

export function isLogLevel(text: string): text is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(text);
}

export function createLogger(effects: Pick<Effects, 'stderr' | 'nowMicros' | 'elapsedMillis'>, settings: LogSettings): Logger {
  const threshold = LOG_LEVELS.indexOf(settings.level);
  const started = effects.elapsedMillis();
  let transaction: number | undefined;

  const line = (level: LogLevel) => (message: string, fields: LogFields = {}): void => {
    if (LOG_LEVELS.indexOf(level) > threshold) return;
    const facts: Record<string, string | number | boolean | null> = {
      time: formatTimestamp(effects.nowMicros()),
      level,
      command: settings.command,
      txn: transaction ?? null,
      elapsedMs: Math.round((effects.elapsedMillis() - started) * 1000) / 1000,
      message: redactText(message),
    };
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) facts[name] = safeValue(name, value);
    }
    effects.stderr.print(`${settings.format === 'json' ? JSON.stringify(facts) : textLine(facts)}\n`);
  };

  return {
    error: line('error'),
    warn: line('warn'),
    info: line('info'),
    debug: line('debug'),
    trace: line('trace'),
    setTransaction: (txnSeq) => {
      transaction = txnSeq;
    },
  };
}

function safeValue(name: string, value: string | number | bigint | boolean): string | number | boolean {
  if (isSecretName(name)) return '***';
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'string' ? redactText(value) : value;
}

/** `TIME LEVEL message key=value …`, values quoted where they need it. */
function textLine(facts: Readonly<Record<string, string | number | boolean | null>>): string {
  const { time, level, message, ...rest } = facts;
  const pairs = Object.entries(rest).map(([name, value]) => `${name}=${quoted(value === null ? '-' : String(value))}`);
  return [time, String(level).toUpperCase().padEnd(5), printable(String(message)), ...pairs].join(' ');
}

function quoted(text: string): string {
  return /^[\w.:/@%+,*-]*$/.test(text) && text !== '' ? text : JSON.stringify(printable(text));
}
