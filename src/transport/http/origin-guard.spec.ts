import { IncomingMessage } from 'node:http';
import { GatewayError } from '../../kernel/errors.js';
import { OriginGuardSettings, OriginGuard } from './origin-guard.js';

function verdict(
  settings: Partial<OriginGuardSettings>,
  headers: Record<string, string | undefined>,
): string | undefined {
  const guard = new OriginGuard({
    host: '127.0.0.1',
    allowedHosts: [],
    allowedOrigins: [],
    anonymous: false,
    ...settings,
  });
  try {
    return guard.check({ headers } as unknown as IncomingMessage);
  } catch (thrown) {
    return (thrown as GatewayError).code;
  }
}

describe('OriginGuard', () => {
  describe('on loopback', () => {
    it.each(['localhost:4001', '127.0.0.1:4001', '127.9.9.9', '[::1]:4001', 'LOCALHOST'])('serves Host %s', host =>
      expect(verdict({}, { host })).toBeUndefined(),
    );

    it.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1', '', undefined, 'a b'])(
      'refuses Host %s',
      host => expect(verdict({}, { host })).toBe('forbidden_host'),
    );

    it.each(['http://localhost:3000', 'https://127.0.0.1', 'http://[::1]:8080'])('serves Origin %s', origin =>
      expect(verdict({}, { host: 'localhost', origin })).toBe(origin),
    );

    it.each(['http://evil.example', 'null', '', 'http://localhost.evil.example', 'localhost'])(
      'refuses Origin "%s"',
      origin => expect(verdict({}, { host: 'localhost', origin })).toBe('forbidden_origin'),
    );
  });

  describe('elsewhere', () => {
    const host = '0.0.0.0';

    it('serves any Host, as authentication is required there, unless hosts are listed', () => {
      expect(verdict({ host }, { host: 'gateway.example' })).toBeUndefined();
      expect(verdict({ host, allowedHosts: ['gateway.example'] }, { host: 'gateway.example:443' })).toBeUndefined();
      expect(verdict({ host, allowedHosts: ['gateway.example'] }, { host: 'other.example' })).toBe('forbidden_host');
    });

    it('serves pages of its own host and those that are listed', () => {
      const from = (origin: string) =>
        verdict({ host, allowedOrigins: ['https://app.example'] }, { host: 'gw.example', origin });
      expect(from('https://gw.example')).toBe('https://gw.example');
      expect(from('https://app.example')).toBe('https://app.example');
      expect(from('https://app.example.evil.example')).toBe('forbidden_origin');
      expect(from('http://localhost:3000')).toBe('forbidden_origin');
    });
  });
});
