import { Clock } from '../../../kernel/clock.js';
import { GatewayError, toGatewayError } from '../../../kernel/errors.js';
import { Frame } from '../../../kernel/frame.js';
import { Introduction } from '../../../protocol/mcp/federation/capabilities.js';
import { entriesOf, LIST_CAPABILITY, Listed, ListMethod } from '../../../protocol/mcp/federation/listing.js';
import { asObject } from '../../../protocol/mcp/federation/profile.js';

/** What one unit may list, all pages together. */
const MAX = { pages: 200, entries: 10_000, characters: 16 * 1024 * 1024 };
/** Milliseconds until a list that could not be had is tried again, doubled each time. */
const RETRY = { first: 500, longest: 10_000 };

/** Where lists come from. */
export interface Source {
  readonly unit: string;
  /** Whether somebody wants to know. */
  readonly wanted: boolean;
  /** Whether changes would be heard. */
  readonly linked: boolean;
  /** @throws GatewayError when the unit cannot be reached */
  introduce(): Promise<Introduction>;
  ask(method: string, params: object): Promise<Frame>;
}

interface Shelf {
  entries: readonly Listed[];
  /** Why the entries could not be had. */
  error: GatewayError | undefined;
  /** Whether it was ever had or given up. */
  known: boolean;
  fresh: boolean;
  /** Somebody has seen what is there: of a change they must be told. */
  shown: boolean;
  loading: Promise<void> | undefined;
  /** Clock.elapsed() when the loading began. */
  since: number;
  failures: number;
}

export interface Look {
  entries: readonly Listed[];
  /** Why the unit's entries are missing. */
  missing: GatewayError | undefined;
}

/** What one unit lists, asked once and kept until it says that it changed. */
export class Catalogue {
  private readonly shelves = new Map<ListMethod, Shelf>();
  private closed = false;
  /** Changes with what is on the shelves. */
  version = 0;

  constructor(
    private readonly source: Source,
    private readonly clock: Clock,
    private readonly onChange: (method: ListMethod) => void,
  ) {}

  /**
   * Sees to it that the list is asked for.
   * @param patience milliseconds that one asking is worth waiting for, whoever waits
   * @returns what to wait for, if anything; it never rejects
   */
  prepare(method: ListMethod, patience: number): Promise<void> | undefined {
    const shelf = this.shelf(method);
    if (shelf.fresh && this.source.linked) return undefined;
    if (shelf.error) return undefined;
    const loading = this.load(method, shelf);
    return this.clock.elapsed() - shelf.since < patience ? loading : undefined;
  }

  /** Somebody is shown what is there, and told when it changes. */
  show(method: ListMethod): void {
    this.shelf(method).shown = true;
  }

  look(method: ListMethod): Look {
    const shelf = this.shelf(method);
    return { entries: shelf.entries, missing: shelf.known ? shelf.error : new GatewayError('unit_timeout') };
  }

  /** The unit said so, or is back: what was seen is asked again. */
  changed(methods: Iterable<ListMethod> = [...this.shelves.keys()]): void {
    for (const method of methods) {
      const shelf = this.shelf(method);
      shelf.fresh = false;
      if (!shelf.shown) continue;
      const again = (): void => void this.load(method, shelf);
      if (shelf.loading) void shelf.loading.then(again);
      else again();
    }
  }

  close(): void {
    this.closed = true;
  }

  private shelf(method: ListMethod): Shelf {
    let shelf = this.shelves.get(method);
    if (!shelf) {
      shelf = {
        entries: [],
        error: undefined,
        known: false,
        fresh: false,
        shown: false,
        loading: undefined,
        since: 0,
        failures: 0,
      };
      this.shelves.set(method, shelf);
    }
    return shelf;
  }

  private load(method: ListMethod, shelf: Shelf): Promise<void> {
    if (!shelf.loading) shelf.since = this.clock.elapsed();
    shelf.loading ??= this.fetch(method)
      .then(
        entries => this.put(method, shelf, entries, undefined),
        (thrown: unknown) => this.put(method, shelf, [], toGatewayError(thrown)),
      )
      .finally(() => (shelf.loading = undefined));
    return shelf.loading;
  }

  private async fetch(method: ListMethod): Promise<Listed[]> {
    const introduction = await this.source.introduce();
    const listed: Listed[] = [];
    if (asObject(introduction?.capabilities)[LIST_CAPABILITY[method]] === undefined) return listed;
    let characters = 0;
    let cursor: unknown;
    for (let page = 0; page < MAX.pages; page++) {
      const answer = await this.source.ask(method, cursor === undefined ? {} : { cursor });
      if (answer.isError) return refusal(answer, listed);
      listed.push(...entriesOf(answer, method));
      characters += answer.text.length;
      cursor = answer.result.nextCursor;
      if (typeof cursor !== 'string' || listed.length > MAX.entries || characters > MAX.characters) break;
    }
    return listed.slice(0, MAX.entries);
  }

  private put(method: ListMethod, shelf: Shelf, entries: readonly Listed[], error: GatewayError | undefined): void {
    const before = shelf.entries;
    const remarked = !shelf.known || shelf.error?.message !== error?.message;
    const same = before.length === entries.length && before.every(({ text }, i) => text === entries[i]!.text);
    Object.assign(shelf, { entries, error, known: true, fresh: error === undefined });
    shelf.failures = error ? shelf.failures + 1 : 0;
    if (error) this.retryLater(method, shelf);
    if (!same || remarked) this.version++;
    if (!same && shelf.shown) this.onChange(method);
  }

  private retryLater(method: ListMethod, shelf: Shelf): void {
    const ms = Math.min(RETRY.first * 2 ** (shelf.failures - 1), RETRY.longest);
    const timer = setTimeout(() => {
      if (this.closed) return;
      if (this.source.wanted) void this.load(method, shelf);
      // Nobody asks now; whoever does next starts it again.
      else shelf.error = undefined;
    }, ms);
    timer.unref();
  }
}

/** A unit that does not know the method offers nothing; any other error leaves it out. */
function refusal(answer: Frame, listed: Listed[]): Listed[] {
  const { code, message } = asObject(answer.view.error);
  if (code === -32601) return listed;
  throw new GatewayError('unit_unavailable', `The unit answered with an error: ${String(message).slice(0, 200)}`);
}
