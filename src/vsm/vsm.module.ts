import { DynamicModule, Module } from '@nestjs/common';
import { IdentityModule } from '../identity/identity.module.js';
import { Log } from '../kernel/log.js';
import { Admission, Authorizer, SwitchPermit } from '../kernel/ports/access.js';
import { Regulator, Regulators } from '../kernel/ports/regulator.js';
import { FailSafeAdmission, FailSafeAuthorizer, FailSafeSwitchPermit } from '../resilience/fail-safe.js';
import { LocalAdmission } from '../resilience/local-admission.js';
import { LocalSwitchPermit } from '../resilience/local-switch-permit.js';
import { ResilienceModule } from '../resilience/resilience.module.js';
import { AlgedonicChannel } from './algedonic/algedonic-channel.js';
import { AlgedonicModule } from './algedonic/algedonic.module.js';
import { S2Coordination } from './s2-coordination/s2-coordination.js';
import { S2CoordinationModule } from './s2-coordination/s2-coordination.module.js';
import { SwitchWindow } from './s2-coordination/switch-window.js';
import { ControlAdmission } from './s3-control/control-admission.js';
import { S3Control } from './s3-control/s3-control.js';
import { S3ControlModule } from './s3-control/s3-control.module.js';
import { S4Intelligence } from './s4-intelligence/s4-intelligence.js';
import { S4IntelligenceModule } from './s4-intelligence/s4-intelligence.module.js';
import { PolicyAuthorizer } from './s5-policy/policy-authorizer.js';
import { S5Policy } from './s5-policy/s5-policy.js';
import { S5PolicyModule } from './s5-policy/s5-policy.module.js';

/** The systems that regulate, and their answers to what the data plane asks. */
@Module({})
export class VsmModule {
  static forRoot(): DynamicModule {
    return {
      module: VsmModule,
      imports: [
        ResilienceModule,
        IdentityModule,
        S2CoordinationModule,
        S3ControlModule,
        S4IntelligenceModule,
        S5PolicyModule,
        AlgedonicModule,
      ],
      providers: [
        {
          provide: Admission,
          useFactory: (s3: ControlAdmission, local: LocalAdmission, log: Log) => new FailSafeAdmission(s3, local, log),
          inject: [ControlAdmission, LocalAdmission, Log],
        },
        {
          provide: SwitchPermit,
          useFactory: (s2: SwitchWindow, local: LocalSwitchPermit, log: Log) =>
            new FailSafeSwitchPermit(s2, local, log),
          inject: [SwitchWindow, LocalSwitchPermit, Log],
        },
        {
          provide: Authorizer,
          useFactory: (s5: PolicyAuthorizer, log: Log) => new FailSafeAuthorizer(s5, log),
          inject: [PolicyAuthorizer, Log],
        },
        {
          provide: Regulators,
          useFactory: (...all: Regulator[]): Regulators => ({ all }),
          inject: [S5Policy, S4Intelligence, S3Control, S2Coordination, AlgedonicChannel],
        },
      ],
      exports: [
        Admission,
        SwitchPermit,
        Authorizer,
        Regulators,
        S4IntelligenceModule,
        S5PolicyModule,
        AlgedonicModule,
        IdentityModule,
      ],
    };
  }
}
