import { startGateway, RunningGateway } from '../../support/gateway.js';
import { RawSession } from '../../support/raw-http.js';
import { metricOf } from '../../support/channel-clients.js';

describe('what a unit absorbs', () => {
  let gateway: RunningGateway;
  beforeEach(async () => {
    const units = ['a', 'b'].map(name => ({ name, kind: 'echo' }));
    gateway = await startGateway({ units, drain_timeout: 0 });
  });
  afterEach(() => gateway.stop());
  const metric = (name: string): Promise<number> => metricOf(gateway.managementUrl, `${name}{unit="a"}`);

  it('is told by its variety, and by the time that the gateway takes itself', async () => {
    const session = new RawSession(`${gateway.mcpUrl}?unit=a`);
    await session.initialize();
    for (let i = 0; i < 32; i++) {
      const name = i % 2 === 0 ? 'echo' : 'no such tool';
      await (await session.request('tools/call', { name, arguments: { message: 'x' } })).text();
    }
    // The two tools, and `notifications/initialized`.
    expect(await metric('gateway_variety_kinds')).toBe(3);
    const [many, one] = [16 / 33, 1 / 33];
    const entropy = -2 * many * Math.log2(many) - one * Math.log2(one);
    expect(await metric('gateway_variety_entropy')).toBeCloseTo(entropy, 6);
    const own = await metric('gateway_own_seconds');
    expect(own).toBeGreaterThan(0);
    expect(own).toBeLessThan(10);
    expect(await metricOf(gateway.managementUrl, 'gateway_own_seconds{unit="b"}')).toBe(0);
    await session.delete();
  });

  // A regulator that throws on every event listens to every event.
  const where = process.env.CONTROL_PLANE === 'throwing' ? it.skip : it;
  where('is told message by message to whoever listens, and else to nobody', async () => {
    expect(gateway.bus.hears('external_message')).toBe(false);
    const heard: object[] = [];
    const end = gateway.bus.on('external_message', message => heard.push(message));
    const session = new RawSession(`${gateway.mcpUrl}?unit=a`);
    await session.initialize();
    await (await session.request('tools/list')).text();
    end();
    await (await session.request('tools/list')).text();
    const common = { client: expect.stringContaining('session '), session: session.id!.slice(0, 8), unit: 'a' };
    expect(heard).toEqual(
      ['initialize', 'notifications/initialized', 'tools/list'].map(type => ({
        ...common,
        type,
        bytes: expect.any(Number),
      })),
    );
    await session.delete();
  });
});
