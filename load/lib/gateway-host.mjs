/**
 * The gateway in a process where other code publishes: it takes `Outbound` from it, as code in the same application does.
 * The argument is its configuration file.
 */
import 'reflect-metadata';
import { loadConfig } from '../../dist/config/load.js';
import { Gateway } from '../../dist/gateway.js';
import { pinoLog } from '../../dist/kernel/log.pino.js';
import { hostCommands } from './host.js';
import { serve } from './served.js';

const { config } = loadConfig({ path: process.argv[2], env: {}, cwd: process.cwd() });
const gateway = await Gateway.start(config, pinoLog(config.log_level, false));
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
});
