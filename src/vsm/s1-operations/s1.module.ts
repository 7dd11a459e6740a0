import { DynamicModule, Module, ModuleMetadata } from '@nestjs/common';
import { LocalNode } from '../../cluster/node.local.js';
import { Config } from '../../config/config.module.js';
import { HubMaintenance } from '../../hub/hub-maintenance.js';
import { Hub } from '../../hub/hub.js';
import { HubModule } from '../../hub/hub.module.js';
import { Clock } from '../../kernel/clock.js';
import { Audit } from '../../kernel/ports/audit.js';
import { ClientControl } from '../../kernel/ports/client-control.js';
import { ClientDirectory } from '../../kernel/ports/client-directory.js';
import { McpInbound } from '../../kernel/ports/mcp-inbound.js';
import { Node } from '../../kernel/ports/node.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { McpModule } from '../../mcp/mcp.module.js';
import { McpServer } from '../../mcp/mcp-server.js';
import { CallQueues } from '../../mcp/upstream/call-queues.js';
import { Way } from '../../mcp/upstream/connector.js';
import { HealthChecks } from '../../mcp/upstream/health-checks.js';
import { UnitStats } from '../../mcp/upstream/unit-stats.js';
import { UpstreamSessions } from '../../mcp/upstream/upstream-sessions.js';
import { Sessions } from '../../session/sessions.js';
import { Counters } from '../../telemetry/counters.js';
import { S1ClientControl } from './client-control.js';
import { S1ClientDirectory } from './client-directory.js';
import { OutboxAudit } from './outbox-audit.js';
import { GatewayAudit, UnitAudit } from './s1-audit.js';
import { OperationsVitals } from './s1-vitals.js';

/** S1: the data plane as a whole, and the face it shows to those who regulate and operate it. */
@Module({})
export class S1Module {
  /** @param answers module that provides `Admission`, `Authenticator`, `Authorizer` and `SwitchPermit` */
  static forRoot(answers: NonNullable<ModuleMetadata['imports']>[0]): DynamicModule {
    const mcp = McpModule.forRoot([answers]);
    const hub = HubModule.forRoot([mcp, answers]);
    return {
      module: S1Module,
      imports: [mcp, hub],
      providers: [
        {
          provide: Vitals,
          useFactory: (
            intake: McpServer,
            way: Way,
            upstreams: UpstreamSessions,
            state: UnitStats,
            queues: CallQueues,
            clock: Clock,
            counters: Counters,
          ) => new OperationsVitals(intake, way, upstreams, { state, queues }, clock, counters),
          inject: [McpServer, Way, UpstreamSessions, UnitStats, CallQueues, Clock, Counters],
        },
        {
          provide: Audit,
          useFactory: (ofUnits: UnitAudit, hub: Hub) => new GatewayAudit(ofUnits, new OutboxAudit(hub)),
          inject: [UnitAudit, Hub],
        },
        {
          provide: UnitAudit,
          useFactory: (
            way: Way,
            healthChecks: HealthChecks,
            upstreams: UpstreamSessions,
            clock: Clock,
            { value }: Config,
          ) => new UnitAudit(way, healthChecks, upstreams, clock, value.health.timeout),
          inject: [Way, HealthChecks, UpstreamSessions, Clock, Config],
        },
        {
          provide: ClientDirectory,
          useFactory: (hub: Hub, sessions: Sessions, upstreams: UpstreamSessions) =>
            new S1ClientDirectory(hub, sessions, upstreams),
          inject: [Hub, Sessions, UpstreamSessions],
        },
        {
          provide: ClientControl,
          useFactory: (hub: Hub, sessions: Sessions, intake: McpInbound) => new S1ClientControl(hub, sessions, intake),
          inject: [Hub, Sessions, McpInbound],
        },
        {
          provide: LocalNode,
          useFactory: (intake: McpServer, maintenanceLoop: HubMaintenance) => new LocalNode([intake, maintenanceLoop]),
          inject: [McpServer, HubMaintenance],
        },
        { provide: Node, useExisting: LocalNode },
      ],
      exports: [mcp, hub, Audit, ClientControl, ClientDirectory, LocalNode, Node, Vitals],
    };
  }
}
