import { All, Controller, Req, Res } from '@nestjs/common';
import { Request, Response } from 'express';
import { GatewayError } from '../../kernel/errors.js';
import { Administered } from './administered.js';

/** Says which methods a path has, as an `Allow` header lists them. */
export abstract class Served {
  abstract methods(path: string): string | undefined;
}

/** Whatever else is asked for at and below those paths. */
@Administered()
@Controller('mcp')
export class NotFoundController {
  constructor(private readonly served: Served) {}

  /** @throws GatewayError `method_not_allowed`, `not_found` */
  @All(['stats', 'admin', 'admin/*rest', 'health/client/*rest'])
  refuse(@Req() request: Request, @Res({ passthrough: true }) response: Response): never {
    const methods = this.served.methods(request.path.replace(/\/$/, ''));
    if (methods === undefined) throw new GatewayError('not_found');
    response.setHeader('allow', methods);
    throw new GatewayError('method_not_allowed');
  }
}
