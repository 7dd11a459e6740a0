import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ScriptedGateway } from '../support/scripted-gateway.js';

const run = promisify(execFile);
const ROOT = resolve('.');

const PROGRAM = `
  import { ViableClient } from 'viable/client';
  const client = new ViableClient({ sseUrl: process.argv[1], clientId: 'c1' });
  client.on('message', ({ payload }) => {
    console.log(payload);
    client.close();
  });
  await client.connect();
`;

const CONSUMER = `
  import { ViableClient, type Ack, type Envelope } from 'viable/client';
  const client = new ViableClient({ url: 'ws://x', clientId: 'c', storage: {
    get: key => sessionStorage.getItem(key), set: (key, value) => sessionStorage.setItem(key, value) } });
  client.on('message', async (message: Envelope) => { const ack: Ack = await client.send('chat', message.payload); void ack; });
  client.on('switched', ({ from, to }) => { document.title = from + to; });
  for await (const { sequence } of client.messages()) sequence.toFixed();
  new ViableClient({ url: 'ws://x', clientId: 'c', WebSocket });
`;

describe('viable/client, as built', () => {
  it('runs in a bare Node, and lets it end', async () => {
    const gateway = await new ScriptedGateway().start();
    gateway.publish('hello');
    try {
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', PROGRAM, gateway.sseUrl]);
      expect(stdout).toBe('hello\n');
    } finally {
      await gateway.stop();
    }
  });

  it('has types that need a browser and nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'consumer-'));
    try {
      await mkdir(join(folder, 'node_modules'));
      await symlink(ROOT, join(folder, 'node_modules/viable'));
      await writeFile(join(folder, 'page.mts'), CONSUMER);
      const compilerOptions = {
        target: 'es2022',
        module: 'esnext',
        moduleResolution: 'bundler',
        lib: ['ES2022', 'DOM', 'DOM.Iterable'],
        types: [],
        strict: true,
        noEmit: true,
      };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['page.mts'] }));
      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
      const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => error);
      expect(stdout).toBe('');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
