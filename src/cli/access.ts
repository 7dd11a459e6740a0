import { readFile } from 'node:fs/promises';
import type { Access } from './api.js';
import type { Args } from './command.js';
import type { Environment } from './context.js';
import { EXIT, Failure } from './exit.js';

/** What a header can carry. */
const TOKEN = /^[\x21-\x7e]+$/;

/** Where the gateway is, and what opens it. @throws Failure */
export async function accessFrom(
  args: Args,
  { env, signal, user }: Pick<Environment, 'env' | 'signal' | 'user'>,
): Promise<Access> {
  const { url, tokenFile, timeout } = args as { url: string; tokenFile?: string; timeout: number };
  const token = tokenFile === undefined ? env.MCP_ADMIN_TOKEN?.trim() : await tokenIn(tokenFile);
  if (token && !TOKEN.test(token))
    throw new Failure(
      EXIT.denied,
      'The token has spaces, or characters that no token has.',
      'Look at MCP_ADMIN_TOKEN, or at the file.',
    );
  return { url: addressIn(url), token: token || undefined, user: user.replace(/[^\x20-\x7e]/g, ''), timeout, signal };
}

async function tokenIn(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (thrown) {
    throw new Failure(EXIT.missing, `The token cannot be read from ${file}: ${(thrown as Error).message}`);
  }
}

function addressIn(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Failure(EXIT.usage, `"${text}" is no URL of a gateway.`, 'Write it like http://127.0.0.1:4000.');
  if (url.username !== '' || url.password !== '')
    throw new Failure(
      EXIT.usage,
      'A URL here has no user and no password in it.',
      'The token is read from MCP_ADMIN_TOKEN or --token-file.',
    );
  return url;
}
