import { SystemClock } from '../../src/kernel/clock.js';
import { JsonRpcMessage } from '../../src/kernel/json-rpc/message.js';
import { Unit } from '../../src/kernel/ports/unit.js';
import { Introduction } from '../../src/mcp/federation/capabilities.js';
import { Cursors } from '../../src/mcp/federation/cursor.js';
import { ListMethod } from '../../src/mcp/federation/list-methods.js';
import { UnitCatalog } from '../../src/mcp/federation/unit-catalog.js';
import { AggregateCatalog, AggregateCatalogSettings } from '../../src/mcp/federation/aggregate-catalog.js';
import { SharedUpstream } from '../../src/mcp/federation/shared-upstream.js';
import { FakeSource } from './fake-source.js';

/** As much of a line as a directory looks at. */
export class FakeLine {
  readonly of: Unit;
  readonly source: FakeSource;
  readonly catalog: UnitCatalog;
  introduction: Introduction;

  constructor(
    readonly unit: string,
    lists: Partial<Record<ListMethod, readonly string[]>> = {},
    aliases: Record<string, string> = {},
  ) {
    this.of = { name: unit, aliases } as unknown as Unit;
    this.source = new FakeSource(unit);
    Object.assign(this.source.lists, lists);
    this.catalog = new UnitCatalog(this.source, new SystemClock(), () => undefined);
  }

  meet(): Promise<void> | undefined {
    if (this.introduction) return undefined;
    const met = (introduction: Introduction): void => void (this.introduction = introduction);
    return this.source.introduce().then(met, () => undefined);
  }
}

export const SETTINGS: AggregateCatalogSettings = { names: 'prefix', listTimeout: 2_000, pageSize: 1_000 };

export const directoryOf = (
  lines: readonly FakeLine[],
  settings: Partial<AggregateCatalogSettings> = {},
): AggregateCatalog =>
  new AggregateCatalog(lines as unknown as SharedUpstream[], { ...SETTINGS, ...settings }, new Cursors());

export const tools = (...names: string[]): string[] => names.map(name => JSON.stringify({ name }));
export const resources = (...uris: string[]): string[] => uris.map(uri => JSON.stringify({ uri }));
export const templates = (...all: string[]): string[] => all.map(uriTemplate => JSON.stringify({ uriTemplate }));

export interface Page {
  tools: { name: string }[];
  nextCursor?: string;
  _meta?: Record<string, { unit: string }[]>;
}

export function page(directory: AggregateCatalog, cursor?: unknown, method: ListMethod = 'tools/list'): Page {
  const request = JsonRpcMessage.of({ id: 'r', method, params: cursor === undefined ? {} : { cursor } });
  return JsonRpcMessage.parse(directory.page(request, method).text).result as unknown as Page;
}

export const names = (list: Page): string[] => list.tools.map(({ name }) => name);
