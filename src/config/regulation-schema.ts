import { count, duration, durationOrNone, flag, httpUrl, strict, text, webhookSecret } from './scalars.js';

/** Where pain and pleasure are told besides. */
const webhook = strict({
  url: httpUrl,
  /** Signs what is sent (HMAC-SHA256). */
  secret: webhookSecret,
  timeout: duration.default(5_000),
  /** Signals that wait while it cannot be reached; of more, the oldest moderate ones are dropped first. */
  queue: count.default(1_000),
});

/** The systems that regulate, and how often they look. */
export const regulation = strict({
  enabled: flag.default(true),
  /** The policy file; a change of it is taken while the gateway runs. */
  policy: text().optional(),
  interval: duration.default(500),
  report_interval: duration.default(10_000),
  /** Between audits of S3*, on average; 0 for none. */
  audit_interval: durationOrNone.default(30_000),
  webhook: webhook.optional(),
});
