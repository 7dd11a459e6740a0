/**
 * The gateway in a process where other code publishes: it takes `Outbound` from it, as code in the same application does.
 * The argument is its configuration file.
 */
import 'reflect-metadata';
import { toggleProcessMetrics } from '../processes/process-metrics.mjs';
import { loadConfig } from '../../../dist/config/load.js';
import { Gateway } from '../../../dist/app/gateway.js';
import { pinoLog } from '../../../dist/kernel/log.pino.js';
import { hostCommands } from './host.js';
import { serve } from '../processes/served.js';

const { config } = loadConfig({ path: process.argv[2], env: {}, cwd: process.cwd() });
const log = pinoLog(config.log_level, false);
const gateway = await Gateway.start(config, log);
const { outbound } = gateway;
if (outbound === undefined) throw new Error('This gateway has no outbound: nothing can be published.');

const EVERYBODY = {};
const audiences = [];

serve({
  ...hostCommands({
    broadcast: async payload => (await outbound.publish(EVERYBODY, { payload })).counts.refused,
    async send(index, payload) {
      const audience = (audiences[index] ??= { include: [`c${index}`] });
      const { counts } = await outbound.publish(audience, { payload });
      return counts.refused === 0;
    },
  }),
  urls: () => gateway.urls,
  /** Whether it has a log, and metrics of the process. */
  observe(on) {
    log.level = on ? config.log_level : 'silent';
    toggleProcessMetrics(on);
  },
});
