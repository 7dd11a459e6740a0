import { EventMap, SYSTEM_OF, Topic } from '../../src/telemetry/event-map.js';
import { RunningGateway, startGateway } from './gateway.js';
import { until } from './until.js';

type Fact<T extends Topic> = EventMap[T] & { toldAt: number };

/** A gateway in this process, and the facts that it tells, with the time in ms since the epoch. */
export class TellingGateway {
  private readonly facts: { topic: Topic; fact: object }[] = [];

  private constructor(readonly doors: RunningGateway) {
    for (const topic of Object.keys(SYSTEM_OF) as Topic[])
      doors.bus.on(topic, fact => this.facts.push({ topic, fact: { ...fact, toldAt: Date.now() } }));
  }

  /** @param config as in gateway.yaml */
  static async start(config: object): Promise<TellingGateway> {
    return new TellingGateway(await startGateway({ drain_timeout: 0, ...config }));
  }

  told<T extends Topic>(topic: T): Fact<T>[] {
    return this.facts.filter(each => each.topic === topic).map(({ fact }) => fact as Fact<T>);
  }

  /** The first of them that is like this, as soon as there is one. */
  async tells<T extends Topic>(topic: T, like: (fact: Fact<T>) => boolean = () => true, ms?: number): Promise<Fact<T>> {
    await until(() => this.told(topic).some(like), `a fact ${topic}`, ms);
    return this.told(topic).find(like)!;
  }

  stop(): Promise<void> {
    return this.doors.stop();
  }
}
