import { answered, Command, duration } from '../command.js';
import { EXIT } from '../exit.js';
import { several, duration as spelled } from '../format.js';
import { harmlessData } from '../text.js';

interface Tidied {
  sessions: number;
  channels: number;
  leases: number;
  lines: number;
  tokens: number;
}

/** What a broom is expected to take, in ms; the bar is full then. */
const EXPECTED = 2_000;

export const cleanup: Command = {
  syntax: 'cleanup',
  about: 'End idle sessions, take idle leases back, forget expired tokens',
  options: { idle: duration('What has not been used for so long; without it, as the gateway is configured') },
  run: async ({ idle }, desk) => {
    const asked = desk.api.send('POST', '/mcp/admin/cleanup', { idle_ms: idle });
    const answer = await desk.progress('tidying').during(asked, EXPECTED, spelled);
    answered(desk, answer, () => told(harmlessData(answer) as Tidied));
    return EXIT.ok;
  },
};

function told({ sessions, channels, leases, lines, tokens }: Tidied): string {
  const parts = [
    several(sessions, 'MCP session'),
    several(channels, 'other session'),
    several(leases, 'lease'),
    several(lines, 'line'),
    several(tokens, 'expired token'),
  ];
  return `Tidied away: ${parts.join(', ')}.`;
}
