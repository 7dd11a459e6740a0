import { Unit } from '../../kernel/ports/unit.js';
import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Introduction } from './capabilities.js';
import { Cursors } from './cursor.js';
import { LISTS, Listed, ListMethod, renamed } from './list-methods.js';
import { nameAll, Named, NamePolicy, NameMapping } from './name-mapping.js';
import { asObject } from './client-profile.js';
import { SharedUpstream } from './shared-upstream.js';

/** Of the gateway's own remarks in a list's `_meta` (MCP 2025-11-25, basic, `_meta`). */
const META = { missing: 'viable/missing', hidden: 'viable/hidden' };

/** Hidden entries that are named in a list. */
const MAX_HIDDEN = 50;
/** Characters of a URI that is looked up. */
const MAX_URI = 8_192;

export interface AggregateCatalogSettings {
  names: NamePolicy;
  /** Milliseconds that a list waits for slow units. */
  listTimeout: number;
  /** Entries of one page. */
  pageSize: number;
}

export interface Missing {
  unit: string;
  error: string;
  message: string;
}

/** Whose something is. */
export interface Owner {
  unit: Unit;
  /** What its unit calls it, and where that stands in the request. */
  name?: string;
  where?: 'name' | 'refName';
}

/** A promise where units must be asked first. */
type Sought = Owner | undefined | Promise<Owner | undefined>;

interface Composite extends NameMapping<Listed> {
  /** Versions of the catalogues it was made of. */
  readonly version: string;
  readonly byName: ReadonlyMap<string, Named<Listed>>;
  readonly missing: readonly Missing[];
  /** The first page, once somebody has asked for it. */
  first?: string;
}

/** What all units offer together, to sessions of one profile. */
export class AggregateCatalog {
  private readonly composites = new Map<ListMethod, Composite>();

  constructor(
    readonly sharedUpstreams: readonly SharedUpstream[],
    private readonly settings: AggregateCatalogSettings,
    private readonly cursors: Cursors,
  ) {}

  get single(): boolean {
    return this.sharedUpstreams.length === 1;
  }

  /** What to wait for until every unit's list is there, at most for the time a list may take. */
  prepare(method: ListMethod): Promise<void> | undefined {
    const { listTimeout } = this.settings;
    const pending = this.sharedUpstreams.flatMap(
      sharedUpstream => sharedUpstream.catalog.prepare(method, listTimeout) ?? [],
    );
    return pending.length > 0 ? within(listTimeout, Promise.all(pending)) : undefined;
  }

  /** What to wait for until every unit has introduced itself, at most for the time a list may take. */
  meet(): Promise<void> | undefined {
    const { listTimeout } = this.settings;
    const met = this.sharedUpstreams.flatMap(sharedUpstream => sharedUpstream.meet(listTimeout) ?? []);
    return met.length > 0 ? within(listTimeout, Promise.all(met)) : undefined;
  }

  /**
   * The answer to a list request.
   * @throws GatewayError `invalid_cursor`
   */
  page(request: JsonRpcMessage, method: ListMethod): JsonRpcMessage {
    const composite = this.composite(method);
    const { cursor } = request.params;
    if (cursor === undefined)
      return JsonRpcMessage.answer(request.id, (composite.first ??= this.pageOf(composite, method, 0)));
    return JsonRpcMessage.answer(
      request.id,
      this.pageOf(composite, method, this.startOf(cursor, method, composite.named)),
    );
  }

  /** A list result as JSON text. */
  private pageOf({ named, hidden, missing }: Composite, method: ListMethod, start: number): string {
    const page = named.slice(start, start + this.settings.pageSize);
    const last = page.at(-1);
    const members = [`"${LISTS[method]}":[${page.map(one => this.textOf(one, method)).join(',')}]`];
    if (last && start + page.length < named.length) {
      const cursor = this.cursors.seal({ method, unit: last.unit, key: last.entry.key });
      members.push(`"nextCursor":"${cursor}"`);
    }
    const all = { [META.missing]: missing, [META.hidden]: hidden.slice(0, MAX_HIDDEN) };
    const remarks = Object.entries(all).filter(([, some]) => start === 0 && some.length > 0);
    if (remarks.length > 0) members.push(`"_meta":${JSON.stringify(Object.fromEntries(remarks))}`);
    return `{${members.join(',')}}`;
  }

  /** Whose a tool or prompt is, and what its unit calls it. */
  named(method: 'tools/list' | 'prompts/list', name: unknown, where: Owner['where']): Sought {
    return this.seek(method, name, found => ({ ...this.owned(found), name: found.entry.key, where }));
  }

  /** The unit that lists a resource, or has a template that it fits. */
  resource(uri: unknown): Sought {
    if (typeof uri !== 'string' || uri.length > MAX_URI) return undefined;
    const offering = this.sharedUpstreams.filter(({ introduction }) => mayOffer(introduction, 'resources'));
    if (offering.length === 1) return { unit: offering[0]!.of };
    const listed = this.seek('resources/list', uri, found => this.owned(found));
    return listed instanceof Promise
      ? listed.then(found => found ?? this.template(uri))
      : (listed ?? this.template(uri));
  }

  sharedUpstream(unit: string): SharedUpstream | undefined {
    return this.sharedUpstreams.find(sharedUpstream => sharedUpstream.unit === unit);
  }

  private template(uri: unknown): Sought {
    const pending = this.prepare('resources/templates/list');
    if (pending) return pending.then(() => this.fitting(String(uri)));
    return this.fitting(String(uri));
  }

  private fitting(uri: string): Owner | undefined {
    const found = this.composite('resources/templates/list', false).named.find(({ entry }) => fits(entry.key, uri));
    return found && this.owned(found);
  }

  private seek(method: ListMethod, name: unknown, then: (found: Named<Listed>) => Owner): Sought {
    if (typeof name !== 'string') return undefined;
    const look = (): Owner | undefined => {
      const found = this.composite(method, false).byName.get(name);
      return found && then(found);
    };
    return look() ?? this.prepare(method)?.then(look);
  }

  private owned({ unit }: Named<Listed>): Owner {
    return { unit: this.sharedUpstream(unit)!.of };
  }

  /** @param shown whether a client will see it, and wants to hear of changes */
  private composite(method: ListMethod, shown = true): Composite {
    const version = this.sharedUpstreams.map(({ catalog }) => catalog.version(method)).join();
    const known = this.composites.get(method);
    if (shown) for (const { catalog } of this.sharedUpstreams) catalog.show(method);
    if (known?.version === version) return known;
    const looks = this.sharedUpstreams.map(sharedUpstream => ({
      sharedUpstream,
      ...sharedUpstream.catalog.look(method),
    }));
    const offers = looks.map(({ sharedUpstream: { of }, entries }) => ({
      unit: of.name,
      aliases: of.aliases,
      entries,
    }));
    const naming = nameAll(offers, this.policyFor(method));
    const missing = looks.flatMap(({ sharedUpstream, missing: why }) =>
      why ? [missingEntry(sharedUpstream.unit, why)] : [],
    );
    const byName = new Map(naming.named.map(one => [one.name, one]));
    const composite: Composite = { version, missing, byName, ...naming };
    this.composites.set(method, composite);
    return composite;
  }

  /** Resources are known by their URI, which cannot be changed: the unit named first wins. */
  private policyFor(method: ListMethod): NamePolicy {
    const named = method === 'tools/list' || method === 'prompts/list';
    return named && !this.single ? this.settings.names : 'priority';
  }

  private textOf({ name, entry }: Named<Listed>, method: ListMethod): string {
    const named = method === 'tools/list' || method === 'prompts/list';
    return named && name !== entry.key ? renamed(entry, name) : entry.text;
  }

  private startOf(cursor: unknown, method: ListMethod, named: readonly Named<Listed>[]): number {
    const { unit, key } = this.cursors.open(cursor, method);
    const at = named.findIndex(one => one.unit === unit && one.entry.key === key);
    if (at >= 0) return at + 1;
    // The entry is gone: rather some of its unit's again than any missed.
    const order = this.sharedUpstreams.map(sharedUpstream => sharedUpstream.unit);
    const from = named.findIndex(one => order.indexOf(one.unit) >= order.indexOf(unit));
    return from < 0 ? named.length : from;
  }
}

function missingEntry(unit: string, { code, message }: GatewayError): Missing {
  return { unit, error: code, message };
}

/** A unit that has not introduced itself yet may offer anything. */
function mayOffer(introduction: Introduction, capability: string): boolean {
  return introduction === undefined || asObject(introduction.capabilities)[capability] !== undefined;
}

/** Whether a URI can be an expansion of a template (RFC 6570): its literal parts stand there in order. */
export function fits(template: string, uri: string): boolean {
  const literals = template.split(/\{[^{}]*\}/);
  const [first, ...rest] = literals as [string, ...string[]];
  if (!uri.startsWith(first)) return false;
  if (rest.length === 0) return uri === first;
  let at = first.length;
  const last = rest.pop()!;
  for (const literal of rest) {
    const found = uri.indexOf(literal, at);
    if (found < 0) return false;
    at = found + literal.length;
  }
  return uri.length - last.length >= at && uri.endsWith(last);
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>(resolve => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
