import { Module } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { Authenticator } from '../kernel/ports/access.js';
import { ConfiguredAuthenticator } from './authenticator.js';
import { ClaimsAuthorizer } from './authorizer.js';
import { JwtVerifier } from './jwt-verifier.js';

@Module({
  providers: [
    {
      provide: Authenticator,
      useFactory: ({ value: { auth } }: Config) =>
        new ConfiguredAuthenticator({
          token: auth.token,
          jwt: auth.jwt && new JwtVerifier(auth.jwt),
          allowAnonymous: auth.allow_anonymous,
        }),
      inject: [Config],
    },
    ClaimsAuthorizer,
  ],
  exports: [Authenticator, ClaimsAuthorizer],
})
export class IdentityModule {}
