import { Controller, Get } from '@nestjs/common';
import { Administered } from './administered.js';
import { Described } from './described.js';

/** The document that describes all this. */
export abstract class ApiDocument {
  abstract readonly document: object;
}

@Administered()
@Controller('mcp/admin/openapi')
export class OpenApiController {
  constructor(private readonly api: ApiDocument) {}

  @Get()
  @Described({ summary: 'This document.' })
  document(): object {
    return this.api.document;
  }
}
