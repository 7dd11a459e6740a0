import { EventEmitter2 } from '@nestjs/event-emitter';
import { Log } from '../kernel/log.js';
import { EventMap, Topic } from './event-map.js';

/** The typed bus. Facts go up; a listener that throws is logged and stops nobody else. */
export class EventBus {
  constructor(
    private readonly emitter: EventEmitter2,
    private readonly log: Log,
  ) {}

  emit<T extends Topic>(topic: T, payload: EventMap[T]): void {
    if (this.emitter.listenerCount(topic) > 0) this.emitter.emit(topic, payload);
  }

  /** Whether anybody listens: where it is told of each message, what is told need not be put together for nobody. */
  hears(topic: Topic): boolean {
    return this.emitter.listenerCount(topic) > 0;
  }

  /** @returns a function that ends the subscription */
  on<T extends Topic>(topic: T, listener: (payload: EventMap[T]) => void): () => void {
    let failures = 0;
    const guarded = (payload: EventMap[T]): void => {
      try {
        listener(payload);
      } catch (err) {
        if (isPowerOfTwo(++failures)) this.log.error({ topic, err, failures }, 'an event listener failed');
      }
    };
    this.emitter.on(topic, guarded);
    return () => void this.emitter.off(topic, guarded);
  }
}

/** One that fails each time is told of ever more rarely. */
function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}
