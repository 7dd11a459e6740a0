import { DynamicModule, Module, ModuleMetadata, Type } from '@nestjs/common';
import { Config } from '../../config/config.module.js';
import { ClientActivities } from '../../telemetry/client-activity.js';
import { EventBus } from '../../telemetry/event-bus.js';
import { Signals } from '../../telemetry/signals.js';
import { Counters } from '../../telemetry/counters.js';
import { ServerInfo } from '../../kernel/ports/server-info.js';
import { Budget } from '../../kernel/budget.js';
import { ClientDirectory } from '../../kernel/ports/client-directory.js';
import { Clock } from '../../kernel/clock.js';
import { Governance } from '../../kernel/ports/governance.js';
import { LeverWriter, Levers } from '../../kernel/ports/levers.js';
import { Log } from '../../kernel/log.js';
import { Node } from '../../kernel/ports/node.js';
import { AuditLog } from '../../kernel/ports/audit-log.js';
import { DeliveryView, Vitals } from '../../kernel/ports/vitals.js';
import { FactLog } from '../fact-log.js';
import { ClientJournalWriter } from '../client-journal-writer.js';
import { LatestFacts } from '../latest-facts.js';
import { AdminAccess } from './admin.guard.js';
import { Changes } from './changes.js';
import { CircuitsController } from './circuits.controller.js';
import { Clients } from './clients.js';
import { ClientsController } from './clients.controller.js';
import { ConnectionsController } from './connections.controller.js';
import { LeversController } from './levers.controller.js';
import { LogLevel } from './log-level.js';
import { ModeController } from './mode.controller.js';
import { LogLevelController } from './log-level.controller.js';
import { NodeController } from './node.controller.js';
import { openApi } from './openapi.js';
import { ApiDocument, OpenApiController } from './openapi.controller.js';
import { OverviewController } from './overview.controller.js';
import { PolicyController } from './policy.controller.js';
import { ProfileController } from './profile.controller.js';
import { Profiler } from './profiler.js';
import { Rates } from './rates.js';
import { Records } from './records.js';
import { NotFoundController, Served } from './not-found.controller.js';
import { AdminRoute, methodsOf, routesOf } from './routes.js';
import { Stats } from './stats.js';
import { StatusReport } from './status-report.js';
import { UnitsController } from './units.controller.js';
import { ClientTracing } from './client-tracing.js';

/** What operators may ask for. */
export const CONTROLLERS: readonly Type[] = [
  OverviewController,
  ConnectionsController,
  ClientsController,
  UnitsController,
  CircuitsController,
  LeversController,
  ModeController,
  PolicyController,
  NodeController,
  LogLevelController,
  ProfileController,
  OpenApiController,
];

/** Nobody may be there who feels. */
const FELT = { token: Signals, optional: true };
const NONE: Signals = { open: () => [], recent: () => [] };

/** The administration, for who has the token. */
@Module({})
export class AdminModule {
  /** @param imports modules that provide what is administered */
  static forRoot(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    const routes = routesOf(CONTROLLERS);
    return {
      module: AdminModule,
      imports,
      // What is asked for that is nothing of the above comes last.
      controllers: [...CONTROLLERS, NotFoundController],
      providers: [...parts, ...views, ...documents(routes)],
    };
  }
}

const parts: NonNullable<ModuleMetadata['providers']> = [
  {
    provide: AdminAccess,
    useFactory: ({ value }: Config): AdminAccess => ({ token: value.management.admin_token }),
    inject: [Config],
  },
  { provide: FactLog, useFactory: (bus: EventBus, log: Log) => new FactLog(bus, log), inject: [EventBus, Log] },
  {
    provide: LatestFacts,
    useFactory: (bus: EventBus, clock: Clock) => new LatestFacts(bus, clock),
    inject: [EventBus, Clock],
  },
  {
    provide: ClientJournalWriter,
    useFactory: (bus: EventBus, activity: ClientActivities) => new ClientJournalWriter(bus, activity),
    inject: [EventBus, ClientActivities],
  },
  {
    provide: Changes,
    useFactory: (bus: EventBus, clock: Clock) => new Changes(bus, clock),
    inject: [EventBus, Clock],
  },
  {
    provide: Records,
    useFactory: (auditLog: AuditLog, governance: Governance, { value }: Config, signals: Signals = NONE) =>
      new Records(auditLog, signals, governance, value.regulation.enabled),
    inject: [AuditLog, Governance, Config, FELT],
  },
  {
    provide: LogLevel,
    useFactory: (log: Log, clock: Clock, facts: FactLog, { value }: Config) =>
      new LogLevel(
        log,
        () => clock.now(),
        value.log_level,
        level => facts.follow(level),
      ),
    inject: [Log, Clock, FactLog, Config],
  },
  {
    provide: ClientTracing,
    useFactory: (log: Log, clock: Clock) => new ClientTracing(log, () => clock.now()),
    inject: [Log, Clock],
  },
  {
    provide: Rates,
    useFactory: (counters: Counters, clock: Clock) => new Rates(counters, () => clock.elapsed()),
    inject: [Counters, Clock],
  },
  Profiler,
];

const views: NonNullable<ModuleMetadata['providers']> = [
  {
    provide: Stats,
    useFactory: (...given: Measured) => {
      const [about, counters, vitals, delivery, budget, levers, latest, rates, signals = NONE] = given;
      return new Stats({ about, counters, vitals, delivery, budget, levers, latest, rates, signals });
    },
    inject: [ServerInfo, Counters, Vitals, DeliveryView, Budget, Levers, LatestFacts, Rates, FELT],
  },
  {
    provide: StatusReport,
    useFactory: (...given: Reported) => {
      const [about, node, vitals, levers, leverWriter, directory, latest, records] = given;
      return new StatusReport({ about, node, vitals, levers, leverWriter, directory, latest, records });
    },
    inject: [ServerInfo, Node, Vitals, Levers, LeverWriter, ClientDirectory, LatestFacts, Records],
  },
  {
    provide: Clients,
    useFactory: (...given: Known) => new Clients(...given),
    inject: [ClientDirectory, LeverWriter, DeliveryView, ClientActivities, LatestFacts, Clock],
  },
];

function documents(routes: readonly AdminRoute[]): NonNullable<ModuleMetadata['providers']> {
  return [
    { provide: Served, useValue: { methods: (path: string) => methodsOf(routes, path) } satisfies Served },
    {
      provide: ApiDocument,
      useFactory: ({ version }: ServerInfo): ApiDocument => ({ document: openApi(routes, version) }),
      inject: [ServerInfo],
    },
  ];
}

type Measured = [ServerInfo, Counters, Vitals, DeliveryView, Budget, Levers, LatestFacts, Rates, Signals | undefined];
type Reported = [ServerInfo, Node, Vitals, Levers, LeverWriter, ClientDirectory, LatestFacts, Records];
type Known = [ClientDirectory, LeverWriter, DeliveryView, ClientActivities, LatestFacts, Clock];
