import type { Client, DataPage, ReceivedPage, Span } from '../src/index.ts';

export interface FakeReading {
  readonly parameterId: string;
  readonly unitId?: string;
  readonly time: number;
  readonly value: number;
}

/** A client that answers with the given pages, and fails behind those when it is told to. */
export function fakeClient(pages: () => readonly (readonly FakeReading[])[], names: Readonly<Record<string, string>> = {}, fails?: () => Error | undefined): Client & {
  readonly spans: Span[];
} {
  const spans: Span[] = [];
  let requests = 0;
  return {
    baseUrl: 'http://127.0.0.1/public-api',
    spans,
    requests: () => requests,
    names: () => Promise.resolve({ parameters: new Map(Object.entries(names)), units: new Map([['1', 'C']]) }),
    locations: () => Promise.resolve([{ id: '7', name: 'seven', description: '', latitude: undefined, longitude: undefined }]),
    async *readings(_, span): AsyncGenerator<ReceivedPage, void, void> {
      spans.push(span);
      const all = pages();
      for (const [number, readings] of all.entries()) {
        requests++;
        const page = pageOf(readings);
        yield { ...page, text: JSON.stringify(page), number, hasMore: number < all.length - 1 || fails?.() !== undefined };
      }
      await Promise.resolve();
      const error = fails?.();
      if (error !== undefined) throw error;
    },
  };
}

function pageOf(readings: readonly FakeReading[]): DataPage {
  const keys = [...new Set(readings.map(({ parameterId, unitId = '1' }) => `${parameterId}|${unitId}`))];
  return {
    unusable: 0,
    parameters: keys.map((key) => {
      const [parameterId = '', unitId = ''] = key.split('|');
      return {
        parameterId, unitId,
        readings: readings.flatMap((one) => (`${one.parameterId}|${one.unitId ?? '1'}` === key ? [{ timestamp: one.time, value: one.value }] : [])),
      };
    }),
  };
}
