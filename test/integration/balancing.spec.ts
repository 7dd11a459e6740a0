import { join } from 'node:path';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { RawSession } from '../support/raw-http.js';
import { until } from '../support/until.js';

const args = [join(__dirname, '../fixtures/witness-unit.mjs')];
const slots = { kind: 'mcp', command: process.execPath, args, instances: 3 };

describe('the instances of a unit', () => {
  let gateway: RunningGateway;
  beforeEach(async () => {
    gateway = await startGateway({
      units: [
        { name: 'turns', ...slots, balance: 'round_robin' },
        { name: 'load', ...slots, instances: 2, balance: 'least_loaded' },
      ],
    });
  });
  afterEach(() => gateway.stop());

  async function leases(): Promise<Record<string, number>> {
    const text = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
    const samples = text.matchAll(/^gateway_pool_leases\{unit="\w+",backend="([^"]+)"\} (\d+)$/gm);
    return Object.fromEntries([...samples].map(([, instance, count]) => [instance, Number(count)]));
  }

  async function open(unit: string): Promise<RawSession> {
    const session = new RawSession(`${gateway.mcpUrl}?unit=${unit}`);
    await session.initialize();
    expect(session.id).toBeDefined();
    return session;
  }

  it('take turns', async () => {
    for (let i = 0; i < 4; i++) await open('turns');
    expect(await leases()).toMatchObject({ 'turns/stdio': 2, 'turns/stdio#1': 1, 'turns/stdio#2': 1 });
  });

  it('are chosen by the leases they have out', async () => {
    const sessions = [await open('load'), await open('load'), await open('load'), await open('load')];
    expect(await leases()).toMatchObject({ 'load/stdio': 2, 'load/stdio#1': 2 });
    await Promise.all([sessions[0]!.delete(), sessions[2]!.delete()]);
    await until(async () => (await leases())['load/stdio'] === 0);
    await open('load');
    await open('load');
    expect(await leases()).toMatchObject({ 'load/stdio': 2, 'load/stdio#1': 2 });
  });
});
