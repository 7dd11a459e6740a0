import { view } from '../command.js';
import { count, latency } from '../format.js';
import { page } from '../terminal.js';

interface Pool {
  unit: string;
  instance: string;
  status: string;
  pool_size: number;
  available: number;
  overflow: number;
  queue_length: number;
  avg_checkout_time: number | null;
}

export const pools = view<{ status: string; pools: Pool[] }>({
  syntax: 'pools',
  about: 'Places at the instances of units: how many are free, and who waits',
  path: () => '/mcp/admin/pools',
  show: ({ status, pools }, paper) => {
    const paint = (text: string): string =>
      text.startsWith('healthy') ? paper.good(text) : text.startsWith('busy') ? paper.odd(text) : paper.bad(text);
    return page(
      `All together: ${paint(status)}`,
      paper.table(pools, [
        { head: 'INSTANCE', of: ({ instance }) => instance, least: 20 },
        { head: 'STATUS', of: each => each.status, paint },
        { head: 'SIZE', of: ({ pool_size }) => count(pool_size), right: true },
        { head: 'FREE', of: ({ available }) => count(available), right: true },
        { head: 'OVERFLOW', of: ({ overflow }) => count(overflow), right: true },
        { head: 'WAITING', of: ({ queue_length }) => count(queue_length), right: true },
        { head: 'MEAN CHECKOUT', of: each => latency(each.avg_checkout_time), right: true },
      ]),
    );
  },
});
