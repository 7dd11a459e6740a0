import { EventBus } from '../../telemetry/event-bus.js';
import { SYSTEM_OF, Topic } from '../../telemetry/event-map.js';

/** Told of each message or call, where somebody listens: to count them here would make them cost something. */
const FREQUENT: ReadonlySet<Topic> = new Set<Topic>(['external_message', 'check_compliance', 'verify_identity']);

/** How often each fact was told, and what became of wishes to change the transport. */
export class EventCounts {
  readonly facts = new Map<Topic, number>();
  readonly switches = { granted: 0, refused: 0 };

  constructor(bus: EventBus) {
    for (const topic of Object.keys(SYSTEM_OF) as Topic[]) {
      if (FREQUENT.has(topic)) continue;
      this.facts.set(topic, 0);
      bus.on(topic, () => void this.facts.set(topic, this.facts.get(topic)! + 1));
    }
    bus.on('check_oscillation', ({ waitMs }) => void this.switches[waitMs > 0 ? 'refused' : 'granted']++);
  }
}
