import { pino } from 'pino';
import { Log } from './log.js';

/** JSON lines on stdout; readable ones where stdout is a terminal. */
export function pinoLog(level: string, pretty: boolean): Log {
  const transport = pretty
    ? { target: 'pino-pretty', options: { ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l' } }
    : undefined;
  return pino({ level, transport, redact: ['token', 'authorization', '*.token', '*.authorization'] });
}
