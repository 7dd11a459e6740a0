import { createHash } from 'node:crypto';
import { IncomingMessage } from 'node:http';

/** Longer values are replaced by their SHA-256: what a caller says must not decide how much is kept of it. */
const LONGEST = 256;

const HEADER = 'header:';

/** Finds what a caller is kept together by: the same value goes to the same instance, as long as that is in service. */
export class AffinityKey {
  /** @param setting `session`, `client_id` (the query parameter) or `header:NAME` */
  constructor(private readonly setting: string) {}

  /** Undefined where the session decides, or the caller does not say. */
  of(request: IncomingMessage, url: URL): string | undefined {
    const value = this.valueOf(request, url);
    if (!value) return undefined;
    return value.length > LONGEST ? createHash('sha256').update(value).digest('base64url') : value;
  }

  private valueOf({ headers }: IncomingMessage, url: URL): string | null | undefined {
    if (this.setting === 'client_id') return url.searchParams.get('client_id');
    if (!this.setting.startsWith(HEADER)) return undefined;
    return headers[this.setting.slice(HEADER.length).toLowerCase()]?.toString();
  }
}
