// `npm run hydrovu-server`: a HydroVu to try the collector with, without an account. Its data are made up, by a seed.
import { parseArgs } from 'node:util';
import { createModel, FAULT_KINDS, randomFaults, startServer } from '../packages/hydrovu/dist/testing/index.js';

const HELP = `Usage: npm run hydrovu-server -- [OPTIONS]

A HydroVu API on the loopback interface: locations, names and readings by a seed, and failures when they are asked for.

  --port N            default 8642
  --seed N            which data; default 1
  --devices N         default 3; the last of three or more has been silent for long
  --cadence SECONDS   between readings; default 900
  --since TIME        the first reading; default 30 days ago
  --at TIME           the time that the server takes for the present; default that of the machine
  --faults RATE       how many requests fail, of one; default 0
  --kinds LIST        which failures, of ${FAULT_KINDS.join(', ')}; default all
  --no-changes        parameters and units stay as they are
`;

const { values } = parseArgs({ options: {
  port: { type: 'string', default: '8642' }, seed: { type: 'string', default: '1' }, devices: { type: 'string', default: '3' },
  cadence: { type: 'string', default: '900' }, since: { type: 'string' }, at: { type: 'string' }, faults: { type: 'string', default: '0' },
  kinds: { type: 'string' }, 'no-changes': { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
} });
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const number = (name) => {
  const value = Number(values[name]);
  if (values[name].trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  return refuse(`--${name} is "${values[name]}", a number was wanted`);
};
const seconds = (name) => {
  const millis = Date.parse(values[name]);
  return Number.isNaN(millis) ? refuse(`--${name} is "${values[name]}", a time such as 2024-01-31T00:00:00Z was wanted`) : Math.floor(millis / 1000);
};
function refuse(why) {
  process.stderr.write(`hydrovu-server: ${why}\n`);
  process.exit(2);
}

const kinds = values.kinds?.split(',').map((kind) => kind.trim()) ?? FAULT_KINDS;
const unknown = kinds.find((kind) => !FAULT_KINDS.includes(kind));
if (unknown !== undefined) refuse(`there is no failure "${unknown}", one of ${FAULT_KINDS.join(', ')} was wanted`);
const present = values.at === undefined ? undefined : seconds('at');
const now = () => present ?? Math.floor(Date.now() / 1000);
const cadenceSeconds = Math.max(1, number('cadence'));
const startSeconds = values.since === undefined ? Math.floor(now() / 86_400 - 30) * 86_400 : seconds('since');
const model = createModel({ seed: number('seed'), devices: number('devices'), cadenceSeconds, startSeconds, changes: !values['no-changes'] });
const server = await startServer({
  model, clientId: 'demo', clientSecret: 'demo-secret', now, port: number('port'), pageEntries: 20,
  faults: randomFaults({ seed: number('seed'), rate: number('faults'), kinds, slowMillis: 3000, retrySeconds: 3 }),
});
process.stdout.write(`HydroVu at ${server.baseUrl}, client "demo" with the secret "demo-secret". Stop it with Ctrl-C. A config for it:

base_url: ${server.baseUrl}
client_id: \${env:HYDROVU_ID}
client_secret: \${env:HYDROVU_SECRET}
path: /hydrovu
devices:
${model.locations.map(({ id }, at) => `  - { id: "${id}", name: site-${at + 1} }`).join('\n')}
`);
process.on('SIGINT', () => {
  process.stderr.write(`\n${JSON.stringify(server.counts())}\n`);
  void server.close();
});
