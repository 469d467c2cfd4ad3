// One simulated run in a process of its own, as cron starts it: `node age-run.mjs POND START NUMBER`.
import { collect, openPond, simulated, simulatedIo, timeOf } from './age-pond.mjs';

const [directory, start, number] = process.argv.slice(2);
const { clock, environment } = simulated(timeOf(start, Number(number)));
const pond = await openPond(directory, { environment }, simulatedIo(clock, true));
await collect(pond, clock, start, Number(number));
await pond.close();
