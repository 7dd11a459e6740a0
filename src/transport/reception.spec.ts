import { IncomingMessage } from 'node:http';
import { Authenticator, Principal } from '../kernel/principal.js';
import { Affinity } from './affinity.js';
import { Reception } from './reception.js';

class Anybody extends Authenticator {
  authenticate(): Principal {
    return { id: 'anonymous', anonymous: true };
  }
}

describe('Reception', () => {
  const request = { headers: { 'x-user': 'ada' }, socket: { remoteAddress: '::ffff:10.1.2.3' } };
  const url = new URL('http://gateway/mcp?unit=files&client_id=c1');
  const greet = async (affinity: string) =>
    (
      await new Reception(new Anybody(), [], new Affinity(affinity)).greet(
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
});
