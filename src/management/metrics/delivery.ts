import { DeliveryView, DeliveryVitals } from '../../kernel/ports/vitals.js';
import { Family, gauge, Samples, single } from './family.js';

/** Milliseconds for which one look does: all series of a scrape are of the same one. */
const ONE_SCRAPE = 100;

/** What is owed to native and Phoenix clients. */
export function delivery(view: DeliveryView): Family[] {
  let seen: { at: number; vitals: DeliveryVitals } | undefined;
  const look = (): DeliveryVitals => {
    const now = performance.now();
    if (!seen || now - seen.at > ONE_SCRAPE) seen = { at: now, vitals: view.delivery() };
    return seen.vitals;
  };
  const of = (read: (vitals: DeliveryVitals) => number) => (): Samples => single(read(look()));
  return [
    gauge(
      'gateway_outbox_queued',
      'Messages that wait in outboxes.',
      [],
      of(({ queued }) => queued),
    ),
    gauge(
      'gateway_outbox_in_window',
      'Messages that were sent and are not acknowledged.',
      [],
      of(({ inWindow }) => inWindow),
    ),
    gauge(
      'gateway_outbox_bytes',
      'Bytes that outboxes hold, those kept for replay included.',
      [],
      of(({ bytes }) => bytes),
    ),
    gauge(
      'gateway_outbox_lag_seconds',
      'How long the client that is most behind has been so.',
      [],
      of(({ slowest }) => Math.max(0, ...slowest.map(({ lagMs }) => lagMs)) / 1_000),
    ),
  ];
}
