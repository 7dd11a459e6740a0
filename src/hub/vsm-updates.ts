import { EventBus } from '../telemetry/event-bus.js';
import { EventMap, SYSTEM_OF, SystemName, SYSTEMS, Topic } from '../telemetry/event-map.js';
import { Clock } from '../kernel/clock.js';
import { PushSession } from '../session/push-session.js';
import { HubSession } from './hub-session.js';
import { Hub } from './hub.js';

/** What a session asks for, and must be granted, to hear of the systems. */
const SCOPE = 'vsm';
/** What it hears where it names no system: alarms, and what the gateway has decided to be. */
const BY_DEFAULT: readonly Topic[] = ['pain', 'pleasure', 'mode_changed', 'policy_update'];
/** Bytes that a client has not taken above which it gets no updates: they are not kept for it. */
const MAX_UNREAD = 1024 * 1024;
/** Of one update's data: clients have a say in names, and tables may be long. */
const MOST = { text: 256, hubConnections: 100, depth: 6 };

const TOPICS = Object.keys(SYSTEM_OF) as Topic[];

/**
 * Tells clients with the scope `vsm` what the systems tell each other: those that follow a topic named like a system what
 * belongs to it, the others alarms and changes of mode and policy. A fact is listened to only while somebody wants it.
 */
export class VsmUpdates {
  private readonly subscriptions = new Map<Topic, () => void>();
  private audiences: ReadonlyMap<Topic, readonly HubSession[]> = new Map();
  private looking = false;

  constructor(
    private readonly hub: Hub,
    private readonly bus: EventBus,
    private readonly clock: Clock,
  ) {}

  start(): void {
    this.hub.sessions.onInterest = () => this.lookSoon();
  }

  stop(): void {
    this.hub.sessions.onInterest = () => undefined;
    this.listen(new Map());
  }

  /** Facts that are listened to. */
  get topics(): Topic[] {
    return [...this.subscriptions.keys()];
  }

  /** Once for all who come, go, subscribe in one turn of the event loop. */
  private lookSoon(): void {
    if (this.looking) return;
    this.looking = true;
    setImmediate(() => {
      this.looking = false;
      this.look();
    });
  }

  private look(): void {
    const audiences = new Map<Topic, HubSession[]>();
    for (const session of this.hub.sessions.byScope(SCOPE)) {
      const hubSession = this.hub.of(session);
      for (const topic of topicsOf(session)) {
        const audience = audiences.get(topic);
        if (audience) audience.push(hubSession);
        else audiences.set(topic, [hubSession]);
      }
    }
    this.listen(audiences);
  }

  private listen(audiences: ReadonlyMap<Topic, readonly HubSession[]>): void {
    this.audiences = audiences;
    for (const [topic, end] of this.subscriptions) {
      if (audiences.has(topic)) continue;
      end();
      this.subscriptions.delete(topic);
    }
    for (const topic of audiences.keys()) {
      if (this.subscriptions.has(topic)) continue;
      this.subscriptions.set(
        topic,
        this.bus.on(topic, data => this.tell(topic, data)),
      );
    }
  }

  private tell<T extends Topic>(event: T, data: EventMap[T]): void {
    const hub = this.audiences.get(event) ?? [];
    const ready = hub.flatMap(({ hubConnections }) =>
      [...hubConnections].filter(({ buffered }) => buffered <= MAX_UNREAD),
    );
    if (ready.length === 0) return;
    const timestamp = Math.round(this.clock.now() * 1_000);
    const text = JSON.stringify({ topic: SYSTEM_OF[event], event, data: bounded(data), timestamp });
    for (const hubConnection of ready) hubConnection.tell('vsm_update', text);
  }
}

function topicsOf({ record }: PushSession): readonly Topic[] {
  const systems = record.channel.topics.filter(isSystem);
  return systems.length === 0 ? BY_DEFAULT : TOPICS.filter(topic => systems.includes(SYSTEM_OF[topic]));
}

function isSystem(topic: string): topic is SystemName {
  return (SYSTEMS as readonly string[]).includes(topic);
}

/** A copy in which nothing is long or deep. Of errors only the name: what they say may quote what a client sent. */
export function bounded(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cut(value);
  if (typeof value === 'bigint') return cut(String(value));
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return value.name;
  if (depth >= MOST.depth) return '…';
  if (Array.isArray(value)) return value.slice(0, MOST.hubConnections).map(each => bounded(each, depth + 1));
  const hubConnections = Object.entries(value).slice(0, MOST.hubConnections);
  return Object.fromEntries(hubConnections.map(([name, each]) => [cut(name), bounded(each, depth + 1)]));
}

function cut(text: string): string {
  return text.length > MOST.text ? `${text.slice(0, MOST.text)}…` : text;
}
