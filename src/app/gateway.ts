import { setTimeout as delay } from 'node:timers/promises';
import { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Express, NextFunction, Request, Response } from 'express';
import { AppModule, Composition } from '../app.module.js';
import { GatewayConfig } from '../config/schema.js';
import { EventBus } from '../telemetry/event-bus.js';
import { toGatewayError } from '../kernel/errors.js';
import { LeverWriter } from '../kernel/ports/levers.js';
import { Log } from '../kernel/log.js';
import { PublishPort } from '../kernel/ports/publish.js';
import { Audit } from '../kernel/ports/audit.js';
import { Regulator, Regulators, Sight } from '../kernel/ports/regulator.js';
import { DeliveryView, ListenerVitals, Vitals } from '../kernel/ports/vitals.js';
import { NestLogger } from './nest-logger.js';
import { Pools } from '../pool/pools.js';
import { OriginGuard } from '../transport/http/origin-guard.js';
import { ConfigReload, Reloaded } from './config-reload.js';
import { SocketAdapter } from '../transport/websocket/ws-adapter.js';
import { HubMaintenance } from '../hub/hub-maintenance.js';
import { LocalNode } from '../cluster/node.local.js';
import { EmbeddingApi } from '../hub/embedding-api.js';
import { McpServer } from '../mcp/mcp-server.js';
import { UnitRegistry } from '../mcp/upstream/unit-registry.js';
import { MaintenanceLoop } from './maintenance.js';

/** Milliseconds between looks at what a drain still waits for. */
const DRAIN_TICK = 20;

export interface GatewayUrls {
  /** Streamable HTTP. */
  mcp: string;
  /** HTTP+SSE. */
  sse: string;
  websocket: string;
  management: string;
}

/** A running gateway. */
export class Gateway {
  /** What those who watch may look at. */
  readonly sight: Sight;
  /** Told when it has stopped because an operator asked for it, and what went wrong in that. */
  onStopped: (err?: unknown) => void = () => undefined;
  private stopping: Promise<void> | undefined;

  private constructor(
    private readonly app: INestApplication,
    private config: GatewayConfig,
    readonly urls: GatewayUrls,
  ) {
    app.get(LocalNode).end = () => {
      this.stop().then(
        () => this.onStopped(),
        (err: unknown) => this.onStopped(err),
      );
    };
    app.get(MaintenanceLoop).start();
    app.get(HubMaintenance).start();
    this.sight = {
      vitals: app.get(Vitals),
      delivery: app.get(DeliveryView),
      doors: app.get(ListenerVitals),
      audit: app.get(Audit),
    };
    for (const regulator of app.get(Regulators).all) {
      try {
        regulator.start(this.sight);
      } catch (err) {
        this.defect(regulator, err, 'a regulator could not start; the gateway goes on without it');
      }
    }
  }

  /** Wires everything up and listens; resolves when all doors are open. */
  static async start(config: GatewayConfig, log: Log, version?: string, composition?: Composition): Promise<Gateway> {
    const app = await NestFactory.create(AppModule.forRoot(config, log, version, composition), {
      logger: new NestLogger(log),
      abortOnError: false,
      bodyParser: false,
      forceCloseConnections: true,
    });
    (app.getHttpAdapter().getInstance() as Express).disable('x-powered-by');
    app.use(guardHost(config.host));
    app.useWebSocketAdapter(app.get(SocketAdapter));
    try {
      await app.listen(config.management.port, config.host);
      await app.get(ListenerVitals).open();
    } catch (thrown) {
      await app.get(ListenerVitals).close();
      await app.close();
      throw thrown;
    }
    return new Gateway(app, config, await urlsOf(app, config.host));
  }

  /** Messages to clients, and what clients do, for code in the same process. */
  get router(): EmbeddingApi {
    return this.app.get(EmbeddingApi);
  }

  /** The same without comfort. */
  get outbound(): PublishPort {
    return this.app.get(PublishPort);
  }

  /** What regulators move, for code in the same process. */
  get levers(): LeverWriter {
    return this.app.get(LeverWriter);
  }

  /** Facts, for code in the same process. */
  get bus(): EventBus {
    return this.app.get(EventBus);
  }

  /** Takes what can change live from another configuration; the rest is named and waits for the next start. */
  reload(config: GatewayConfig): Reloaded {
    const reload = new ConfigReload(this.app.get(UnitRegistry), this.app.get(Log));
    const reloaded = reload.apply(this.config, config);
    this.config = { ...this.config, units: reloaded.units };
    return reloaded;
  }

  /**
   * Leaves in order: no new sessions or calls, running calls are finished, then streams, sockets and children end.
   * Resolves when nothing is left, at the latest a little after `drain_timeout`.
   */
  stop(): Promise<void> {
    this.stopping ??= this.drain();
    return this.stopping;
  }

  private async drain(): Promise<void> {
    const intake = this.app.get(McpServer);
    const bus = this.app.get(EventBus);
    const startedAt = Date.now();
    const hub = this.app.get(HubMaintenance);
    this.app.get(LocalNode).leave();
    bus.emit('drain_started', { callsInFlight: intake.load().callsInFlight });
    while (intake.load().callsInFlight > 0 && Date.now() - startedAt < this.config.drain_timeout)
      await delay(DRAIN_TICK);
    const { callsInFlight: callsLeft } = intake.load();
    intake.closeAll();
    await hub.stop();
    this.app.get(MaintenanceLoop).stop();
    await Promise.all([this.app.get(ListenerVitals).close(), this.app.get(Pools).close()]);
    for (const regulator of this.app.get(Regulators).all) await this.end(regulator);
    bus.emit('drain_finished', { callsLeft, tookMs: Date.now() - startedAt });
    await this.app.close();
  }

  private async end(regulator: Regulator): Promise<void> {
    try {
      await regulator.stop();
    } catch (err) {
      this.defect(regulator, err, 'a regulator could not stop');
    }
  }

  private defect(regulator: Regulator, err: unknown, message: string): void {
    this.app.get(Log).error({ err, regulator: regulator.constructor.name }, message);
  }
}

async function urlsOf(app: INestApplication, host: string): Promise<GatewayUrls> {
  const { ports } = app.get(ListenerVitals);
  const name = host.includes(':') ? `[${host}]` : host;
  const { port: management } = new URL(await app.getUrl());
  return {
    mcp: `http://${name}:${ports.sse}/mcp`,
    sse: `http://${name}:${ports.sse}/mcp/sse`,
    websocket: `ws://${name}:${ports.websocket}/mcp/ws`,
    management: `http://${name}:${management}`,
  };
}

/** The management listener is as open to DNS rebinding as any other; probes come by the pod's address. */
function guardHost(host: string) {
  const guard = new OriginGuard({ host, allowedHosts: [], allowedOrigins: [], anonymous: false });
  return (request: Request, response: Response, next: NextFunction): void => {
    try {
      guard.check(request);
      next();
    } catch (thrown) {
      const error = toGatewayError(thrown);
      response.status(error.httpStatus).json(error.body);
    }
  };
}
