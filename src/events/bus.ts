import { EventEmitter2 } from '@nestjs/event-emitter';
import { Log } from '../kernel/log.js';
import { EventMap, Topic } from './event-map.js';

/** The typed bus. Facts go up; a listener that throws is logged and stops nobody else. */
export class Bus {
  constructor(
    private readonly emitter: EventEmitter2,
    private readonly log: Log,
  ) {}

  emit<T extends Topic>(topic: T, payload: EventMap[T]): void {
    if (this.emitter.listenerCount(topic) > 0) this.emitter.emit(topic, payload);
  }

  /** @returns a function that ends the subscription */
  on<T extends Topic>(topic: T, listener: (payload: EventMap[T]) => void): () => void {
    const guarded = (payload: EventMap[T]): void => {
      try {
        listener(payload);
      } catch (thrown) {
        this.log.error({ topic, err: thrown }, 'an event listener failed');
      }
    };
    this.emitter.on(topic, guarded);
    return () => void this.emitter.off(topic, guarded);
  }
}
