import { createParamDecorator, ExecutionContext } from '@nestjs/common';
import { Request } from 'express';

/** Characters of what somebody calls themselves. */
const LONGEST = 64;

/** Who has made a request with the admin token. There is one token: the name is what they say, the address is known. */
export interface Operator {
  address: string;
  /** From the header `Viable-Operator`. */
  name?: string;
}

/** Hands a handler who asks. */
export const By = createParamDecorator((_: unknown, context: ExecutionContext): Operator => {
  const { socket, headers } = context.switchToHttp().getRequest<Request>();
  const said = headers['viable-operator'];
  const name =
    typeof said === 'string'
      ? said
          .replace(/[^\x20-\x7e]/g, '')
          .trim()
          .slice(0, LONGEST)
      : '';
  return { address: socket.remoteAddress ?? '', ...(name !== '' && { name }) };
});
