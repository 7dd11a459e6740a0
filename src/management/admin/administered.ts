import { applyDecorators, UseGuards, UseInterceptors } from '@nestjs/common';
import { SkipThrottle } from '@nestjs/throttler';
import { AdminGuard } from './admin.guard.js';
import { JsonBody } from './json-body.js';

/** For controllers that only operators may use. Who is none is refused before anything is done, and takes no operator's turn. */
export function Administered(): ClassDecorator {
  return applyDecorators(SkipThrottle(), UseGuards(AdminGuard), UseInterceptors(JsonBody));
}
