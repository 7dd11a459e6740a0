import { Module } from '@nestjs/common';
import { ClaimsAuthorizer } from '../identity/authorizer.js';
import { IdentityModule } from '../identity/identity.module.js';
import { Signals } from '../telemetry/signals.js';
import { Governance } from '../kernel/ports/governance.js';
import { Admission, Authorizer, SwitchPermit } from '../kernel/ports/access.js';
import { Regulators } from '../kernel/ports/regulator.js';
import { AuditLog } from '../kernel/ports/audit-log.js';
import { LocalAdmission } from '../resilience/local-admission.js';
import { LocalSwitchPermit } from '../resilience/local-switch-permit.js';
import { ResilienceModule } from '../resilience/resilience.module.js';
import { NoGovernance, NoAuditLog } from './ungoverned.js';

/** In the place of the systems that regulate: the data plane's own answers. */
@Module({
  imports: [ResilienceModule, IdentityModule],
  providers: [
    { provide: Admission, useExisting: LocalAdmission },
    { provide: SwitchPermit, useExisting: LocalSwitchPermit },
    { provide: Authorizer, useExisting: ClaimsAuthorizer },
    { provide: Governance, useClass: NoGovernance },
    { provide: AuditLog, useClass: NoAuditLog },
    { provide: Signals, useValue: { open: () => [], recent: () => [] } satisfies Signals },
    { provide: Regulators, useValue: { all: [] } satisfies Regulators },
  ],
  exports: [Admission, SwitchPermit, Authorizer, Regulators, Governance, AuditLog, Signals, IdentityModule],
})
export class UnregulatedModule {}
