import { EventBus } from './event-bus.js';

/** In the place of a bus: nobody hears anything. The data plane does its work all the same. */
export class NoopEventBus extends EventBus {
  override emit(): void {}

  override hears(): boolean {
    return false;
  }

  override on(): () => void {
    return () => undefined;
  }
}
