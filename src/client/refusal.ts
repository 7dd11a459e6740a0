import { errorOf, ViableError } from './viable-error.js';

/** What a response that is not what was asked for says, by its body, its status and its `Retry-After`. Never rejects. */
export async function refusalOf(response: Response): Promise<ViableError> {
  const named = errorOf(await response.json().catch(() => undefined));
  const code = named?.code ?? (response.status === 401 ? 'unauthenticated' : `http_${response.status}`);
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  const wait = named?.retryAfter ?? (seconds >= 0 ? seconds * 1_000 : null);
  return new ViableError(code, named?.message ?? `The gateway answered with status ${response.status}.`, wait);
}
