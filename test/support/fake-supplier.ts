import { Listed } from '../../src/mcp/federation/list-methods.js';
import { Supplier } from '../../src/mcp/federation/cached-list.js';

/** Gives the entries it has when it is asked, unless it fails, after as long as it takes. */
export class FakeSupplier implements Supplier {
  wanted = true;
  names = ['a'];
  fails = false;
  takes = 0;
  changes = 0;
  /** When it was asked. */
  readonly asked: number[] = [];

  async fetch(): Promise<Listed[]> {
    this.asked.push(performance.now());
    const { fails, names } = this;
    if (this.takes > 0) await new Promise(resolve => setTimeout(resolve, this.takes));
    if (fails) throw new Error('no');
    return names.map(key => ({ key, text: `{"name":"${key}"}` }));
  }

  onChange(): void {
    this.changes++;
  }
}
