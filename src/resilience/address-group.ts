import { isIP } from 'node:net';

/**
 * What counts as one address. IPv6: the /64, because every site has one at least (RFC 6177) and whoever has it may use
 * any address in it. An IPv4 address in the clothes of IPv6 (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) is that IPv4 address.
 */
export function addressGroup(address: string): string {
  if (isIP(address) !== 6) return address;
  const groups = expand(address);
  if (isMapped(groups))
    return groups
      .slice(6)
      .flatMap(group => [group >> 8, group & 0xff])
      .join('.');
  return `${groups
    .slice(0, 4)
    .map(group => group.toString(16))
    .join(':')}::/64`;
}

function isMapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every(group => group === 0);
}

/** All eight groups of a valid address. */
function expand(address: string): number[] {
  const [head = [], tail] = address
    .replace(/%.*/, '')
    .split('::')
    .map(half => half.split(':').flatMap(numbers));
  if (!tail) return head;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** One group, or the two that an IPv4 address at the end stands for. */
function numbers(group: string): number[] {
  if (group === '') return [];
  if (!group.includes('.')) return [parseInt(group, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d];
}
