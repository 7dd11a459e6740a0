import { ArgumentsHost, Catch, ExceptionFilter, HttpException } from '@nestjs/common';
import { ThrottlerException } from '@nestjs/throttler';
import { Response } from 'express';
import { GatewayError } from '../kernel/errors.js';

/** Gives what goes wrong on the management listener the shape that errors have everywhere. */
@Catch(HttpException)
export class ErrorFilter implements ExceptionFilter<HttpException> {
  catch(exception: HttpException, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const status = exception.getStatus();
    const answer = exception.getResponse();
    // Terminus answers 503 with a report of its own; that is the content, not an error.
    if (typeof answer === 'object' && 'details' in answer) return void response.status(status).json(answer);
    const error = exception instanceof ThrottlerException ? 'rate_limit_exceeded' : 'not_found';
    response.status(status).json(new GatewayError(status === 500 ? 'internal_error' : error).body);
  }
}
