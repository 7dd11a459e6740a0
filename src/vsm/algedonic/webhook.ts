import { createHmac } from 'node:crypto';
import { ExponentialBackoff, fullJitterGenerator, IBackoff } from 'cockatiel';
import { Agent, request } from 'undici';
import { Pain, Pleasure } from '../../telemetry/signals.js';
import { Counters } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { Log } from '../../kernel/log.js';

export interface WebhookSettings {
  url: string;
  /** Key of the signature; `whsec_` and base64, or any text. */
  secret: string;
  /** Milliseconds for one attempt. */
  timeout: number;
  /** Signals that may wait. */
  queue: number;
}

/** Milliseconds: the longest wait before the second attempt, before any attempt, and after which a signal is given up. */
export const RETRIES = { first: 500, longest: 60_000, giveUp: 24 * 3_600_000 };
/** Milliseconds that everything together may take in the end. */
const FAREWELL = 1_000;
/** Bytes of an answer that are read; nothing in it matters. */
const ANSWER = 16_384;
/** Clients' errors that may pass: too slow, too many. */
const PASSING = new Set([408, 429]);

interface Letter {
  /** The same at each attempt. */
  id: string;
  severity: Pain['severity'];
  body: string;
  /** `Clock.elapsed()`. */
  writtenAt: number;
}

/**
 * Posts each signal to an URL as it is told, signed as Standard Webhooks has it (standardwebhooks.com, specification
 * 1.0.0): HMAC-SHA256 over id, time of the attempt and body. One at a time, so that they arrive in order; what does not
 * get through is tried again with exponential back-off and full jitter for a day, what is refused is not.
 */
export class Webhook {
  private readonly agent: Agent;
  private readonly waiting: Letter[] = [];
  private readonly key: Buffer;
  private readonly backoff: ExponentialBackoff<number>;
  private sending: Promise<void> | undefined;
  /** Ends the wait for the next attempt. */
  private wake: () => void = () => undefined;
  private leaving = false;
  private written = 0;

  constructor(
    private readonly settings: WebhookSettings,
    private readonly counters: Counters,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly retries = RETRIES,
  ) {
    const { secret, timeout } = settings;
    this.key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
    this.agent = new Agent({ connections: 1, connectTimeout: timeout });
    const { first, longest } = retries;
    this.backoff = new ExponentialBackoff({ generator: fullJitterGenerator, initialDelay: first, maxDelay: longest });
  }

  /** Nothing thrown; sent at once where nothing is before it. */
  post(signal: Pain | Pleasure): void {
    if (this.leaving) return this.counters.webhook.add('dropped');
    const { id, severity } = signal;
    const writtenAt = this.clock.elapsed();
    this.waiting.push({ id: `${id}.${++this.written}`, severity, body: JSON.stringify(signal), writtenAt });
    if (this.waiting.length > this.settings.queue) this.dropOne();
    this.sending ??= this.sendAll().finally(() => (this.sending = undefined));
  }

  /** Tries once more whatever waits, for a second altogether. */
  async stop(): Promise<void> {
    this.leaving = true;
    this.wake();
    const timer = setTimeout(() => void this.agent.destroy(), FAREWELL);
    await this.sending;
    clearTimeout(timer);
    await this.agent.destroy();
  }

  private async sendAll(): Promise<void> {
    let before: IBackoff<unknown> | undefined;
    for (let letter = this.waiting.shift(); letter; letter = this.waiting.shift()) {
      const outcome = await this.attempt(letter);
      if (outcome !== 'retried') {
        before = undefined;
        this.counters.webhook.add(outcome);
        if (outcome === 'refused') this.log.warn({ webhook: letter.id }, 'the webhook refuses a signal');
      } else if (this.leaving || this.clock.elapsed() - letter.writtenAt >= this.retries.giveUp) {
        this.drop(letter, 'a signal was given up: the webhook could not be reached');
      } else {
        this.waiting.unshift(letter);
        if (this.waiting.length > this.settings.queue) this.dropOne();
        this.counters.webhook.add('retried');
        before = before ? before.next(undefined) : this.backoff.next();
        await this.pause(before.duration);
      }
    }
  }

  private async attempt({ id, body }: Letter): Promise<'delivered' | 'refused' | 'retried'> {
    const timestamp = String(Math.floor(this.clock.now() / 1_000));
    const signature = createHmac('sha256', this.key).update(`${id}.${timestamp}.${body}`).digest('base64');
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    };
    try {
      const signal = AbortSignal.timeout(this.settings.timeout);
      const { url } = this.settings;
      const answer = await request(url, { method: 'POST', headers, body, signal, dispatcher: this.agent });
      const { statusCode: status } = answer;
      await answer.body.dump({ limit: ANSWER, signal }).catch(() => undefined);
      if (status >= 200 && status < 300) return 'delivered';
      return status >= 500 || PASSING.has(status) ? 'retried' : 'refused';
    } catch (err) {
      this.log.debug({ err, webhook: id }, 'the webhook could not be reached');
      return 'retried';
    }
  }

  private pause(ms: number): Promise<void> {
    if (this.leaving) return Promise.resolve();
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The oldest that is moderate, else the oldest. */
  private dropOne(): void {
    const oldest = Math.max(
      0,
      this.waiting.findIndex(({ severity }) => severity === 'moderate'),
    );
    const [letter] = this.waiting.splice(oldest, 1);
    if (letter) this.drop(letter, 'a signal was dropped: too many wait for the webhook');
  }

  private drop({ id }: Letter, message: string): void {
    this.counters.webhook.add('dropped');
    this.log.warn({ webhook: id }, message);
  }
}
