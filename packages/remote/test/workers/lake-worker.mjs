// Pushes to a lake in a process of its own, to be killed. Built files: `tsc -b` comes first.
import { argv, stdout } from 'node:process';
import { openPond, realEnvironment } from '@duckpond/pond';
import { openRemote, pushLake } from '@duckpond/remote';

const [, , directory, attachmentText] = argv;
const environment = realEnvironment();
const variables = { ID: 'test-key', SECRET: 'test-secret-0123456789' };
const store = await openRemote(JSON.parse(attachmentText), { variable: (name) => variables[name], uuid: environment.uuid });
const pond = await openPond(directory, { environment });
stdout.write('ready\n');
await pushLake(pond, store, { environment });
await pond.close();
store.close();
stdout.write('done\n');
