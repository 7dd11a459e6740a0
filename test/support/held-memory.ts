import { WebSocket } from 'ws';
import { GatewayProcess } from './gateway-process.js';
import { until } from './until.js';

/** Set for a process whose {@link heldMemory} is asked: its inspector, on a free port of loopback. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

/**
 * MB that a gateway holds once its garbage is gone. What the system counts for it (RSS) also says when it was that V8
 * last had the time to collect, and on a busy machine that is hundreds of MB.
 */
export async function heldMemory({ stderr, child }: GatewayProcess): Promise<number> {
  const [url] = /ws:\/\/\S+/.exec(stderr) ?? [];
  if (!url) throw new Error(`process ${child.pid} has no inspector: start it with INSPECTED`);
  const inspector = new WebSocket(url);
  const answers: any[] = [];
  inspector.on('message', (data: Buffer) => answers.push(JSON.parse(data.toString())));
  const ask = async (id: number, method: string, params: object = {}): Promise<any> => {
    inspector.send(JSON.stringify({ id, method, params }));
    await until(() => answers.some(answer => answer.id === id), `an answer to ${method}`);
    return answers.find(answer => answer.id === id).result;
  };
  await until(() => inspector.readyState === WebSocket.OPEN, 'the inspector');
  try {
    await ask(1, 'HeapProfiler.collectGarbage');
    const expression = 'const { heapUsed, external } = process.memoryUsage(); heapUsed + external';
    const { result } = await ask(2, 'Runtime.evaluate', { expression: `{ ${expression} }` });
    return result.value / 2 ** 20;
  } finally {
    inspector.close();
  }
}
