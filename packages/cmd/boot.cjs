#!/usr/bin/env node
// Starts the bundled command line with V8's code cache, which saves compiling. Node 22.8 and newer keep one themselves.
// The cache is a convenience: whatever goes wrong with it, the code is compiled as usual.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { enableCompileCache } = require('node:module');

const HASH = '__BUNDLE_HASH__';
const main = path.join(__dirname, 'bundle', 'main.cjs');

/** Node's own compiler checks that a cache fits; the name keeps apart what would evict each other. */
const cacheName = `main-${HASH}-${process.version}-${process.arch}.v8`;
const packaged = path.join(__dirname, 'bundle', cacheName);

function personalDirectory() {
  const base = process.env.XDG_CACHE_HOME || (process.env.HOME && path.join(process.env.HOME, '.cache'));
  return base && path.isAbsolute(base) ? path.join(base, 'duckpond') : undefined;
}

function readCache() {
  const directory = personalDirectory();
  for (const file of directory === undefined ? [packaged] : [packaged, path.join(directory, cacheName)]) {
    try {
      return fs.readFileSync(file);
    } catch {
      // Not there: the next place.
    }
  }
  return undefined;
}

/** After the run, so that the functions that were needed are in it. Another process may do the same at the same time. */
function writeCache(file, script) {
  const temporary = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    fs.writeFileSync(temporary, script.createCachedData(), { mode: 0o600 });
    fs.renameSync(temporary, file);
    for (const name of fs.readdirSync(path.dirname(file))) {
      // Those of other releases are of no more use.
      if (/^main-[0-9a-f]{16}-.*\.v8$/.test(name) && !name.startsWith(`main-${HASH}-`)) fs.rmSync(path.join(path.dirname(file), name));
    }
  } catch {
    fs.rmSync(temporary, { force: true });
  }
}

function start() {
  const vm = require('node:vm');
  const source = fs.readFileSync(main, 'utf8');
  const cachedData = readCache();
  const script = new vm.Script(`(function(exports,require,module,__filename,__dirname){${source}\n})`, { filename: main, cachedData });
  const module_ = { exports: {} };
  const localRequire = (name) => require(name.startsWith('.') ? path.join(__dirname, 'bundle', name) : name);
  script.runInThisContext().call(module_.exports, module_.exports, localRequire, module_, main, path.dirname(main));
  if (process.env.POND_CODE_CACHE === 'build') {
    process.once('exit', () => writeCache(packaged, script));
  } else if (cachedData === undefined || script.cachedDataRejected) {
    const directory = personalDirectory();
    if (directory !== undefined) process.once('exit', () => writeCache(path.join(directory, cacheName), script));
  }
}

if (enableCompileCache !== undefined) {
  const directory = personalDirectory();
  if (directory !== undefined) enableCompileCache(directory);
  require(main);
} else {
  start();
}
