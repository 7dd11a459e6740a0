import { Body, Controller, Get, Put } from '@nestjs/common';
import { Governance, PolicyState } from '../../kernel/governance.js';
import { Administered } from './administered.js';

@Administered()
@Controller('mcp/admin/policy')
export class PolicyController {
  constructor(private readonly governance: Governance) {}

  @Get()
  policy(): PolicyState {
    return this.governance.policy();
  }

  @Put()
  replace(@Body() body: unknown): object {
    return {
      ...this.governance.replacePolicy(body),
      kept: 'in memory, until the policy file changes or the gateway ends',
    };
  }
}
