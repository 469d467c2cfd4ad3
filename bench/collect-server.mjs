// A HydroVu that answers at once, in a process of its own: it prints its address and ends with its standard input.
import { createModel, startServer } from '../packages/hydrovu/dist/testing/index.js';

const { options, now } = JSON.parse(process.argv[2]);
const model = createModel(options);
const server = await startServer({ model, clientId: 'bench', clientSecret: 'bench', now: () => now, pageEntries: 100, tokenRequests: Infinity, keepPages: true });
process.stdout.write(`${JSON.stringify({ baseUrl: server.baseUrl, ids: model.locations.map(({ id }) => String(id)) })}\n`);
process.stdin.resume().on('end', () => process.exit(0));
