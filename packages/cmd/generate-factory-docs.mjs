// Writes docs/factories/ from the schemas of the factories: what `tsc -b` has made of src/factory-pages.ts.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { factoryPages } from './dist/factory-pages.js';

const directory = fileURLToPath(new URL('../../docs/factories/', import.meta.url));
const pages = await factoryPages();
mkdirSync(directory, { recursive: true });
for (const name of readdirSync(directory)) if (!(name in pages)) rmSync(directory + name);
for (const [name, text] of Object.entries(pages)) writeFileSync(directory + name, text);
