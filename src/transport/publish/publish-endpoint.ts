import { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Counters } from '../../telemetry/counters.js';
import { Budget } from '../../kernel/budget.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { elements, skipSpace } from '../../kernel/json-rpc/json-text.js';
import { parseJson } from '../../kernel/json-rpc/parse-json.js';
import { isLockedOut, Levers } from '../../kernel/ports/levers.js';
import { Log } from '../../kernel/log.js';
import { PublishPort } from '../../kernel/ports/publish.js';
import { Authorizer, Caller, Limits, Principal } from '../../kernel/ports/access.js';
import { readJsonBody } from '../http/body.js';
import { replyJson } from '../http/reply.js';
import { CallerRequest } from '../http/caller.js';
import { Route } from '../http/route-table.js';
import { failureOf, PublishResponse, outcomeOf, statusOf } from './publish-response.js';
import { readPublishRequest } from './publish-request.js';

export interface PublishSettings {
  /** Bytes of one POST. */
  maxBodySize: number;
}

/** Messages of one POST. */
const MOST = 1_000;
/** Results that an answer lists, after which messages have their counts only: a thousand broadcasts to thousands are gigabytes. */
const MOST_RESULTS = 10_000;

/** Milliseconds after which those who are no operators may ask again. */
const LOCKDOWN_RETRY = 30_000;

/** One message as it came, with its place in the body. */
interface Item {
  text: string;
  value: unknown;
}

/** What an answer has room for yet. */
interface Room {
  results: number;
}

/** Where messages for clients are handed in: `POST /mcp/clients/ID/messages`, `POST /mcp/broadcast`. */
export class PublishEndpoint {
  readonly routes: readonly Route[] = ['/mcp/clients/:id/messages', '/mcp/broadcast'].map(path => ({
    path,
    transport: 'streamable_http',
    plain: () => true,
    methods: { POST: (request, response, visit) => this.post(request, response, visit) },
  }));

  constructor(
    private readonly outbound: PublishPort,
    private readonly policy: { authorizer: Authorizer; limits: Limits; levers: Levers },
    private readonly counters: Counters,
    private readonly log: Log,
    private readonly budget: Budget,
    private readonly settings: PublishSettings,
  ) {}

  /** @throws GatewayError `forbidden`, `lockdown`, `rate_limit_exceeded`, what `readJsonBody` throws, `invalid_message` */
  private async post(request: IncomingMessage, response: ServerResponse, visit: CallerRequest): Promise<void> {
    const { principal, address } = visit.caller;
    if (!this.policy.authorizer.may(principal, address, 'publish')) throw new GatewayError('forbidden');
    if (isLockedOut(this.policy.levers.now, principal)) throw new GatewayError('lockdown', undefined, LOCKDOWN_RETRY);
    const body = await readJsonBody(request, this.settings.maxBodySize, this.budget);
    const { items, batch } = itemsOf(body);
    this.policy.limits.publish({ principal, address, messages: items.length });
    const room: Room = { results: visit.url.searchParams.get('results') === 'false' ? 0 : MOST_RESULTS };
    const outcomes = await this.publishAll(items, visit, room);
    const answer = batch ? outcomes.map(outcome => outcome.body) : outcomes[0]!.body;
    replyJson(response, statusOf(outcomes), JSON.stringify(answer));
  }

  /**
   * In order. Those that wait to be confirmed are not waited for before the next is begun: a thousand of them would take
   * hours. Between two messages others have their turn.
   */
  private async publishAll(items: readonly Item[], visit: CallerRequest, room: Room): Promise<PublishResponse[]> {
    const outcomes: Promise<PublishResponse>[] = [];
    for (const item of items) {
      if (outcomes.length > 0) await nextTurn();
      const outcome = this.publish(item, visit.caller, room, visit.id);
      outcomes.push(outcome);
      if (!waits(item.value)) await outcome;
    }
    return Promise.all(outcomes);
  }

  /** @throws GatewayError `forbidden` */
  private assertMay(principal: Principal, address: string, topic: string | undefined): void {
    const { authorizer } = this.policy;
    const may = authorizer.may(principal, address, `publish:${topic ?? ''}`);
    const reaches = topic === undefined || authorizer.reaches(principal, address, 'topic', topic);
    if (!may || !reaches) throw new GatewayError('forbidden');
  }

  /** Never rejects: each message has an outcome of its own. */
  private async publish(
    item: Item,
    { principal, address }: Caller,
    room: Room,
    client?: string,
  ): Promise<PublishResponse> {
    try {
      const { audience, draft, options } = readPublishRequest(item.text, item.value, client);
      this.assertMay(principal, address, draft.topic);
      const publication = await this.outbound.publish(audience, draft, { ...options, publisher: principal });
      const withResults = room.results > 0;
      room.results -= publication.results.length;
      return outcomeOf(publication, withResults);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      if (error.code === 'internal_error') this.log.error({ err: error.cause }, 'a publication failed');
      this.counters.failed(error.code);
      return failureOf(error);
    }
  }
}

function itemsOf(body: string): { items: Item[]; batch: boolean } {
  const value = parseJson(body);
  if (!Array.isArray(value)) return { items: [{ text: body, value }], batch: false };
  if (value.length > MOST) throw new GatewayError('invalid_message', `More than ${MOST} messages at once.`);
  const spans = [...elements(body, skipSpace(body, 0))];
  const items = spans.map(({ start, end }, i) => ({ text: body.slice(start, end), value: value[i] as unknown }));
  return { items, batch: true };
}

function waits(value: unknown): boolean {
  const timeout = (value as { timeout?: unknown } | null)?.timeout;
  return typeof timeout === 'number' && timeout > 0;
}
