import { Module } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { EchoUnitConfig, GatewayConfig, HttpUnitConfig, StdioUnitConfig, UnitConfig } from '../config/schema.js';
import { Log } from '../kernel/log.js';
import { Unit } from '../kernel/unit.js';
import { EchoInstance } from './echo/echo-instance.js';
import { HttpInstance } from './mcp-http/http-instance.js';
import { StdioInstance } from './mcp-stdio/stdio-instance.js';
import { Units } from './units.js';

/** Echo leases are objects in this process; a thousand of them weigh nothing. */
const ECHO_SIZE = 10_000;

/** Makes units of their configuration. */
class UnitFactory {
  constructor(
    private readonly config: GatewayConfig,
    private readonly log: Log,
  ) {}

  make(unit: UnitConfig): Unit {
    if (unit.kind === 'echo') return this.echo(unit);
    return unit.transport === 'stdio' ? this.stdio(unit) : this.http(unit);
  }

  private echo({ name }: EchoUnitConfig): Unit {
    return { name, instances: [new EchoInstance(name)], size: ECHO_SIZE, overflow: 0 };
  }

  private stdio({ name, command, args, env, cwd, size, overflow }: StdioUnitConfig): Unit {
    const { pool, limits } = this.config;
    const log = this.log.child({ unit: name });
    const instance = new StdioInstance(name, { command, args, env, cwd }, limits.max_unit_message, log);
    return { name, instances: [instance], size: size ?? pool.stdio_size, overflow: overflow ?? pool.stdio_overflow };
  }

  private http({ name, urls, transport, headers, size, overflow }: HttpUnitConfig): Unit {
    const { pool, limits } = this.config;
    const log = this.log.child({ unit: name });
    const instances = [...new Set(urls)].map((url, i, { length }) => {
      const id = `${name}/${new URL(url).host}${length > 1 ? `#${i}` : ''}`;
      return new HttpInstance(name, id, { url, transport, headers, maxMessage: limits.max_unit_message }, log);
    });
    return { name, instances, size: size ?? pool.size, overflow: overflow ?? pool.overflow };
  }
}

@Module({
  providers: [
    {
      provide: Units,
      useFactory: ({ value }: Config, log: Log) => {
        const factory = new UnitFactory(value, log);
        return new Units(value.units.map(unit => factory.make(unit)));
      },
      inject: [Config, Log],
    },
  ],
  exports: [Units],
})
export class UnitModule {}
