import { Body, Controller, Get, Put } from '@nestjs/common';
import { z } from 'zod';
import { Governance, PolicyState } from '../../kernel/ports/governance.js';
import { Administered } from './administered.js';
import { Changes } from './changes.js';
import { Described } from './described.js';
import { By, Operator } from './operator.js';

@Administered()
@Controller('mcp/admin/policy')
export class PolicyController {
  constructor(
    private readonly governance: Governance,
    private readonly changes: Changes,
  ) {}

  @Get()
  @Described({ summary: 'The policy that holds, and where it is from.' })
  policy(): PolicyState {
    return this.governance.policy();
  }

  @Put()
  @Described({
    summary: 'Another policy, as docs/VIABILITY.md has it, in the place of the one that holds.',
    body: z.looseObject({}),
  })
  replace(@Body() body: unknown, @By() who: Operator): object {
    const { version, policy } = this.governance.policy();
    const state = this.governance.replacePolicy(body);
    const why = 'by an operator, until the policy file changes';
    const after = { version: state.version, policy: state.policy };
    this.changes.note(who, { action: 'replace policy', why, before: { version, policy }, after });
    return {
      ...state,
      kept: 'in memory, until the policy file changes or the gateway ends',
    };
  }
}
