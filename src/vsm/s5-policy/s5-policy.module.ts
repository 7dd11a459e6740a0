import { Module } from '@nestjs/common';
import { Config } from '../../config/config.module.js';
import { CheckedPolicies } from '../../config/policy.js';
import { Bus } from '../../telemetry/event-bus.js';
import { Tally } from '../../telemetry/counters.js';
import { Budget } from '../../kernel/budget.js';
import { Clock } from '../../kernel/clock.js';
import { Governance } from '../../kernel/ports/governance.js';
import { LeverDesk } from '../../kernel/ports/levers.js';
import { Log } from '../../kernel/log.js';
import { PolicyReader } from '../../kernel/ports/policy.js';
import { Trail } from '../../kernel/ports/audit-log.js';
import { ClaimsAuthorizer } from '../../identity/authorizer.js';
import { IdentityModule } from '../../identity/identity.module.js';
import { Arbiter } from './arbiter.js';
import { Chronicle } from './decision-log.js';
import { Governor } from './governor.js';
import { Identity } from './identity.js';
import { MeasuredLoopDelay } from './loop-delay.js';
import { Modes } from './modes.js';
import { Foresight } from './s4-view.js';
import { PolicyAuthorizer } from './policy-authorizer.js';
import { PolicyBook } from './policy-store.js';
import { PolicyFile } from './policy-file.js';
import { Refusals } from './refusals.js';
import { S5Policy } from './s5-policy.js';
import { MemoryTrail } from './trail.memory.js';

/** S5: says what the gateway is for, and decides where S3 and S4 do not agree. */
@Module({
  imports: [IdentityModule],
  providers: [
    { provide: Trail, useFactory: () => new MemoryTrail() },
    { provide: PolicyReader, useClass: CheckedPolicies },
    {
      // A file that is not in order stops the start: nobody knows what it was meant to refuse.
      provide: PolicyBook,
      useFactory: (reader: PolicyReader, { value }: Config, desk: LeverDesk, bus: Bus, clock: Clock) => {
        const path = value.regulation.policy;
        const policy = path === undefined ? reader.parse({}) : reader.read(path);
        return new PolicyBook(policy, path ?? 'built-in', desk, bus, clock);
      },
      inject: [PolicyReader, Config, LeverDesk, Bus, Clock],
    },
    {
      provide: Identity,
      useFactory: (book: PolicyBook, bus: Bus) => new Identity(book, bus),
      inject: [PolicyBook, Bus],
    },
    {
      provide: Modes,
      useFactory: (book: PolicyBook, desk: LeverDesk, identity: Identity, bus: Bus, clock: Clock) =>
        new Modes(book, desk, identity, bus, clock),
      inject: [PolicyBook, LeverDesk, Identity, Bus, Clock],
    },
    {
      provide: Governance,
      useFactory: (book: PolicyBook, reader: PolicyReader, modes: Modes, identity: Identity, desk: LeverDesk) =>
        new Governor({ book, reader, modes, identity }, desk),
      inject: [PolicyBook, PolicyReader, Modes, Identity, LeverDesk],
    },
    {
      provide: PolicyAuthorizer,
      useFactory: (claims: ClaimsAuthorizer, book: PolicyBook, bus: Bus, clock: Clock) =>
        new PolicyAuthorizer(claims, book, new Refusals(bus, clock)),
      inject: [ClaimsAuthorizer, PolicyBook, Bus, Clock],
    },
    {
      provide: Arbiter,
      useFactory: (tally: Tally, desk: LeverDesk, bus: Bus, clock: Clock, modes: Modes) =>
        new Arbiter(new Foresight(tally, clock), desk, bus, clock, () => modes.strained),
      inject: [Tally, LeverDesk, Bus, Clock, Modes],
    },
    {
      provide: S5Policy,
      useFactory: (
        { value: { regulation } }: Config,
        reader: PolicyReader,
        book: PolicyBook,
        modes: Modes,
        arbiter: Arbiter,
        trail: Trail,
        bus: Bus,
        clock: Clock,
        budget: Budget,
        log: Log,
      ) => {
        const file = regulation.policy === undefined ? undefined : new PolicyFile(regulation.policy, reader, book);
        const chronicle = new Chronicle(trail, bus, clock);
        const { interval } = regulation;
        const parts = { book, file, modes, arbiter, chronicle, loopDelay: () => new MeasuredLoopDelay(interval) };
        return new S5Policy(parts, bus, budget, log, interval);
      },
      inject: [Config, PolicyReader, PolicyBook, Modes, Arbiter, Trail, Bus, Clock, Budget, Log],
    },
  ],
  exports: [S5Policy, PolicyAuthorizer, Trail, Governance],
})
export class S5PolicyModule {}
