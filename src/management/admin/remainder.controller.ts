import { All, Controller, Req, Res } from '@nestjs/common';
import { Request, Response } from 'express';
import { GatewayError } from '../../kernel/errors.js';
import { Administered } from './administered.js';

/** What the administration serves, by path. */
const METHODS: Readonly<Record<string, string>> = {
  '/mcp/stats': 'GET, HEAD',
  '/mcp/admin/cleanup': 'POST',
  '/mcp/admin/levers': 'GET, HEAD, POST, DELETE',
  '/mcp/admin/circuits': 'GET, HEAD, POST, DELETE',
  '/mcp/admin/policy': 'GET, HEAD, PUT',
  '/mcp/admin/mode': 'GET, HEAD, POST, DELETE',
  '/mcp/admin/signals': 'GET, HEAD',
  '/mcp/admin/trail': 'GET, HEAD',
};

/** Whatever else is asked for at and below those paths. */
@Administered()
@Controller('mcp')
export class RemainderController {
  /** @throws GatewayError `method_not_allowed`, `not_found` */
  @All(['stats', 'admin', 'admin/*rest', 'health/client/*rest'])
  refuse(@Req() request: Request, @Res({ passthrough: true }) response: Response): never {
    const path = request.path.replace(/\/$/, '');
    const methods = /^\/mcp\/health\/client\/[^/]+$/.test(path) ? 'GET, HEAD' : METHODS[path];
    if (methods === undefined) throw new GatewayError('not_found');
    response.setHeader('allow', methods);
    throw new GatewayError('method_not_allowed');
  }
}
