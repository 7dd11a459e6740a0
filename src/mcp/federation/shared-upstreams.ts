import { Clock } from '../../kernel/clock.js';
import { GatewayError } from '../../kernel/errors.js';
import { Unit } from '../../kernel/ports/unit.js';
import { Cursors } from './cursor.js';
import { Profile } from './client-profile.js';
import { Relays } from '../upstream/upstream-sessions.js';
import { Directory, DirectorySettings } from './aggregate-catalog.js';
import { Line } from './shared-upstream.js';

/** Lines there may be; beyond it those that nobody uses go, and then sessions with rarer profiles share a plain one. */
const MAX_LINES = 64;

/** The lines of all units, by profile. */
export class Lines {
  private readonly lines = new Map<string, Line>();
  private readonly directories = new Map<string, Directory>();
  private readonly cursors = new Cursors();

  constructor(
    private readonly relays: Relays,
    private readonly clock: Clock,
    private readonly settings: DirectorySettings & {
      /** Milliseconds after which a line that nobody uses is given up. */
      idleTimeout: number;
    },
  ) {}

  get size(): number {
    return this.lines.size;
  }

  /** What these units offer together to sessions of this profile. */
  directory(units: readonly Unit[], wanted: Profile): Directory {
    const missing = units.filter(unit => !this.lines.has(`${unit.name} ${wanted.key}`)).length;
    const profile = missing === 0 ? wanted : this.affordable(wanted, missing);
    const key = `${units.map(unit => unit.name).join()} ${profile.key}`;
    let directory = this.directories.get(key);
    if (!directory) {
      directory = new Directory(
        units.map(unit => this.line(unit, profile)),
        this.settings,
        this.cursors,
      );
      this.directories.set(key, directory);
    }
    return directory;
  }

  /** An instance of the unit has failed or is back: its lists are asked again. */
  refresh(unit: string): void {
    for (const line of this.lines.values()) if (line.unit === unit && line.wanted) line.catalogue.changed();
  }

  /** Gives up lines that nobody has used for long. */
  reap(idleMs = this.settings.idleTimeout): number {
    const before = this.clock.now() - idleMs;
    const unused = [...this.lines].filter(([, line]) => !line.wanted && line.lastActiveAt < before);
    for (const [key, line] of unused) this.close(key, line);
    return unused.length;
  }

  closeAll(): void {
    for (const [key, line] of this.lines) this.close(key, line);
  }

  private line(unit: Unit, profile: Profile): Line {
    const key = `${unit.name} ${profile.key}`;
    let line = this.lines.get(key);
    if (!line) this.lines.set(key, (line = new Line(unit, profile, this.relays, this.clock)));
    return line;
  }

  private affordable(profile: Profile, more: number): Profile {
    if (this.lines.size + more <= MAX_LINES) return profile;
    for (const [key, line] of this.lines) if (!line.wanted) this.close(key, line);
    if (this.lines.size + more <= MAX_LINES) return profile;
    return { ...profile, key: `${profile.protocolVersion} {}`, capabilities: {} };
  }

  private close(key: string, line: Line): void {
    line.catalogue.close();
    this.relays.end(line.relay, new GatewayError('session_ended'));
    this.lines.delete(key);
    for (const [name, { lines }] of this.directories) if (lines.includes(line)) this.directories.delete(name);
  }
}
