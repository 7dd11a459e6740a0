import { EXIT, ExitCode, Failure } from './exit.js';
import { spellDuration } from './duration.js';

/** The shape that all errors of a gateway have. */
export interface ErrorAnswer {
  error: string;
  message?: string;
  /** Milliseconds, or null where waiting does not help. */
  retry_after?: number | null;
}

interface Asked {
  url: string;
  path: string;
  hasToken: boolean;
}

const BY_STATUS: Readonly<Record<number, ExitCode>> = {
  401: EXIT.denied,
  403: EXIT.denied,
  404: EXIT.missing,
  405: EXIT.unreachable,
  408: EXIT.later,
  409: EXIT.later,
  429: EXIT.later,
  503: EXIT.later,
  504: EXIT.later,
};

/** What a refusal of the gateway means for who has asked. */
export function asFailure(status: number, answer: ErrorAnswer, asked: Asked): Failure {
  if (answer.error === 'not_found' || answer.error === 'method_not_allowed') return notServed(asked);
  const code = BY_STATUS[status] ?? (status >= 500 ? EXIT.defect : EXIT.invalid);
  const message = `${answer.message ?? 'The gateway refused that.'} (${answer.error})`;
  return new Failure(code, message, hintFor(answer, asked), answer.error);
}

function hintFor({ error, retry_after }: ErrorAnswer, { hasToken }: Asked): string | undefined {
  if (error === 'unauthenticated')
    return hasToken
      ? "The token is not this gateway's management.admin_token: look at MCP_ADMIN_TOKEN, or at the file of --token-file."
      : "Set MCP_ADMIN_TOKEN to the gateway's management.admin_token, or name a file that holds it with --token-file.";
  if (error === 'internal_error') return "This is a defect of the gateway; the cause is in the gateway's log.";
  if (typeof retry_after === 'number') return `Try again in ${spellDuration(retry_after)}.`;
  return undefined;
}

function notServed({ url, path }: Asked): Failure {
  return new Failure(
    EXIT.unreachable,
    `The gateway at ${url} does not serve ${path.replace(/\?.*/, '')}: it is older than this command.`,
    'Use the command that came with that gateway, or update the gateway.',
  );
}

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  ECONNRESET: 'the connection was closed before an answer came',
  UND_ERR_SOCKET: 'the connection was closed before an answer came',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
};

/** @param thrown by fetch, or while a body is read */
export function notReached(url: string, thrown: unknown): Failure {
  const { cause, message } = thrown as Error & {
    cause?: { code?: string; message?: string; errors?: { code?: string }[] };
  };
  const code = cause?.code ?? cause?.errors?.[0]?.code ?? '';
  const why = CAUSES[code] ?? cause?.message ?? message;
  return new Failure(
    EXIT.unreachable,
    `The gateway at ${url} cannot be reached: ${why}.`,
    'Is it running? Say where its management listener is with --url or VIABLE_URL.',
  );
}
