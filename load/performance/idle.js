/** What a connection costs at which nothing happens. */
import { markdown } from '../lib/tables/markdown.js';
import { spread } from '../lib/tables/report.js';
import { range } from '../lib/tables/rounds.js';
import { bars } from './bars.js';
import { colour } from './picture.js';
import { named } from './words.js';

const ALL = ['--side', 'bare,gateway,socket.io,bare-sse,gateway-sse'];

/** [title, its rounds] of each server. */
const cases = rounds => Object.keys(rounds[0]).map(title => [named(title), rounds.map(round => round[title])]);
const panel = (title, all, figure) => ({
  title,
  rows: all.map(([label, rounds]) => ({ name: label, title: label, value: spread(rounds, figure) })),
});

export const idle = {
  name: 'idle',
  title: 'Idle connections',
  runs: {
    short: { idle: [300, 'idle.js', '--connections', 4_000, '--rounds', 1, '--rest', 10, ...ALL] },
    full: { idle: [1_500, 'idle.js', '--connections', 10_000, '--rounds', 3, ...ALL] },
  },
  render({ idle: { rounds, wrong } }, about) {
    const all = cases(rounds);
    const rows = all.map(([title, own]) => [title, ...['heap', 'rss', 'found'].map(figure => range(own, figure, 2))]);
    const ours = all.filter(([title]) => colour(title).startsWith('viable'));
    const most = ours.map(([title, own]) => `${title} ${range(own, 'heap', 1)}`).join(', ');
    return {
      text: [
        'Memory of connections at which nothing happens, by the difference that they make to a process that has had a thousand others.',
        markdown([['each connection, KiB', 'heap', 'RSS, garbage collected', 'RSS as found'], ...rows]),
        `Of heap, KiB: ${most}; a session and an outbox are in that, where the bare servers have neither. RSS moves in pages and with ` +
          'the garbage of handshakes, and can shrink in a short run; the heap is the figure to compare by.',
        ...wrong,
      ],
      charts: {
        idle: bars('Memory of an idle connection', about, [
          panel('heap KiB, less is better', all, 'heap'),
          panel('RSS KiB after a garbage collection, less is better', all, 'rss'),
        ]),
      },
    };
  },
};
