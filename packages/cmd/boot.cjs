#!/usr/bin/env node
// Starts the bundled command line. Its parts are compiled with V8's code cache, which saves most of the compiling. The cache
// is a convenience: whatever is wrong with it, the code is compiled.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const HASHES = {};
/** The chunks that are not files of their own: a pack is one script that has several. Some are in two, of which a start needs one. */
const PACKS_OF = {};
/** The pack that has all that a command needs. */
const PACK_FOR = {};
const PACKAGED = path.join(__dirname, 'bundle');

function personalDirectory() {
  const base = process.env.XDG_CACHE_HOME || (process.env.HOME && path.join(process.env.HOME, '.cache'));
  return base && path.isAbsolute(base) ? path.join(base, 'duckpond') : undefined;
}

const ownPack = PACK_FOR[process.argv.slice(2).find((word) => !word.startsWith('-'))];
/** V8 takes in the whole of a cache, so those commands whose start counts most have one without the code of others. */
const group = ownPack === undefined ? 'all' : 'own';

/** V8 checks that a cache fits; the name only keeps apart what would evict each other. */
function cacheName(part) {
  return `${part}-${HASHES[part]}-${group}-${process.version}-${process.arch}.v8`;
}

function readCache(part) {
  for (const directory of [PACKAGED, personalDirectory()]) {
    if (directory === undefined) continue;
    try {
      return fs.readFileSync(path.join(directory, cacheName(part)));
    } catch {
      // Not there: the next place.
    }
  }
  return undefined;
}

/** After the run, so that the functions that were needed are in it. Other processes may do the same at the same time. */
function writeCache(directory, part, script, mode) {
  const file = path.join(directory, cacheName(part));
  const temporary = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    fs.writeFileSync(temporary, script.createCachedData(), { mode });
    fs.renameSync(temporary, file);
    for (const name of fs.readdirSync(directory)) {
      // Those of other releases are of no more use.
      const other = name.startsWith(`${part}-`) && name.endsWith('.v8') && !name.startsWith(`${part}-${HASHES[part]}-`);
      if (other) fs.rmSync(path.join(directory, name));
    }
  } catch {
    try {
      fs.rmSync(temporary, { force: true });
    } catch {
      // There was not even a directory to write to.
    }
  }
}

const loaded = new Map();
const packs = new Map();

/** The value of a script: of a part a function, of a pack the functions of its chunks by name. */
function compile(file, before, after) {
  const { Script } = require('node:vm');
  const filename = path.join(PACKAGED, file);
  // The bundler writes ASCII alone.
  const source = fs.readFileSync(filename, 'latin1');
  const cachedData = readCache(file);
  const script = new Script(before + source + after, { filename, cachedData });
  if (process.env.POND_CODE_CACHE === 'build') {
    process.once('exit', () => writeCache(PACKAGED, file, script, 0o644));
  } else if (cachedData === undefined || script.cachedDataRejected) {
    const directory = personalDirectory();
    if (directory !== undefined) process.once('exit', () => writeCache(directory, file, script, 0o600));
  }
  return script.runInThisContext();
}

function chunkOf(pack, part) {
  let chunks = packs.get(pack);
  if (chunks === undefined) packs.set(pack, chunks = compile(pack, '', ''));
  return chunks[part];
}

function load(part) {
  const known = loaded.get(part);
  if (known !== undefined) return known.exports;
  if (process.env.POND_CODE_CACHE === 'trace') fs.writeSync(2, `LOADED ${part}\n`);
  const holders = PACKS_OF[part];
  const pack = holders && (holders.includes(ownPack) ? ownPack : holders.find((name) => packs.has(name)) ?? holders[0]);
  const run = pack === undefined
    ? compile(part, '(function(exports,require,module,__filename,__dirname){', '\n})') : chunkOf(pack, part);
  const module = { exports: {} };
  loaded.set(part, module);
  run.call(module.exports, module.exports, requireFromPart, module, path.join(PACKAGED, part), PACKAGED);
  return module.exports;
}

function requireFromPart(name) {
  const part = name.startsWith('./') ? name.slice(2) : undefined;
  return part !== undefined && (HASHES[part] !== undefined || PACKS_OF[part] !== undefined) ? load(part) : require(name);
}

if (process.argv.includes('--debug')) {
  process.setSourceMapsEnabled(true);
  require(path.join(PACKAGED, 'main.cjs'));
} else {
  load('main.cjs');
}
