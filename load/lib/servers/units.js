/** The stdio servers that stand behind what is measured. */
import { fileURLToPath } from 'node:url';
import { LEAN_UNIT } from '../processes/processes.js';

const EVERYTHING = fileURLToPath(
  new URL('../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);

/** `args` of the Node process, and what its `echo` makes of a message. */
export const UNITS = {
  lean: { script: LEAN_UNIT, args: [LEAN_UNIT, 'stdio'], replyOf: text => text },
  everything: { script: EVERYTHING, args: [EVERYTHING, 'stdio'], replyOf: text => `Echo: ${text}` },
};

/** The unit as the gateway's configuration has it. */
export function unitEntry(name, { args }) {
  return { name, kind: 'mcp', command: process.execPath, args, cwd: process.cwd() };
}
