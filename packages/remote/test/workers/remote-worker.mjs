// Pushes or restores in a process of its own, to be killed. Built files: `tsc -b` comes first.
import { randomUUID } from 'node:crypto';
import { argv, stdout } from 'node:process';
import { openPond } from '@duckpond/pond';
import { findAttachment, openerOf, openRemote, pushAttached, restoreBackup } from '@duckpond/remote';

const [, , task, directory, attachmentText] = argv;
const attachment = JSON.parse(attachmentText);
const environment = { nowMicros: () => BigInt(Date.now()) * 1000n, uuid: randomUUID, user: 'tester', host: 'testhost' };
const variables = { ID: 'test-key', SECRET: 'test-secret-0123456789' };
const store = await openRemote(attachment, { variable: (name) => variables[name], uuid: randomUUID });
stdout.write('ready\n');
if (task === 'push') {
  const pond = await openPond(directory, { environment });
  await pushAttached(pond, await findAttachment(pond, 'backup', 'b'), store, { environment });
  await pond.close();
} else await restoreBackup({ store, directory, opener: await openerOf(store, undefined), environment });
store.close();
stdout.write('done\n');
