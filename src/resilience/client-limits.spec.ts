import { ThrottlerStorageService } from '@nestjs/throttler';
import { SystemClock } from '../kernel/clock.js';
import { ErrorBody, GatewayError } from '../kernel/errors.js';
import { Principal } from '../kernel/ports/access.js';
import { ClientLimits, ClientLimitSettings } from './client-limits.js';
import { FakeLevers } from '../../test/support/fake-levers.js';
import { LocalAdmission } from './local-admission.js';

const far = '192.0.2.1';
const anonymous: Principal = { id: 'anonymous', anonymous: true };
const ann: Principal = { id: 'jwt:issuer:ann', anonymous: false };

const DEFAULTS: ClientLimitSettings = {
  ...{ connectionsPerClient: 5, connectionsPerIp: 10, connectsPerMinute: 600, joinsPerMinute: 600 },
  ...{ messagesPerClient: 100, messagesRefill: 100, publishesPerMinute: 600_000 },
};

describe('ClientLimits', () => {
  let storage: ThrottlerStorageService;
  let limits: ClientLimits;
  const levers = new FakeLevers();

  const make = (settings: Partial<ClientLimitSettings> = {}): ClientLimits =>
    new ClientLimits({ ...DEFAULTS, ...settings }, storage, new SystemClock(), levers);

  beforeEach(() => {
    jest.useFakeTimers();
    storage = new ThrottlerStorageService();
    limits = make();
  });
  afterEach(() => {
    storage.onApplicationShutdown();
    jest.useRealTimers();
  });

  /** What is refused, undefined if nothing is. */
  function refusal(work: () => unknown): ErrorBody | undefined {
    try {
      work();
      return undefined;
    } catch (thrown) {
      return (thrown as GatewayError).body;
    }
  }

  const times = (count: number, work: () => unknown): void => {
    for (let i = 0; i < count; i++) expect(refusal(work)).toBeUndefined();
  };

  describe('knock', () => {
    const knock = async (address: string): Promise<ErrorBody | undefined> =>
      limits.knock(address).then(
        () => undefined,
        (thrown: GatewayError) => thrown.body,
      );
    const knocks = async (count: number, address: string): Promise<void> => {
      for (let i = 0; i < count; i++) expect(await knock(address)).toBeUndefined();
    };

    it('refuses what is too much in a minute, for a minute', async () => {
      await knocks(600, far);
      const body = {
        ...{ error: 'rate_limit_exceeded', reason: 'rate_limit_exceeded' },
        ...{ message: 'More than 600 connections in a minute.', retry_after: 60_000 },
      };
      expect(await knock(far)).toEqual(body);
      jest.advanceTimersByTime(20_000);
      expect(await knock(far)).toEqual({ ...body, retry_after: 40_000 });
      jest.advanceTimersByTime(40_000);
      expect(await knock(far)).toBeUndefined();
    });

    it('counts addresses apart, IPv6 by site, and loopback not at all', async () => {
      limits = make({ connectsPerMinute: 1 });
      await knocks(1, far);
      await knocks(1, '192.0.2.2');
      await knocks(1, '2001:db8::1');
      await knocks(1, '2001:db8:0:1::1');
      expect(await knock('::ffff:192.0.2.1')).toBeDefined();
      expect(await knock('2001:db8::ffff')).toBeDefined();
      for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) await knocks(5, address);
    });

    it('does not shut those out whose new sessions are too many, nor the other way round', async () => {
      limits = make({ connectsPerMinute: 2 });
      const admission = new LocalAdmission(storage, { sessions: 10, newSessionsPerMinute: 1 });
      const caller = { principal: anonymous, address: far, transport: 'websocket' } as const;
      await admission.enter(caller, 0);
      await expect(admission.enter(caller, 0)).rejects.toThrow(GatewayError);
      await knocks(2, far);
      expect(await knock(far)).toBeDefined();
    });

    it('forgets addresses that do not come again', async () => {
      await knocks(1, far);
      jest.advanceTimersByTime(180_000);
      expect(storage.storage.size).toBe(0);
    });
  });

  describe('enter', () => {
    const client = 'ann phone';

    it.each(['127.0.0.1', far])('lets a client on %s have five connections', address => {
      const passes = Array.from({ length: 5 }, () => limits.enter({ address, anonymous: false, client }));
      const enter = (): unknown => limits.enter({ address, anonymous: false, client });
      expect(refusal(enter)).toEqual({
        ...{ error: 'too_many_connections', reason: 'too_many_connections' },
        ...{ message: 'This client has 5 connections already.', retry_after: 5_000 },
      });
      times(1, () => limits.enter({ address, anonymous: false, client: 'ann laptop' }));
      passes[0]!.release();
      passes[0]!.release();
      times(1, enter);
      expect(refusal(enter)).toBeDefined();
    });

    it('lets an address have ten of nobody in particular', () => {
      const pass = limits.enter({ address: far, anonymous: true, client: 'one' });
      times(4, () => limits.enter({ address: far, anonymous: true, client: 'one' }));
      times(5, () => limits.enter({ address: far, anonymous: true }));
      expect(refusal(() => limits.enter({ address: far, anonymous: true, client: 'two' }))).toMatchObject({
        ...{ error: 'too_many_connections', message: 'This address has 10 connections already.', retry_after: 5_000 },
      });
      pass.release();
      times(1, () => limits.enter({ address: far, anonymous: true, client: 'two' }));
    });

    it('takes no place for what it refuses', () => {
      limits = make({ connectionsPerClient: 1, connectionsPerIp: 2 });
      const pass = limits.enter({ address: far, anonymous: true, client: 'one' });
      for (let i = 0; i < 5; i++) refusal(() => limits.enter({ address: far, anonymous: true, client: 'one' }));
      times(1, () => limits.enter({ address: far, anonymous: true, client: 'two' }));
      for (let i = 0; i < 5; i++) refusal(() => limits.enter({ address: far, anonymous: true, client: 'three' }));
      pass.release();
      times(1, () => limits.enter({ address: far, anonymous: true, client: 'three' }));
    });

    it('counts no address of those it knows, nor loopback', () => {
      for (let i = 0; i < 100; i++) {
        times(1, () => limits.enter({ address: far, anonymous: false, client: `client ${i}` }));
        times(1, () => limits.enter({ address: '::1', anonymous: true, client: `local ${i}` }));
        times(1, () => limits.enter({ address: far, anonymous: false }));
      }
    });

    it('counts IPv6 by site', () => {
      limits = make({ connectionsPerIp: 1 });
      times(1, () => limits.enter({ address: '2001:db8::1', anonymous: true }));
      expect(refusal(() => limits.enter({ address: '2001:db8::2', anonymous: true }))).toBeDefined();
    });
  });

  describe('message', () => {
    it('takes a token of the client, and says when there is one', () => {
      times(100, () => limits.message('a'));
      expect(refusal(() => limits.message('a'))).toEqual({
        ...{ error: 'rate_limit_exceeded', reason: 'rate_limit_exceeded' },
        ...{ message: 'More than 100 messages in a second.', retry_after: 10 },
      });
      times(1, () => limits.message('b'));
      jest.advanceTimersByTime(10);
      times(1, () => limits.message('a'));
      expect(refusal(() => limits.message('a'))).toBeDefined();
    });

    it('knows size and refill apart', () => {
      limits = make({ messagesPerClient: 1_000, messagesRefill: 50 });
      times(1_000, () => limits.message('a'));
      expect(refusal(() => limits.message('a'))).toMatchObject({ retry_after: 20 });
      jest.advanceTimersByTime(1_000);
      times(50, () => limits.message('a'));
      expect(refusal(() => limits.message('a'))).toBeDefined();
    });
  });

  it('lets a client join so many times in a minute', () => {
    times(600, () => limits.join('a'));
    expect(refusal(() => limits.join('a'))).toMatchObject({
      ...{ error: 'rate_limit_exceeded', message: 'More than 600 joins in a minute.', retry_after: 100 },
    });
    times(1, () => limits.join('b'));
    times(1, () => limits.message('a'));
    jest.advanceTimersByTime(100);
    times(1, () => limits.join('a'));
  });

  describe('publish', () => {
    const publish =
      (principal: Principal, messages = 1, address = far) =>
      (): void =>
        limits.publish({ principal, address, messages });

    it('counts messages by principal, wherever it is', () => {
      times(600, publish(ann, 1_000));
      expect(refusal(publish(ann, 1, '192.0.2.2'))).toEqual({
        ...{ error: 'rate_limit_exceeded', reason: 'rate_limit_exceeded' },
        ...{ message: 'More than 600000 messages in a minute.', retry_after: 1 },
      });
      expect(refusal(publish(ann, 1_000))).toMatchObject({ retry_after: 100 });
      times(1, publish({ ...ann, id: 'jwt:issuer:bob' }, 1_000));
      jest.advanceTimersByTime(100);
      times(1, publish(ann, 1_000));
    });

    it('counts nobody by address, also on loopback', () => {
      limits = make({ publishesPerMinute: 60 });
      for (const address of [far, '127.0.0.1']) {
        times(60, publish(anonymous, 1, address));
        expect(refusal(publish(anonymous, 1, address))).toMatchObject({ retry_after: 1_000 });
      }
      times(1, publish(anonymous, 60, '192.0.2.2'));
    });

    it('says that waiting does not help who asks for more than there ever is', () => {
      limits = make({ publishesPerMinute: 10 });
      expect(refusal(publish(ann, 11))).toMatchObject({ error: 'rate_limit_exceeded', retry_after: null });
      times(1, publish(ann, 10));
    });
  });

  describe('levers', () => {
    const client = 'ann phone';
    const message = (): void => limits.message(client);
    const request = (): void => limits.request(client);

    afterEach(() => {
      levers.set('rate_limit', client, undefined);
      levers.set('held', client, undefined);
    });

    it('set the rate of one client, and give the configured one back', () => {
      levers.set('rate_limit', client, 2);
      times(2, message);
      expect(refusal(message)).toMatchObject({
        ...{ error: 'rate_limit_exceeded', retry_after: 500 },
        message: 'More than 2 messages in a second.',
      });
      jest.advanceTimersByTime(499);
      expect(refusal(message)).toMatchObject({ retry_after: 1 });
      jest.advanceTimersByTime(1);
      times(1, message);
      times(100, () => limits.message('ann laptop'));
      levers.set('rate_limit', client, undefined);
      times(100, message);
      expect(refusal(message)).toMatchObject({ message: 'More than 100 messages in a second.' });
    });

    it.each([
      [0.5, 2_000],
      [1, 1_000],
    ])('leave a client one message at a time at %d a second', (rate, wait) => {
      levers.set('rate_limit', client, rate);
      times(1, message);
      expect(refusal(message)).toMatchObject({ retry_after: wait });
    });

    it('leave a client none at 0, and tell it of no time to come', () => {
      levers.set('rate_limit', client, 0);
      times(1, message);
      expect(refusal(message)).toMatchObject({ retry_after: null });
      levers.set('held', client, true);
      expect(limits.holdFor(client)).toBe(Infinity);
    });

    it('take effect at once where a rate is lowered or raised', () => {
      levers.set('rate_limit', client, 50);
      times(10, message);
      levers.set('rate_limit', client, 1);
      times(1, message);
      expect(refusal(message)).toMatchObject({ retry_after: 1_000 });
      levers.set('rate_limit', client, 100);
      expect(refusal(message)).toMatchObject({ retry_after: 10 });
    });

    it('alone limit the requests of MCP clients', () => {
      times(1_000, request);
      levers.set('rate_limit', client, 1);
      times(1, request);
      expect(refusal(request)).toMatchObject({ error: 'rate_limit_exceeded', retry_after: 1_000 });
    });

    it('hold a client while it is over its rate, and take no token for asking', () => {
      levers.set('held', client, true);
      expect(limits.holdFor(client)).toBe(0);
      times(100, message);
      expect(limits.holdFor(client)).toBe(10);
      levers.set('rate_limit', client, 1);
      expect(limits.holdFor(client)).toBe(0);
      times(1, message);
      expect(limits.holdFor(client)).toBe(1_000);
      jest.advanceTimersByTime(1_000);
      expect(limits.holdFor(client)).toBe(0);
      times(1, message);
      levers.set('held', client, undefined);
      expect(limits.holdFor(client)).toBe(0);
    });
  });
});
