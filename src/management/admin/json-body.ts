import { CallHandler, ExecutionContext, Injectable, NestInterceptor } from '@nestjs/common';
import { Request } from 'express';
import { from, mergeMap, Observable } from 'rxjs';
import { Budget } from '../../kernel/budget.js';
import { GatewayError } from '../../kernel/errors.js';
import { readJsonBody } from '../../transport/http/body.js';

/** Bytes of one request's body. */
const LIMIT = 64 * 1024;

/** Reads the body of what changes something, when it is known who sends it. Without a body it is `{}`. */
@Injectable()
export class JsonBody implements NestInterceptor {
  constructor(private readonly budget: Budget) {}

  /** @throws GatewayError `unsupported_media_type`, `message_too_large`, `parse_error`, `overloaded` */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    if (request.method === 'GET' || !hasBody(request)) {
      request.body = {};
      return next.handle();
    }
    return from(this.read(request)).pipe(mergeMap(() => next.handle()));
  }

  private async read(request: Request): Promise<void> {
    const text = await readJsonBody(request, LIMIT, this.budget);
    try {
      request.body = JSON.parse(text) as unknown;
    } catch {
      throw new GatewayError('parse_error');
    }
  }
}

/** RFC 9112 §6: a request has one where it says how long it is, or that it comes in chunks. */
function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
