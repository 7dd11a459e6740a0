import { EchoUnitConfig, GatewayConfig, HttpUnitConfig, StdioUnitConfig, UnitConfig } from '../config/schema.js';
import { Log } from '../kernel/log.js';
import { LiveUnit, Unit } from '../kernel/ports/unit.js';
import { EchoInstance } from './echo/echo-instance.js';
import { HttpInstance } from './mcp-http/http-instance.js';
import { StdioInstance } from './mcp-stdio/stdio-instance.js';

/** Echo leases are objects in this process; a thousand of them weigh nothing. */
const ECHO_SIZE = 10_000;

type Traits = Pick<Unit, 'stateless' | 'trusted' | 'lease' | 'balance' | 'aliases'>;

const ECHO_TRAITS: Traits = { stateless: true, trusted: true, lease: 'exclusive', balance: 'ring', aliases: {} };

/** Makes units of their configuration. */
export class UnitFactory {
  constructor(
    private readonly config: GatewayConfig,
    private readonly log: Log,
  ) {}

  make(unit: UnitConfig): LiveUnit {
    if (unit.kind === 'echo') return this.echo(unit);
    return unit.transport === 'stdio' ? this.stdio(unit) : this.http(unit);
  }

  private echo({ name }: EchoUnitConfig): LiveUnit {
    const instances = [new EchoInstance(name)];
    return { name, instances, size: ECHO_SIZE, overflow: 0, ...ECHO_TRAITS };
  }

  private stdio(unit: StdioUnitConfig): LiveUnit {
    const { pool, limits } = this.config;
    const { name, command, args, env, cwd, size, overflow } = unit;
    const instances = Array.from({ length: unit.instances }, (_, i) => {
      const id = numbered(`${name}/stdio`, i);
      return new StdioInstance(name, id, { command, args, env, cwd }, limits.max_unit_message, this.logOf(name, id));
    });
    const share = { size: size ?? pool.stdio_size, overflow: overflow ?? pool.stdio_overflow };
    return { name, instances, ...share, ...traitsOf(unit) };
  }

  private http(unit: HttpUnitConfig): LiveUnit {
    const { pool, limits } = this.config;
    const { name, transport, headers, size, overflow } = unit;
    const weights = new Map(unit.urls.map(({ url, weight }) => [url, weight]));
    const hosts = new Map<string, number>();
    const instances = [...weights].map(([url, weight]) => {
      const { host } = new URL(url);
      const before = hosts.get(host) ?? 0;
      hosts.set(host, before + 1);
      const id = numbered(`${name}/${host}`, before);
      const settings = { url, transport, headers, maxMessage: limits.max_unit_message, weight };
      return new HttpInstance(name, id, settings, this.logOf(name, id));
    });
    const share = { size: size ?? pool.size, overflow: overflow ?? pool.overflow };
    return { name, instances, ...share, ...traitsOf(unit) };
  }

  private logOf(unit: string, instance: string): Log {
    return this.log.child({ unit, instance });
  }
}

function traitsOf({ stateless, trusted, lease, balance, aliases }: StdioUnitConfig | HttpUnitConfig): Traits {
  return { stateless, trusted, lease, balance, aliases };
}

/** An instance keeps its id, and so its place on the ring, when others come and go. */
function numbered(id: string, before: number): string {
  return before === 0 ? id : `${id}#${before}`;
}
