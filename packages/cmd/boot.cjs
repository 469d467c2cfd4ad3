#!/usr/bin/env node
// Starts the bundled command line. Its parts are compiled with V8's code cache, which saves most of the compiling. The cache
// is a convenience: whatever is wrong with it, the code is compiled.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const HASHES = {};
/** The chunks that each pack has. A process uses one pack: a chunk may be in several, and must not be there twice. */
const CHUNKS = {};
/** Which pack is for the command that a word names. */
const PACK_FOR = {};
/** The commands whose start counts most. */
const QUICK = [];
const PACKAGED = path.join(__dirname, 'bundle');

function personalDirectory() {
  const base = process.env.XDG_CACHE_HOME || (process.env.HOME && path.join(process.env.HOME, '.cache'));
  return base && path.isAbsolute(base) ? path.join(base, 'duckpond') : undefined;
}

const word = process.argv.slice(2).find((argument) => !argument.startsWith('-'));
const PACK = word === undefined ? 'pack-help.cjs' : PACK_FOR[word] || 'pack-read.cjs';
/** V8 takes in the whole of a cache, so the commands whose start counts most have one without the code of others. */
const group = QUICK.includes(word) ? 'quick' : 'all';

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

/** Runs a part as Node runs a module of CommonJS. */
function run(part) {
  const { Script } = require('node:vm');
  const filename = path.join(PACKAGED, part);
  // The bundler writes ASCII alone.
  const source = fs.readFileSync(filename, 'latin1');
  const cachedData = readCache(part);
  const script = new Script(`(function(exports,require,module,__filename,__dirname){${source}\n})`, { filename, cachedData });
  if (process.env.POND_CODE_CACHE === 'build') {
    process.once('exit', () => writeCache(PACKAGED, part, script, 0o644));
  } else if (cachedData === undefined || script.cachedDataRejected) {
    const directory = personalDirectory();
    if (directory !== undefined) process.once('exit', () => writeCache(directory, part, script, 0o600));
  }
  const module = { exports: {} };
  loaded.set(part, module);
  script.runInThisContext().call(module.exports, module.exports, requireFromPart, module, filename, PACKAGED);
  return module.exports;
}

let members;

/** What a part exports. */
function load(part) {
  const known = loaded.get(part);
  if (known !== undefined) return known.exports;
  if (process.env.POND_CODE_CACHE === 'trace') fs.writeSync(2, `LOADED ${part}\n`);
  if (CHUNKS[PACK] === undefined || !CHUNKS[PACK].includes(part)) return run(part);
  members = members || run(PACK);
  const module = { exports: members[part]() };
  loaded.set(part, module);
  return module.exports;
}

function requireFromPart(name) {
  const part = name.startsWith('./') ? name.slice(2) : undefined;
  return part !== undefined && HASHES[part] !== undefined ? load(part) : require(name);
}

if (process.argv.includes('--debug')) {
  process.setSourceMapsEnabled(true);
  require(path.join(PACKAGED, 'main.cjs'));
} else {
  load('main.cjs');
}
