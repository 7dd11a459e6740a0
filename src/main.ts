#!/usr/bin/env node
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { banner } from './app/banner.js';
import { ConfigError } from './config/config-error.js';
import { loadConfig, LoadedConfig } from './config/load.js';
import { CheckedPolicies } from './config/policy.js';
import { Gateway } from './app/gateway.js';
import { Log } from './kernel/log.js';
import { pinoLog } from './kernel/log.pino.js';

const HELP = `viable-gateway — an MCP gateway

Usage: viable-gateway [--config FILE] [--check]

  -c, --config FILE  configuration (YAML or JSON); default: MCP_GATEWAY_CONFIG, else gateway.yaml,
                     gateway.yml, gateway.json or mcp.json in this folder
      --check        check the configuration and exit
  -v, --version      print the version and exit
  -h, --help         print this and exit

Every setting and its environment variable: docs/CONFIGURATION.md
`;

/** Exit codes as in sysexits.h: 64 wrong usage, 78 wrong configuration. */
const EXIT = { ok: 0, failed: 1, usage: 64, config: 78 };

function options(): { config?: string; check?: boolean; help?: boolean; version?: boolean } {
  try {
    return parseArgs({
      options: {
        config: { type: 'string', short: 'c' },
        check: { type: 'boolean' },
        version: { type: 'boolean', short: 'v' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (thrown) {
    process.stderr.write(`${(thrown as Error).message}\n\n${HELP}`);
    process.exit(EXIT.usage);
  }
}

function load(path: string | undefined): LoadedConfig {
  try {
    const loaded = loadConfig({ path, env: process.env, cwd: process.cwd() });
    const { enabled, policy } = loaded.config.regulation;
    if (enabled && policy !== undefined) new CheckedPolicies().read(policy);
    return loaded;
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exit(EXIT.config);
  }
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** The first signal drains; a second one does not wait. */
function stopOnSignal(gateway: Gateway, log: Log): void {
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (++signals > 1) process.exit(EXIT.failed);
    log.info({ signal }, 'stopping; a second signal stops at once');
    gateway.stop().then(
      () => process.exit(EXIT.ok),
      (err: unknown) => {
        log.error({ err }, 'the gateway did not stop in order');
        process.exit(EXIT.failed);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/** SIGHUP reads the configuration again. One that is not in order changes nothing. */
function reloadOnSignal(gateway: Gateway, path: string | undefined, log: Log): void {
  process.on('SIGHUP', () => {
    try {
      const { config, source, warnings } = loadConfig({ path, env: process.env, cwd: process.cwd() });
      for (const warning of warnings) log.warn({}, warning);
      const { added, removed, restart } = gateway.reload(config);
      log.info({ source, added, removed }, 'the configuration was read again');
      if (restart.length > 0) log.warn({ settings: restart }, 'these settings take effect at the next start');
    } catch (err) {
      const why = err instanceof ConfigError ? err.message : undefined;
      log.error(why === undefined ? { err } : { why }, 'the configuration was read again and is not taken');
    }
  });
}

/** A defect must not end the sessions of everybody: it is logged as what it is, and the process goes on. */
function surviveDefects(log: Log): void {
  process.on('uncaughtException', err => log.error({ err }, 'defect: an exception nobody caught'));
  process.on('unhandledRejection', err => log.error({ err }, 'defect: a rejection nobody handled'));
}

async function main(): Promise<void> {
  const { config: path, check, help, version: wantsVersion } = options();
  if (help) return void process.stdout.write(HELP);
  if (wantsVersion) return void process.stdout.write(`${version()}\n`);
  const { config, source, warnings } = load(path);
  if (check) return void process.stdout.write(`${source} is in order: ${config.units.length} unit(s)\n`);
  const log = pinoLog(config.log_level, process.stdout.isTTY);
  surviveDefects(log);
  for (const warning of warnings) log.warn({}, warning);
  try {
    const gateway = await Gateway.start(config, log, version());
    stopOnSignal(gateway, log);
    gateway.onStopped = err => {
      if (err !== undefined) log.error({ err }, 'the gateway did not stop in order');
      process.exit(err === undefined ? EXIT.ok : EXIT.failed);
    };
    reloadOnSignal(gateway, path, log);
    const units = config.units.map(unit => unit.name);
    log.info({ source, units, ...gateway.urls, version: version() }, 'the gateway is ready');
    if (process.env.NODE_ENV !== 'production') process.stderr.write(banner(gateway.urls, config));
  } catch (err) {
    log.error({ err }, 'the gateway could not start');
    process.exitCode = EXIT.failed;
  }
}

await main();
