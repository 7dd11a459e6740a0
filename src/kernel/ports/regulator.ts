import { Audit } from './audit.js';
import { DeliveryView, ListenerVitals, Vitals } from './vitals.js';

/** What regulators may look at. They read, and never touch a message. */
export interface Sight {
  vitals: Vitals;
  delivery: DeliveryView;
  doors: ListenerVitals;
  audit: Audit;
}

/** One of the regulating systems at work: it reads facts and vitals, and moves levers. */
export abstract class Regulator {
  abstract start(sight: Sight): void;
  /** Regulates no more. May take a moment to say what still has to be said. */
  abstract stop(): void | Promise<void>;
}

/** All that regulate this gateway; none where it is left to itself. */
export abstract class Regulators {
  abstract readonly all: readonly Regulator[];
}
