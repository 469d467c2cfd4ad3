import { openPond } from '@duckpond/pond';
import { collect, createClient, type HydroVuConfig } from '../../src/index.ts';

/** One run of the collector in a process of its own, as a timer starts it. */
export interface WorkerOrder {
  readonly pond: string;
  readonly config: HydroVuConfig;
  readonly nowSeconds: number;
}

/** What it prints when it was not killed. */
export interface WorkerReport {
  readonly outcomes: readonly { readonly name: string; readonly state: string; readonly error: string | undefined }[];
  readonly peakBytes: number;
}

const order = JSON.parse(process.argv[2] ?? '') as WorkerOrder;
const nowMillis = (): number => order.nowSeconds * 1000;
const client = createClient({
  baseUrl: order.config.baseUrl, nowMillis, backoffMillis: 2, tooManyMillis: 5, timeoutMillis: 5000,
  credentials: { clientId: process.env['YEAR_ID'] ?? '', clientSecret: process.env['YEAR_SECRET'] ?? '' },
});
const pond = await openPond(order.pond);
const outcomes = await collect(pond, order.config, client, { nowMillis, batchMillis: 30, command: ['pond', 'run', '/etc/hydrovu'] });
await pond.close();
process.stdout.write(JSON.stringify({
  outcomes: outcomes.map(({ name, state, error }) => ({ name, state, error: error?.message })), peakBytes: process.resourceUsage().maxRSS * 1024,
} satisfies WorkerReport));
