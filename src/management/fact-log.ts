import { Bus } from '../events/bus.js';
import { EventMap, Topic } from '../events/event-map.js';
import { Log } from '../kernel/log.js';

type Level = 'debug' | 'info' | 'warn' | 'error';

const LEVELS: Record<Topic, Level> = {
  session_opened: 'info',
  session_closed: 'info',
  client_presence: 'debug',
  transport_switched: 'info',
  external_message: 'debug',
  link_opened: 'debug',
  link_failed: 'warn',
  link_lost: 'warn',
  call_failed: 'debug',
  lease_reclaimed: 'info',
  circuit_changed: 'warn',
  transport_circuit_changed: 'warn',
  instance_out: 'warn',
  instance_back: 'info',
  internal_fault: 'error',
  drain_started: 'info',
  drain_finished: 'info',
};

/** Writes every fact on the bus as one line of the log. */
export class FactLog {
  constructor(bus: Bus, log: Log) {
    for (const topic of Object.keys(LEVELS) as Topic[]) {
      bus.on(topic, (payload: EventMap[Topic]) => log[LEVELS[topic]](payload, topic));
    }
  }
}
