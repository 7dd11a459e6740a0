import { Clock } from '../../kernel/clock.js';
import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Introduction } from './capabilities.js';
import { entriesOf, LIST_CAPABILITY, Listed, ListMethod } from './list-methods.js';
import { asObject } from './client-profile.js';
import { CachedList } from './cached-list.js';

/** What one unit may list, all pages together. */
const MAX = { pages: 200, entries: 10_000, characters: 4 * 1024 * 1024 };

/** Where lists come from. */
export interface Source {
  readonly unit: string;
  /** Whether somebody wants to know. */
  readonly wanted: boolean;
  /** Whether changes would be heard. */
  readonly linked: boolean;
  /** @throws GatewayError when the unit cannot be reached */
  introduce(): Promise<Introduction>;
  ask(method: string, params: object): Promise<JsonRpcMessage>;
}

export interface Look {
  entries: readonly Listed[];
  /** Why the unit's entries are missing. */
  missing: GatewayError | undefined;
}

/** What one unit lists, asked once and kept until it says that it changed. */
export class UnitCatalog {
  private readonly cachedLists = new Map<ListMethod, CachedList>();

  constructor(
    private readonly source: Source,
    private readonly clock: Clock,
    private readonly onChange: (method: ListMethod) => void,
  ) {}

  /** Changes with what is listed. */
  version(method: ListMethod): number {
    return this.cachedList(method).version;
  }

  /** See `CachedList.prepare`. */
  prepare(method: ListMethod, patience: number): Promise<void> | undefined {
    return this.cachedList(method).prepare(this.source.linked, patience);
  }

  /** Somebody is shown what is there, and told when it changes. */
  show(method: ListMethod): void {
    this.cachedList(method).shown = true;
  }

  look(method: ListMethod): Look {
    const { entries, known, error } = this.cachedList(method);
    return { entries, missing: known ? error : new GatewayError('unit_timeout') };
  }

  /** The unit said so, or it was away: what was seen is asked again. */
  changed(methods: Iterable<ListMethod> = [...this.cachedLists.keys()]): void {
    for (const method of methods) this.cachedList(method).refresh();
  }

  close(): void {
    for (const cachedList of this.cachedLists.values()) cachedList.close();
  }

  private cachedList(method: ListMethod): CachedList {
    let cachedList = this.cachedLists.get(method);
    if (!cachedList) {
      const { source } = this;
      const supplier = {
        fetch: () => this.fetch(method),
        get wanted() {
          return source.wanted;
        },
        onChange: () => this.onChange(method),
      };
      this.cachedLists.set(method, (cachedList = new CachedList(supplier, this.clock)));
    }
    return cachedList;
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
      for (const one of entriesOf(answer, method, MAX.entries - listed.length)) listed.push(one);
      characters += answer.text.length;
      cursor = answer.result.nextCursor;
      if (typeof cursor !== 'string' || listed.length >= MAX.entries || characters > MAX.characters) break;
    }
    return listed.slice(0, MAX.entries);
  }
}

/** A unit that does not know the method offers nothing; any other error leaves it out. */
function refusal(answer: JsonRpcMessage, listed: Listed[]): Listed[] {
  const { code, message } = asObject(answer.view.error);
  if (code === -32601) return listed;
  throw new GatewayError('unit_unavailable', `The unit answered with an error: ${String(message).slice(0, 200)}`);
}
