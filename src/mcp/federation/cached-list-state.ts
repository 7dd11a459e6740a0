import { GatewayError } from '../../kernel/errors.js';
import { assertTransition, Transitions } from '../../kernel/transitions.js';
import { Listed } from './list-methods.js';

/** What is known of a list while nobody asks for it. */
export type SettledList =
  | { is: 'empty'; failures: number }
  | { is: 'fresh'; entries: readonly Listed[] }
  | { is: 'stale'; entries: readonly Listed[] }
  | { is: 'failed'; error: GatewayError; failures: number };

/**
 * What a list of a unit is like here. `empty`: never had, or what was wrong with it is forgotten. `loading`: the unit is
 * asked, and what was known before holds until it has answered. `fresh`: as the unit has it. `stale`: the unit may have
 * another by now. `failed`: it could not be had.
 */
export type CachedListState =
  | SettledList
  | {
      is: 'loading';
      before: SettledList;
      /** Resolves when the unit has answered; never rejects. */
      done: Promise<void>;
      /** Whether the unit has another list than the one it is asked for. */
      outdated: boolean;
    };

export type CachedListEvent = 'load' | 'change' | 'loaded' | 'loaded_outdated' | 'failed' | 'forget';

export const CACHED_LIST_TRANSITIONS: Transitions<CachedListState['is'], CachedListEvent> = {
  empty: { load: 'loading', change: 'empty' },
  loading: { change: 'loading', loaded: 'fresh', loaded_outdated: 'stale', failed: 'failed' },
  fresh: { load: 'loading', change: 'stale' },
  stale: { load: 'loading', change: 'stale' },
  failed: { load: 'loading', change: 'failed', forget: 'empty' },
};

/** The state of a list, and the only ways from one to the next. */
export class CachedListLife {
  private current: CachedListState = { is: 'empty', failures: 0 };

  get state(): CachedListState {
    return this.current;
  }

  /** What holds now. */
  get settled(): SettledList {
    return this.current.is === 'loading' ? this.current.before : this.current;
  }

  load(done: Promise<void>): void {
    this.go('load', { is: 'loading', before: this.settled, done, outdated: false });
  }

  change(): void {
    const { current } = this;
    switch (current.is) {
      case 'loading':
        return this.go('change', { ...current, outdated: true });
      case 'fresh':
      case 'stale':
        return this.go('change', { is: 'stale', entries: current.entries });
      case 'empty':
      case 'failed':
        return this.go('change', current);
    }
  }

  loaded(entries: readonly Listed[]): void {
    const outdated = this.current.is === 'loading' && this.current.outdated;
    this.go(outdated ? 'loaded_outdated' : 'loaded', { is: outdated ? 'stale' : 'fresh', entries });
  }

  failed(error: GatewayError): void {
    this.go('failed', { is: 'failed', error, failures: failuresOf(this.settled) + 1 });
  }

  forget(): void {
    this.go('forget', { is: 'empty', failures: failuresOf(this.settled) });
  }

  private go(event: CachedListEvent, to: CachedListState): void {
    assertTransition(CACHED_LIST_TRANSITIONS, 'a list', this.current.is, event, to.is);
    this.current = to;
  }
}

/** In a row. */
function failuresOf(list: SettledList): number {
  return list.is === 'empty' || list.is === 'failed' ? list.failures : 0;
}
