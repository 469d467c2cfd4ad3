#!/usr/bin/env node
// Starts the bundled command line. Its parts are compiled with V8's code cache, which saves most of the compiling;
// Node 22.8 and newer keep one themselves. The cache is a convenience: whatever is wrong with it, the code is compiled.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const HASHES = {};
const PACKAGED = path.join(__dirname, 'bundle');

function personalDirectory() {
  const base = process.env.XDG_CACHE_HOME || (process.env.HOME && path.join(process.env.HOME, '.cache'));
  return base && path.isAbsolute(base) ? path.join(base, 'duckpond') : undefined;
}

/** V8 takes in the whole of a cache, so those commands whose start counts most have one without the code of writers. */
const READERS = ['list', 'show', 'log'];
const group = READERS.includes(process.argv.slice(2).find((word) => !word.startsWith('-'))) ? 'read' : 'all';

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

function load(part) {
  const known = loaded.get(part);
  if (known !== undefined) return known.exports;
  const { Script } = require('node:vm');
  const filename = path.join(PACKAGED, part);
  // The bundler writes ASCII alone.
  const source = fs.readFileSync(filename, 'latin1');
  const cachedData = readCache(part);
  const script = new Script(`(function(exports,require,module,__filename,__dirname){${source}\n})`, { filename, cachedData });
  const module = { exports: {} };
  loaded.set(part, module);
  if (process.env.POND_CODE_CACHE === 'build') {
    process.once('exit', () => writeCache(PACKAGED, part, script, 0o644));
  } else if (cachedData === undefined || script.cachedDataRejected) {
    const directory = personalDirectory();
    if (directory !== undefined) process.once('exit', () => writeCache(directory, part, script, 0o600));
  }
  script.runInThisContext().call(module.exports, module.exports, requireFromPart, module, filename, PACKAGED);
  return module.exports;
}

function requireFromPart(name) {
  return name.startsWith('./') && HASHES[name.slice(2)] !== undefined ? load(name.slice(2)) : require(name);
}

const debug = process.argv.includes('--debug');
if (debug) process.setSourceMapsEnabled(true);
if (debug || Number.parseInt(process.versions.node, 10) >= 22) {
  const directory = personalDirectory();
  if (directory !== undefined) require('node:module').enableCompileCache?.(directory);
  require(path.join(PACKAGED, 'main.cjs'));
} else {
  load('main.cjs');
}
