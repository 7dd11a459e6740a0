import { IncomingMessage } from 'node:http';
import { Authenticator, Principal } from '../../kernel/ports/access.js';
import { AffinityKey } from './affinity-key.js';
import { CallerResolver } from './caller.js';

class Anybody extends Authenticator {
  authenticate(): Principal {
    return { id: 'anonymous', anonymous: true };
  }
}

describe('CallerResolver', () => {
  const request = { headers: { 'x-user': 'ada' }, socket: { remoteAddress: '::ffff:10.1.2.3' } };
  const url = new URL('http://gateway/mcp?unit=files&client_id=c1');
  const greet = async (affinity: string) =>
    (
      await new CallerResolver(new Anybody(), [], new AffinityKey(affinity)).greet(
        request as unknown as IncomingMessage,
        'websocket',
        url,
      )
    ).caller;

  it('says who called, from where, for which unit, and what keeps it at one instance', async () => {
    expect(await greet('client_id')).toEqual({
      ...{ principal: { id: 'anonymous', anonymous: true }, address: '10.1.2.3' },
      ...{ transport: 'websocket', unit: 'files', affinity: 'c1' },
    });
    expect((await greet('header:X-User')).affinity).toBe('ada');
    expect((await greet('session')).affinity).toBeUndefined();
  });

  it.each([
    ['what the first proxy that is not trusted says', '9.9.9.9, 8.8.8.8, 10.0.0.1', '8.8.8.8'],
    ['nothing where all are trusted', '10.9.9.9, 10.0.0.1', '10.1.2.3'],
    ['not that somebody is on this machine', '127.0.0.1', '10.1.2.3'],
    ['nor that by another name', '::1, 10.0.0.1', '10.1.2.3'],
    ['nor that by a mapped one', '::ffff:127.0.0.1', '10.1.2.3'],
    ['nothing that is no address', 'x'.repeat(5_000), '10.1.2.3'],
  ])('believes of addresses %s', async (_, forwarded, address) => {
    const callers = new CallerResolver(new Anybody(), ['10.0.0.0/8'], new AffinityKey('session'));
    const said = { ...request, headers: { 'x-forwarded-for': forwarded } } as unknown as IncomingMessage;
    expect((await callers.greet(said, 'websocket', url)).caller.address).toBe(address);
  });
});
