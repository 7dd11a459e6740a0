import { ArgumentsHost, Catch, ExceptionFilter, HttpException } from '@nestjs/common';
import { ThrottlerException } from '@nestjs/throttler';
import { Response } from 'express';
import { ErrorCode, GatewayError } from '../kernel/errors.js';
import { replyGatewayError } from '../transport/http/reply.js';

/** What Nest itself refuses, by status. */
const CODES: Readonly<Record<number, ErrorCode>> = { 400: 'invalid_request', 500: 'internal_error' };

/** Gives what goes wrong on the management listener the shape that errors have everywhere. */
@Catch(HttpException, GatewayError)
export class ErrorFilter implements ExceptionFilter<HttpException | GatewayError> {
  catch(exception: HttpException | GatewayError, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (exception instanceof GatewayError) return replyGatewayError(response, exception);
    const status = exception.getStatus();
    const answer = exception.getResponse();
    // Terminus answers 503 with a report of its own; that is the content, not an error.
    if (typeof answer === 'object' && 'details' in answer) return void response.status(status).json(answer);
    const error = exception instanceof ThrottlerException ? 'rate_limit_exceeded' : (CODES[status] ?? 'not_found');
    response.status(status).json(new GatewayError(error).body);
  }
}
