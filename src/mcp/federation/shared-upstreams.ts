import { Clock } from '../../kernel/clock.js';
import { GatewayError } from '../../kernel/errors.js';
import { Unit } from '../../kernel/ports/unit.js';
import { Cursors } from './cursor.js';
import { ClientProfile } from './client-profile.js';
import { UpstreamSessions } from '../upstream/upstream-sessions.js';
import { AggregateCatalog, AggregateCatalogSettings } from './aggregate-catalog.js';
import { SharedUpstream } from './shared-upstream.js';

/** Lines there may be; beyond it those that nobody uses go, and then sessions with rarer profiles share a plain one. */
const MAX_LINES = 64;

/** The lines of all units, by profile. */
export class SharedUpstreams {
  private readonly sharedUpstreams = new Map<string, SharedUpstream>();
  private readonly directories = new Map<string, AggregateCatalog>();
  private readonly cursors = new Cursors();

  constructor(
    private readonly upstreams: UpstreamSessions,
    private readonly clock: Clock,
    private readonly settings: AggregateCatalogSettings & {
      /** Milliseconds after which one that nobody uses is given up. */
      idleTimeout: number;
    },
  ) {}

  get size(): number {
    return this.sharedUpstreams.size;
  }

  /** What these units offer together to sessions of this profile. */
  directory(units: readonly Unit[], wanted: ClientProfile): AggregateCatalog {
    const missing = units.filter(unit => !this.sharedUpstreams.has(`${unit.name} ${wanted.key}`)).length;
    const profile = missing === 0 ? wanted : this.affordable(wanted, missing);
    const key = `${units.map(unit => unit.name).join()} ${profile.key}`;
    let directory = this.directories.get(key);
    if (!directory) {
      directory = new AggregateCatalog(
        units.map(unit => this.sharedUpstream(unit, profile)),
        this.settings,
        this.cursors,
      );
      this.directories.set(key, directory);
    }
    return directory;
  }

  /** An instance of the unit has failed or is back: its lists are asked again. */
  refresh(unit: string): void {
    for (const sharedUpstream of this.sharedUpstreams.values())
      if (sharedUpstream.unit === unit && sharedUpstream.wanted) sharedUpstream.catalog.changed();
  }

  /** Gives up those that nobody has used for long. */
  reap(idleMs = this.settings.idleTimeout): number {
    const before = this.clock.now() - idleMs;
    const unused = [...this.sharedUpstreams].filter(
      ([, sharedUpstream]) => !sharedUpstream.wanted && sharedUpstream.lastActiveAt < before,
    );
    for (const [key, sharedUpstream] of unused) this.close(key, sharedUpstream);
    return unused.length;
  }

  /** @param error what calls are answered with that are under way */
  closeAll(error: GatewayError): void {
    for (const [key, sharedUpstream] of this.sharedUpstreams) this.close(key, sharedUpstream, error);
  }

  private sharedUpstream(unit: Unit, profile: ClientProfile): SharedUpstream {
    const key = `${unit.name} ${profile.key}`;
    let sharedUpstream = this.sharedUpstreams.get(key);
    if (!sharedUpstream)
      this.sharedUpstreams.set(key, (sharedUpstream = new SharedUpstream(unit, profile, this.upstreams, this.clock)));
    return sharedUpstream;
  }

  private affordable(profile: ClientProfile, more: number): ClientProfile {
    if (this.sharedUpstreams.size + more <= MAX_LINES) return profile;
    for (const [key, sharedUpstream] of this.sharedUpstreams)
      if (!sharedUpstream.wanted) this.close(key, sharedUpstream);
    if (this.sharedUpstreams.size + more <= MAX_LINES) return profile;
    return { ...profile, key: `${profile.protocolVersion} {}`, capabilities: {} };
  }

  private close(key: string, sharedUpstream: SharedUpstream, error = new GatewayError('session_ended')): void {
    sharedUpstream.catalog.close();
    this.upstreams.end(sharedUpstream.upstream, error);
    this.sharedUpstreams.delete(key);
    for (const [name, { sharedUpstreams }] of this.directories)
      if (sharedUpstreams.includes(sharedUpstream)) this.directories.delete(name);
  }
}
