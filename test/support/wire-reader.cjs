/**
 * Reads what is written to a socket or to a child's stdin, and says the shape of each message: methods, codes, keys and
 * header names, but no ids, times or texts that differ from run to run.
 */
const { createHash } = require('node:crypto');
const { constants, inflateRawSync } = require('node:zlib');

/** Keys whose values are words of a protocol or names of a test's own, so they are the same each time. */
const TOLD =
  /^(action|by|code|error|event|from|kind|level|lever|message|method|mode|op|operation|priority|reason|scope|severity|signal|state|status|to|transport|type|unit|what|why)$/;
/** Longer bodies are counted and not looked into. */
const LARGE = 1_000_000;
const FRAMES = { 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' };
/** Of no interest, or at the mercy of Node's own HTTP. */
const PASSING = ['connection', 'date', 'keep-alive'];

/** A text without what is made up anew each time: numbers, and tokens of letters and digits. */
function plain(text) {
  const words = text.slice(0, 200).replace(/(?=[\w-]*\d)(?=[\w-]*[a-z_-])[\w-]{6,}/gi, '~');
  return words.replace(/\/tmp\/[^\s'"]+/g, '/tmp/~').replace(/\d+(\.\d+)?/g, '#');
}

function shape(value, key = '', depth = 0) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return key === 'code' || key === 'status' ? String(value) : 'number';
  if (typeof value === 'string' && key === 'protocolVersion') return value;
  if (typeof value === 'string') return TOLD.test(key) ? JSON.stringify(plain(value)) : 'string';
  if (typeof value !== 'object') return typeof value;
  if (value instanceof Error || Object.prototype.toString.call(value) === '[object Error]') return 'Error';
  if (depth === 5) return '…';
  if (Array.isArray(value)) {
    const kinds = new Set(value.slice(0, 1_000).map(one => shape(one, '', depth + 1)));
    return `[${[...kinds].sort().join(' | ')}]`;
  }
  const pairs = Object.keys(value).map(name => `${plain(name)}: ${shape(value[name], name, depth + 1)}`);
  return `{${[...new Set(pairs)].sort().join(', ')}}`;
}

/** Phoenix frames are told by their event. */
function shapeOfText(text) {
  if (text.length > LARGE) return 'large';
  try {
    const value = JSON.parse(text);
    if (!Array.isArray(value) || value.length !== 5 || typeof value[3] !== 'string') return shape(value);
    return `phoenix ${plain(String(value[2]))} ${value[3]} ${shape(value[4])}`;
  } catch {
    return text === '' ? 'nothing' : 'text';
  }
}

function short(line) {
  if (line.length <= 500) return line;
  return `${line.slice(0, 480)}… ${createHash('sha1').update(line).digest('hex').slice(0, 8)}`;
}

/** Calls `say` with each piece that ends with `end`. */
function pieces(end, say) {
  let rest = '';
  return data => {
    let from = Math.max(0, rest.length - end.length);
    rest += data.toString('latin1').replaceAll('\r', '');
    for (let at; (at = rest.indexOf(end, from)) !== -1; from = 0) {
      say(rest.slice(0, at));
      rest = rest.slice(at + end.length);
    }
  };
}

const jsonLines = say => pieces('\n', line => say(`line ${shapeOfText(line)}`));

function events(say) {
  return pieces('\n\n', text => {
    const fields = text.split('\n').map(line => /^([^:]*):? ?(.*)$/.exec(line).slice(1));
    const of = name => fields.filter(([field]) => field === name).map(([, value]) => value);
    const names = [...new Set(fields.map(([name]) => name || 'comment'))].sort();
    const [kind, told] = [names.join('+'), shapeOfText(of('data').join('\n'))];
    say(kind === 'data+id' && told !== 'nothing' ? `message ${told}` : `SSE ${kind} ${of('event').join()} ${told}`);
  });
}

/** Frames as servers send them: not masked, and each compressed by itself. */
function frames(say) {
  let rest = Buffer.alloc(0);
  return data => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      const small = rest.length < 2 ? 0 : rest[1] & 127;
      const head = small === 127 ? 10 : small === 126 ? 4 : 2;
      if (rest.length < head) return;
      const size = small === 127 ? Number(rest.readBigUInt64BE(2)) : small === 126 ? rest.readUInt16BE(2) : small;
      if (rest.length < head + size) return;
      const [first, payload] = [rest[0], rest.subarray(head, head + size)];
      rest = rest.subarray(head + size);
      const kind = FRAMES[first & 15] ?? 'continuation';
      if (kind === 'close') say(`WebSocket close ${size < 2 ? '' : payload.readUInt16BE(0)}`);
      else if (kind !== 'text') say(`WebSocket ${kind}`);
      else say(`WebSocket text ${shapeOfText(inflated(payload, first & 64).toString('latin1'))}`);
    }
  };
}

function inflated(payload, isCompressed) {
  return isCompressed ? inflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }) : payload;
}

/** Whether the gateway answers by a body or by an event is up to how long it takes, so a message of MCP is told in one way. */
const body = told => (/^large$|jsonrpc: string/.test(told) ? `message ${told}` : `HTTP body ${told}`);

/** HTTP/1.1 messages of one direction, and what an upgrade makes of it. */
function http(say) {
  let [rest, left, isChunked] = [Buffer.alloc(0), 0, false];
  let sink = { take: () => undefined, end: () => undefined };
  let upgraded;

  function open(head) {
    const [first, ...lines] = head.split('\r\n');
    const headers = new Map(
      lines.map(line => line.toLowerCase().split(/: ?(.*)/)).map(([name, value]) => [name, value]),
    );
    const [start, second] = first.split(' ');
    const isResponse = start.startsWith('HTTP/');
    const names = [...headers.keys()].filter(name => !PASSING.includes(name)).sort();
    const type = headers.get('content-type') ?? '';
    say(`HTTP ${isResponse ? second : `${start} ${plain(second.split('?')[0])}`} ${type} (${names.join(' ')})`);
    if (second === '101') upgraded = frames(say);
    isChunked = headers.get('transfer-encoding') === 'chunked';
    left = isResponse && /^(1..|204|304)$/.test(second) ? 0 : Number(headers.get('content-length') ?? 0);
    if (type.startsWith('text/event-stream')) return { take: events(say), end: () => undefined };
    let [text, size] = ['', 0];
    const take = data => (size += data.length) <= LARGE && (text += data.toString('latin1'));
    return { take, end: () => say(body(size > LARGE ? 'large' : shapeOfText(text))) };
  }

  return function feed(data) {
    if (upgraded) return upgraded(data);
    // An answer to HEAD has a length and no body.
    if (data.subarray(0, 7).toString('latin1') === 'HTTP/1.') [rest, left, isChunked] = [Buffer.alloc(0), 0, false];
    rest = Buffer.concat([rest, data]);
    while (rest.length > 0 && !upgraded) {
      if (left > 0) {
        const part = rest.subarray(0, left);
        [rest, left] = [rest.subarray(part.length), left - part.length];
        sink.take(part);
        if (left === 0 && !isChunked) sink.end();
      } else if (isChunked) {
        const line = /^(?:\r\n)?([\da-f]+)[^\r\n]*\r\n/i.exec(rest.subarray(0, 100).toString('latin1'));
        if (!line) return;
        [rest, left] = [rest.subarray(line[0].length), parseInt(line[1], 16)];
        if (left > 0) continue;
        [rest, isChunked] = [rest.subarray(2), false];
        sink.end();
      } else {
        const at = rest.indexOf('\r\n\r\n');
        if (at === -1) return;
        sink = open(rest.subarray(0, at).toString('latin1'));
        rest = rest.subarray(at + 4);
      }
    }
    if (upgraded && rest.length > 0) upgraded(rest);
  };
}

module.exports = { http, jsonLines, shape, short };
