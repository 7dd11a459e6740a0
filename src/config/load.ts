import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isObject } from './branch.js';
import { ConfigError } from './config-error.js';
import { readDocument } from './document.js';
import { applyEnvironment, CONFIG_FILE_VARIABLE } from './environment.js';
import { explain } from './explain.js';
import { interpolate } from './interpolate.js';
import { gatewaySchema } from './schema.js';
import type { GatewayConfig } from './schema.js';

/** Files looked for in the working directory, in this order. */
export const CONFIG_FILES: readonly string[] = ['gateway.yaml', 'gateway.yml', 'gateway.json', 'mcp.json'];

export interface LoadOptions {
  /** Configuration file; without it `MCP_GATEWAY_CONFIG` names one, else {@link CONFIG_FILES} are tried. */
  path?: string;
  env: NodeJS.ProcessEnv;
  /** Absolute; relative file names start here. */
  cwd: string;
}

export interface ParsedConfig {
  config: GatewayConfig;
  /** For the log: settings that have no effect. */
  warnings: string[];
}

export interface LoadedConfig extends ParsedConfig {
  /** Absolute path of the file. */
  source: string;
}

/**
 * Finds, reads and checks the configuration.
 *
 * @throws ConfigError if there is no file, it cannot be read or parsed, or a setting is not allowed
 */
export function loadConfig({ path, env, cwd }: LoadOptions): LoadedConfig {
  const source = findFile(path, env, cwd);
  const input = readDocument(source);
  try {
    return { ...parseConfig(input, env, dirname(source)), source };
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(error.issues, source) : error;
  }
}

/**
 * Checks a configuration that has been read already.
 *
 * @param input the file's content as plain objects; null stands for an empty file
 * @param baseDir absolute path of the folder where relative `cwd`s of stdio units start, and where those without one run;
 *   also where a relative policy file is
 * @throws ConfigError that lists all issues found
 */
export function parseConfig(input: unknown, env: NodeJS.ProcessEnv, baseDir: string): ParsedConfig {
  const overlay = applyEnvironment(withoutEmptySections(input), env);
  const expanded = interpolate(overlay.value, env);
  const parsed = gatewaySchema.safeParse(expanded.value);
  const found = parsed.success ? [] : explain(parsed.error.issues, overlay.value, overlay.variables);
  const known = new Set(expanded.issues.map(issue => issue.path));
  const issues = [...overlay.issues, ...expanded.issues, ...found.filter(issue => !known.has(issue.path))];
  if (!parsed.success || issues.length > 0) throw new ConfigError(issues);
  const units = parsed.data.units.map(unit =>
    unit.kind === 'mcp' && unit.transport === 'stdio' ? { ...unit, cwd: resolve(baseDir, unit.cwd ?? '.') } : unit,
  );
  const { regulation } = parsed.data;
  const policy = regulation.policy === undefined ? undefined : resolve(baseDir, regulation.policy);
  return { config: { ...parsed.data, regulation: { ...regulation, policy }, units }, warnings: overlay.warnings };
}

/** YAML reads a heading with nothing below it as null. */
function withoutEmptySections(input: unknown): unknown {
  if (input === null || input === undefined) return {};
  if (!isObject(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([, section]) => section !== null));
}

function findFile(path: string | undefined, env: NodeJS.ProcessEnv, cwd: string): string {
  const named = path ?? (env[CONFIG_FILE_VARIABLE]?.trim() || undefined);
  if (named !== undefined) return resolve(cwd, named);
  const found = CONFIG_FILES.map(file => join(cwd, file)).find(existsSync);
  if (found !== undefined) return found;
  const remedy = `create ${CONFIG_FILES[0]} with at least one unit, such as "units: [{ name: echo, kind: echo }]"`;
  const message = `none of ${CONFIG_FILES.join(', ')} is here; ${remedy}, or name a file with ${CONFIG_FILE_VARIABLE}`;
  throw new ConfigError([{ path: cwd, value: undefined, allowed: CONFIG_FILES.join(', '), message }]);
}
