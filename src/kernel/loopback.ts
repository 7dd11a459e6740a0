import { BlockList, isIP } from 'node:net';

const addresses = new BlockList();
addresses.addSubnet('127.0.0.0', 8);
addresses.addAddress('::1', 'ipv6');

/**
 * Whether a bind address is reachable from this machine only: 127.0.0.0/8 (RFC 1122 §3.2.1.3), `::1` (RFC 4291 §2.5.3),
 * or `localhost` (RFC 6761 §6.3). Other names are not: what they resolve to may change.
 */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return addresses.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
