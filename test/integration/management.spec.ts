import { RunningGateway, startGateway } from '../support/gateway.js';
import { RawSession } from '../support/raw-http.js';

const echo = { name: 'echo', kind: 'echo' };
const broken = { name: 'broken', kind: 'mcp', command: 'no-such-command' };

describe('the management listener', () => {
  let gateway: RunningGateway;
  beforeEach(async () => {
    gateway = await startGateway({ units: [echo, broken] });
  });
  afterEach(() => gateway.stop());

  const get = async (path: string): Promise<any> => (await fetch(gateway.managementUrl + path)).json();

  /** Samples of one scrape: series → value. */
  async function scrape(): Promise<Map<string, number>> {
    const text = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
    const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
  }

  it('counts sessions, messages, calls and errors', async () => {
    const session = new RawSession(`${gateway.mcpUrl}?unit=echo`);
    await session.initialize();
    await session.request('tools/call', { name: 'echo', arguments: { message: 'x' } });
    await session.post('{');
    const during = await scrape();
    expect(during.get('gateway_sessions{transport="streamable_http"}')).toBe(1);
    expect(during.get('gateway_messages_total{transport="streamable_http",direction="in"}')).toBe(3);
    expect(during.get('gateway_messages_total{transport="streamable_http",direction="out"}')).toBe(2);
    expect(during.get('gateway_call_duration_seconds_count{unit="echo"}')).toBe(1);
    expect(during.get('gateway_call_duration_seconds_bucket{unit="echo",le="+Inf"}')).toBe(1);
    expect(during.get('gateway_errors_total{code="parse_error"}')).toBe(1);
    expect(during.get('gateway_pool_leases{unit="echo",backend="echo/echo"}')).toBe(1);
    expect(during.get('gateway_pool_parked{unit="echo",backend="echo/echo"}')).toBe(1);
    expect(during.get('gateway_pool_in_use{unit="echo",backend="echo/echo"}')).toBe(0);
    expect(during.get('process_cpu_seconds_total')).toBeGreaterThan(0);
    await session.delete();
    const after = await scrape();
    expect(after.get('gateway_sessions{transport="streamable_http"}')).toBe(0);
    expect(after.get('gateway_pool_leases{unit="echo",backend="echo/echo"}')).toBe(0);
  });

  it('shows a unit in trouble with its reason, and stays ready', async () => {
    for (let i = 0; i < 8; i++) {
      const response = await new RawSession(`${gateway.mcpUrl}?unit=broken`).request('initialize', {});
      expect((await response.json()) as object).toMatchObject({
        error: { data: { error: expect.stringMatching(/unit_unavailable|circuit_open/) } },
      });
    }
    const { status, details } = await get('/health/gateway');
    expect(status).toBe('ok');
    expect(details.units.echo).toEqual({ state: 'ok', reasons: [] });
    expect(details.units.broken).toEqual({
      state: 'degraded',
      reasons: ['broken/stdio is out of service after repeated failures'],
    });
    expect((await scrape()).get('gateway_instance_out{unit="broken",backend="broken/stdio"}')).toBe(1);
    expect((await get('/ready')).status).toBe('ok');
    expect((await get('/health')).status).toBe('ok');
  });

  it('answers in the shape errors have everywhere', async () => {
    const body = { error: 'not_found', reason: 'not_found', message: expect.any(String), retry_after: null };
    expect(await get('/nope')).toEqual(body);
  });

  it('has a limit to how often it is asked', async () => {
    const statuses = new Set<number>();
    for (let round = 0; round < 31; round++) {
      const batch = Array.from({ length: 100 }, () => fetch(`${gateway.managementUrl}/health`).then(r => r.status));
      for (const status of await Promise.all(batch)) statuses.add(status);
    }
    expect([...statuses].sort()).toEqual([200, 429]);
    expect(await get('/health')).toMatchObject({ error: 'rate_limit_exceeded' });
    expect((await fetch(`${gateway.managementUrl}/ready`)).status).toBe(200);
  });
});
