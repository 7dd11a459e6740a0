import { once } from 'node:events';
import { createParser } from 'eventsource-parser';
import { WebSocket } from 'ws';
import { until } from './until.js';
import type { Door, Urls } from './clients.js';

/** A client that sends and receives text: JSON is neither read nor written on its way. */
export interface RawClient {
  /** The messages that came, as text, in the order in which they came. */
  readonly received: string[];
  /** Resolves when the text has been handed over. */
  send(text: string): Promise<void>;
  close(): void;
}

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: { sampling: {} },
  clientInfo: { name: 'raw', version: '1.0.0' },
};

/** A raw client with a session that is initialized. */
export async function openRaw({ door, url }: Door, urls: Urls, query = ''): Promise<RawClient> {
  const open = { 'Streamable HTTP': openStreamable, 'HTTP+SSE': openSse, WebSocket: openSocket }[door];
  const client = await open(url(urls) + query);
  await client.send(JSON.stringify({ jsonrpc: '2.0', id: 'init', method: 'initialize', params: INITIALIZE }));
  await until(() => client.received.some(text => text.includes('"id":"init"')), 'the answer to initialize');
  await client.send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }));
  return client;
}

async function openSocket(url: string): Promise<RawClient> {
  const received: string[] = [];
  const socket = new WebSocket(url, 'mcp');
  socket.on('message', data => received.push((data as Buffer).toString('utf8')));
  await once(socket, 'open');
  return {
    received,
    send: text => new Promise((done, fail) => socket.send(text, error => (error ? fail(error) : done()))),
    close: () => socket.close(),
  };
}

async function openSse(url: string): Promise<RawClient> {
  const received: string[] = [];
  const abort = new AbortController();
  let endpoint: URL | undefined;
  const stream = await fetch(url, { headers: { accept: 'text/event-stream' }, signal: abort.signal });
  void readEvents(stream, (data, event) => {
    if (event === 'endpoint') endpoint = new URL(data, url);
    else received.push(data);
  });
  await until(() => endpoint !== undefined, 'the endpoint event');
  return {
    received,
    send: async body => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(endpoint!, { method: 'POST', headers, body });
      if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
      await response.body?.cancel();
    },
    close: () => abort.abort(),
  };
}

function openStreamable(url: string): Promise<RawClient> {
  const received: string[] = [];
  const abort = new AbortController();
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  async function take(response: Response): Promise<void> {
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
    headers['mcp-session-id'] ??= response.headers.get('mcp-session-id') ?? '';
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('text/event-stream')) void readEvents(response, data => received.push(data));
    else if (type.startsWith('application/json')) received.push(await response.text());
    else await response.body?.cancel();
  }
  return Promise.resolve({
    received,
    send: async (body: string) => take(await fetch(url, { method: 'POST', headers, body, signal: abort.signal })),
    close: () => {
      void fetch(url, { method: 'DELETE', headers }).then(
        () => abort.abort(),
        () => abort.abort(),
      );
    },
  });
}

/** Calls back for every event with data until the stream ends or is broken off. */
async function readEvents(response: Response, onData: (data: string, event?: string) => void): Promise<void> {
  const parser = createParser({
    onEvent: ({ data, event }) => {
      if (data !== '') onData(data, event);
    },
  });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      parser.feed(decoder.decode(chunk, { stream: true }));
    }
  } catch {
    // Broken off by close().
  }
}
