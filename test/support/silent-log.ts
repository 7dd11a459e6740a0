import { Log } from '../../src/kernel/log.js';

/** For what has to have a log. */
export const silentLog: Log = {
  level: 'silent',
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
