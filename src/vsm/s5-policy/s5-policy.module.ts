import { Module } from '@nestjs/common';
import { Config } from '../../config/config.module.js';
import { CheckedPolicies } from '../../config/policy.js';
import { EventBus } from '../../telemetry/event-bus.js';
import { Counters } from '../../telemetry/counters.js';
import { Budget } from '../../kernel/budget.js';
import { Clock } from '../../kernel/clock.js';
import { Governance } from '../../kernel/ports/governance.js';
import { LeverWriter } from '../../kernel/ports/levers.js';
import { Log } from '../../kernel/log.js';
import { PolicyReader } from '../../kernel/ports/policy.js';
import { AuditLog } from '../../kernel/ports/audit-log.js';
import { ClaimsAuthorizer } from '../../identity/authorizer.js';
import { IdentityModule } from '../../identity/identity.module.js';
import { Arbiter } from './arbiter.js';
import { DecisionLog } from './decision-log.js';
import { Governor } from './governor.js';
import { Identity } from './identity.js';
import { MeasuredLoopDelay } from './loop-delay.js';
import { Modes } from './modes.js';
import { S4View } from './s4-view.js';
import { PolicyAuthorizer } from './policy-authorizer.js';
import { PolicyStore } from './policy-store.js';
import { PolicyFile } from './policy-file.js';
import { Refusals } from './refusals.js';
import { S5Policy } from './s5-policy.js';
import { MemoryAuditLog } from './audit-log.memory.js';

/** S5: says what the gateway is for, and decides where S3 and S4 do not agree. */
@Module({
  imports: [IdentityModule],
  providers: [
    { provide: AuditLog, useFactory: () => new MemoryAuditLog() },
    { provide: PolicyReader, useClass: CheckedPolicies },
    {
      // A file that is not in order stops the start: nobody knows what it was meant to refuse.
      provide: PolicyStore,
      useFactory: (reader: PolicyReader, { value }: Config, leverWriter: LeverWriter, bus: EventBus, clock: Clock) => {
        const path = value.regulation.policy;
        const policy = path === undefined ? reader.parse({}) : reader.read(path);
        return new PolicyStore(policy, path ?? 'built-in', leverWriter, bus, clock);
      },
      inject: [PolicyReader, Config, LeverWriter, EventBus, Clock],
    },
    {
      provide: Identity,
      useFactory: (book: PolicyStore, bus: EventBus) => new Identity(book, bus),
      inject: [PolicyStore, EventBus],
    },
    {
      provide: Modes,
      useFactory: (book: PolicyStore, leverWriter: LeverWriter, identity: Identity, bus: EventBus, clock: Clock) =>
        new Modes(book, leverWriter, identity, bus, clock),
      inject: [PolicyStore, LeverWriter, Identity, EventBus, Clock],
    },
    {
      provide: Governance,
      useFactory: (
        book: PolicyStore,
        reader: PolicyReader,
        modes: Modes,
        identity: Identity,
        leverWriter: LeverWriter,
      ) => new Governor({ book, reader, modes, identity }, leverWriter),
      inject: [PolicyStore, PolicyReader, Modes, Identity, LeverWriter],
    },
    {
      provide: PolicyAuthorizer,
      useFactory: (claims: ClaimsAuthorizer, book: PolicyStore, bus: EventBus, clock: Clock) =>
        new PolicyAuthorizer(claims, book, new Refusals(bus, clock)),
      inject: [ClaimsAuthorizer, PolicyStore, EventBus, Clock],
    },
    {
      provide: Arbiter,
      useFactory: (counters: Counters, leverWriter: LeverWriter, bus: EventBus, clock: Clock, modes: Modes) =>
        new Arbiter(new S4View(counters, clock), leverWriter, bus, clock, () => modes.strained),
      inject: [Counters, LeverWriter, EventBus, Clock, Modes],
    },
    {
      provide: S5Policy,
      useFactory: (
        { value: { regulation } }: Config,
        reader: PolicyReader,
        book: PolicyStore,
        modes: Modes,
        arbiter: Arbiter,
        auditLog: AuditLog,
        bus: EventBus,
        clock: Clock,
        budget: Budget,
        log: Log,
      ) => {
        const file = regulation.policy === undefined ? undefined : new PolicyFile(regulation.policy, reader, book);
        const chronicle = new DecisionLog(auditLog, bus, clock);
        const { interval } = regulation;
        const parts = { book, file, modes, arbiter, chronicle, loopDelay: () => new MeasuredLoopDelay(interval) };
        return new S5Policy(parts, bus, budget, log, interval);
      },
      inject: [Config, PolicyReader, PolicyStore, Modes, Arbiter, AuditLog, EventBus, Clock, Budget, Log],
    },
  ],
  exports: [S5Policy, PolicyAuthorizer, AuditLog, Governance],
})
export class S5PolicyModule {}
