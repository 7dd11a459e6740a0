import { EXIT, Failure } from './exit.js';
import { spellDuration } from './duration.js';
import { asFailure, ErrorAnswer, notReached } from './refusal.js';

/** Bytes of an answer that is held in memory. */
const LARGEST = 16 * 1024 * 1024;

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Access {
  /** Where the management listener is. */
  url: URL;
  token: string | undefined;
  /** Who is at work, for the audit trail. */
  user: string;
  /** Milliseconds without a sign of life until a request is given up. */
  timeout: number;
  /** Ends what is under way. */
  signal: AbortSignal;
}

/** A long answer, as it comes. */
export interface Stream {
  /** Bytes, where the gateway says how many there are. */
  length: number | undefined;
  chunks: AsyncIterable<Uint8Array>;
}

/** The administration of one gateway, over HTTP. */
export class Api {
  constructor(private readonly access: Access) {}

  get url(): string {
    return this.access.url.href.replace(/\/$/, '');
  }

  /** With another patience, in ms. */
  within(timeout: number): Api {
    return new Api({ ...this.access, timeout });
  }

  /** That something else ends. */
  with(signal: AbortSignal): Api {
    return new Api({ ...this.access, signal });
  }

  /** @throws Failure */
  get(path: string): Promise<unknown> {
    return this.send('GET', path);
  }

  /**
   * @param path with its query
   * @param extra milliseconds that the answer may take beyond the timeout
   * @returns the parsed body
   * @throws Failure for whatever is not an answer of the gateway with a status of success
   */
  async send(method: Method, path: string, body?: object, extra = 0): Promise<unknown> {
    const { chunks } = await this.open(method, path, body, { extra, most: LARGEST });
    const text = await textOf(chunks);
    if (text === '') return null;
    return parsed(text) ?? this.stranger();
  }

  /**
   * The same for an answer that is read bit by bit.
   * @param most bytes that are read; more is a Failure
   */
  async open(
    method: Method,
    path: string,
    body: object | undefined,
    { extra = 0, most }: { extra?: number; most: number },
  ): Promise<Stream> {
    const patience = new Patience(this.access.timeout, extra, this.access.signal);
    const response = await this.request(method, path, body, patience);
    const chunks = this.read(response, patience, response.ok ? most : LARGEST);
    if (!response.ok) throw await this.refusal(response.status, path, chunks);
    const length = Number(response.headers.get('content-length') ?? NaN);
    return { length: Number.isNaN(length) ? undefined : length, chunks };
  }

  private async request(method: Method, path: string, body: object | undefined, patience: Patience): Promise<Response> {
    const { token, user } = this.access;
    const headers: Record<string, string> = { accept: 'application/json', 'viable-operator': user };
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init = { method, headers, body: body && JSON.stringify(body), redirect: 'manual' as const };
    try {
      return await fetch(`${this.url}${path}`, { ...init, signal: patience.signal });
    } catch (thrown) {
      patience.end();
      throw this.broken(thrown, patience);
    }
  }

  private async *read(response: Response, patience: Patience, most: number): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        patience.restart();
        bytes += chunk.length;
        if (bytes > most) throw new Failure(EXIT.defect, `The answer is larger than ${most} bytes; it was left there.`);
        yield chunk;
      }
    } catch (thrown) {
      throw this.broken(thrown, patience);
    } finally {
      patience.end();
    }
  }

  private async refusal(status: number, path: string, chunks: AsyncIterable<Uint8Array>): Promise<Failure> {
    const answer = parsed(await textOf(chunks));
    // A door for clients has errors of another shape.
    const isOurs = typeof (answer as Partial<ErrorAnswer> | null | undefined)?.error === 'string';
    if (!isOurs) return this.strangerFailure(status);
    return asFailure(status, answer as ErrorAnswer, { url: this.url, path, hasToken: this.access.token !== undefined });
  }

  private broken(thrown: unknown, { late }: Patience): Failure {
    if (thrown instanceof Failure) return thrown;
    if (this.access.signal.aborted) return new Failure(EXIT.interrupted, 'Interrupted.');
    if (late === undefined) return notReached(this.url, thrown);
    return new Failure(
      EXIT.unreachable,
      `${this.url} did not answer within ${spellDuration(late)}.`,
      'Give it longer with --timeout, such as --timeout 30s.',
    );
  }

  private stranger(): never {
    throw this.strangerFailure();
  }

  private strangerFailure(status?: number): Failure {
    const what = status === undefined ? 'an answer that is no JSON' : `HTTP ${status} and no error of a gateway`;
    return new Failure(
      EXIT.unreachable,
      `What listens at ${this.url} gave ${what}: it is no gateway's management listener.`,
      'Say where it is with --url or VIABLE_URL; the gateway prints it when it starts ("management").',
    );
  }
}

/** Gives a request up when nothing has come of it for a while. */
class Patience {
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  /** Milliseconds that were waited in vain. */
  late: number | undefined;
  readonly signal: AbortSignal;

  constructor(
    private readonly ms: number,
    extra: number,
    interrupted: AbortSignal,
  ) {
    this.signal = AbortSignal.any([this.abort.signal, interrupted]);
    this.start(ms + extra);
  }

  restart(): void {
    this.end();
    this.start(this.ms);
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private start(ms: number): void {
    this.timer = setTimeout(() => {
      this.late = ms;
      this.abort.abort();
    }, ms);
  }
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
