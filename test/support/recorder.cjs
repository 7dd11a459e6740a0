/**
 * Appends to the file RECORD_FILE what gateways tell on their bus, and what they write to clients and to units: a line for
 * each message, under a line for each test. It is loaded by Jest and by gateways that tests start as processes of their
 * own, and knows nothing of the gateway's own files: scripts/record-chaos.mjs.
 */
const { ChildProcess } = require('node:child_process');
const { appendFileSync } = require('node:fs');
const { Server, Socket } = require('node:net');
const { basename, join } = require('node:path');
const { http, jsonLines, shape, short } = require('./wire-reader.cjs');

const { RECORD_FILE, RECORD_ROOT } = process.env;
const { EventEmitter2 } = require(require.resolve('eventemitter2', { paths: [RECORD_ROOT] }));
/** What was there before: Jest loads this file anew for each of its own, where Node's modules stay the same. */
const BEFORE = Symbol.for('before the recorder');
const READER = Symbol('reader');
const IS_OF_TEST = Symbol.for('a server of a test');

const say = line => appendFileSync(RECORD_FILE, `${short(line).replaceAll('\n', ' ')}\n`);

/** Puts `look` before a method, and `lookAfter` after it. What fails in them is told in the recording and nowhere else. */
function watch(prototype, name, look, lookAfter = () => undefined) {
  const before = prototype[name][BEFORE] ?? prototype[name];
  function safely(one, self, args) {
    try {
      one.apply(self, args);
    } catch (error) {
      say(`recorder: ${error.stack}`);
    }
  }
  prototype[name] = function (...args) {
    safely(look, this, args);
    const result = before.apply(this, args);
    safely(lookAfter, this, args);
    return result;
  };
  prototype[name][BEFORE] = before;
}

/** The files of the callers, without those that only wait. */
function callers() {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const lines = new Error().stack.split('\n').slice(1);
  Error.stackTraceLimit = limit;
  return lines.filter(line => line.includes('/') && !/ async |node:|recorder\.cjs/.test(line));
}

function tell(topic, payload) {
  say(`bus ${String(topic)} ${shape(payload)}`);
}

function read(data, encoding) {
  if (this[READER] === undefined && this._server && !this._server[IS_OF_TEST])
    this[READER] = http(line => say(`client <- ${line}`));
  if (!this[READER] || data === undefined || data === null || typeof data === 'function') return;
  const text = typeof encoding === 'string' ? encoding : 'utf8';
  this[READER](
    typeof data === 'string' ? Buffer.from(data, text) : Buffer.from(data.buffer, data.byteOffset, data.length),
  );
}

watch(EventEmitter2.prototype, 'emit', tell);
watch(EventEmitter2.prototype, 'emitAsync', tell);
watch(Socket.prototype, 'write', read);
watch(Socket.prototype, 'end', read);

// A test's own servers are what it calls `listen` of; all the others are a gateway's.
watch(Server.prototype, 'listen', function () {
  const caller = callers().find(line => !line.includes('/node_modules/'));
  this[IS_OF_TEST] = caller?.includes(join(RECORD_ROOT, 'test/')) ?? false;
});

// Gateways go to units by the package undici, tests to gateways by Node's own fetch.
watch(Socket.prototype, 'connect', function () {
  if (callers().some(line => line.includes('/node_modules/undici/')))
    this[READER] = http(line => say(`unit <- ${line}`));
});

function loadInGateway({ args, envPairs }) {
  if (!args[1]?.startsWith(join(RECORD_ROOT, 'dist/'))) return;
  args.splice(1, 0, '--require', __filename);
  envPairs.push(`RECORD_FILE=${RECORD_FILE}`, `RECORD_ROOT=${RECORD_ROOT}`);
}

watch(ChildProcess.prototype, 'spawn', loadInGateway, function () {
  if (this.stdin) this.stdin[READER] = jsonLines(line => say(`unit <- ${line}`));
});

/** Chance that is the same each time (mulberry32). */
let state = Number(process.env.RECORD_SEED ?? 1);
Math.random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

if (typeof beforeEach === 'function') {
  const mark = title => say(`# ${basename(expect.getState().testPath)} › ${title}`);
  mark('(around tests)');
  beforeEach(() => mark(expect.getState().currentTestName));
  afterEach(() => mark('(around tests)'));
}
