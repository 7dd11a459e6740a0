import { isJSONRPCRequest, Progress } from '@modelcontextprotocol/sdk/types.js';
import type { NamedClient } from './clients.js';
import { until } from './until.js';

/*
 * What clients do at server-everything, and what must be true of it whatever lies between. `pair` is two clients, each
 * with a session of its own; nothing that is meant for one may reach the other.
 */
type Pair = readonly [NamedClient, NamedClient];

export const DOCUMENTS = 'demo://resource/static/document';

/** As many calls at once as `count` says, each with its own answer. */
export async function echoes(client: NamedClient, count: number): Promise<void> {
  const messages = Array.from({ length: count }, (_, i) => `${client.name} says ${i}`);
  const answers = await Promise.all(messages.map(message => client.call('echo', { message })));
  expect(answers).toEqual(messages.map(message => `Echo: ${message}`));
}

/** A long operation for each at the same time, each with a number of steps of its own. */
export async function ownProgress(pair: Pair): Promise<void> {
  const operations = pair.map(async ({ client, sent, received }, i) => {
    const steps = 5 + i;
    const all = Array.from({ length: steps }, (_, n) => ({ progress: n + 1, total: steps }));
    const handled: Progress[] = [];
    const before = received.length;
    const call = { name: 'trigger-long-running-operation', arguments: { duration: 0.1 * steps, steps } };
    await client.callTool(call, undefined, { onprogress: progress => handled.push(progress) });
    // The SDK may drop the last ones: they and the answer came in one read.
    expect(handled.length).toBeGreaterThanOrEqual(3);
    expect(handled).toEqual(all.slice(0, handled.length));
    const { id } = sent.findLast(isJSONRPCRequest)!;
    const came = received.slice(before).flatMap((message): unknown[] => {
      if (!('method' in message)) return message.id === id ? ['the answer'] : [];
      return message.method === 'notifications/progress' ? [message.params] : [];
    });
    expect(came).toEqual([...all.map(progress => ({ ...progress, progressToken: id })), 'the answer']);
  });
  await Promise.all(operations);
}

/** One after the other, then both at once, make the server ask for sampling. */
export async function ownSampling([one, other]: Pair): Promise<void> {
  const sample = async (client: NamedClient): Promise<void> => {
    const answer = await client.call('trigger-sampling-request', { prompt: `for ${client.name}` });
    expect(answer).toContain(`"sampled by ${client.name}"`);
  };
  await asksOnly(one, other, { sampled: 1 }, () => sample(one));
  await asksOnly(other, one, { sampled: 1 }, () => sample(other));
  await Promise.all([one, other].map(sample));
  for (const { name, sampled } of [one, other]) {
    const prompt = `Resource trigger-sampling-request context: for ${name}`;
    expect(sampled).toEqual([prompt, prompt]);
  }
}

/** The first asks for log messages, the second does not. */
export async function ownLog([one, other]: Pair): Promise<void> {
  const isRandom = (data: unknown): boolean => /-level|level-/.test(String(data));
  await one.client.setLoggingLevel('debug');
  expect(await one.call('toggle-simulated-logging')).toContain('Started');
  await until(() => one.logged.some(isRandom), 'a log message');
  expect(await one.call('toggle-simulated-logging')).toContain('Stopped');
  await echoes(other, 1);
  expect(other.logged.filter(isRandom)).toEqual([]);
}

/** Both have the server send updates; only the first is subscribed to anything. */
export async function ownUpdates([one, other]: Pair): Promise<void> {
  const uri = `${DOCUMENTS}/features.md`;
  const toggle = (): Promise<string[]> =>
    Promise.all([one, other].map(client => client.call('toggle-subscriber-updates')));
  await one.client.subscribeResource({ uri });
  await toggle();
  await until(() => one.updated.length > 0, 'an update');
  await one.client.unsubscribeResource({ uri });
  await toggle();
  await echoes(other, 1);
  expect(new Set(one.updated)).toEqual(new Set([uri]));
  expect(other.updated).toEqual([]);
}

/** `work` puts exactly these questions to one client and none to the other. */
export async function asksOnly(
  one: NamedClient,
  other: NamedClient,
  more: Partial<NamedClient['asked']>,
  work: () => Promise<void>,
): Promise<void> {
  const before = [one.asked, other.asked] as const;
  await work();
  const expected = { ...before[0] };
  for (const kind of Object.keys(more) as (keyof typeof expected)[]) expected[kind] += more[kind]!;
  expect([one.asked, other.asked]).toEqual([expected, before[1]]);
}

/** What the SDK complained of since it was last asked, by client. */
export function complaints(clients: readonly NamedClient[]): string[] {
  return clients.flatMap(({ name, complaints }) => complaints.splice(0).map(text => `${name}: ${text}`));
}
