import { Module } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { Clock } from '../kernel/clock.js';
import { Log } from '../kernel/log.js';
import { PushSessions } from './push-sessions.js';
import { MemorySessionStore } from './session-store.memory.js';
import { SessionStore } from './session-store.js';
import { Sessions } from './sessions.js';

@Module({
  providers: [
    { provide: SessionStore, useClass: MemorySessionStore },
    {
      provide: Sessions,
      useFactory: (store: SessionStore, clock: Clock, log: Log, { value }: Config) =>
        new Sessions(store, clock, log, value.sessions.idle_timeout),
      inject: [SessionStore, Clock, Log, Config],
    },
    {
      provide: PushSessions,
      useFactory: (store: SessionStore, clock: Clock, log: Log, { value: { sessions } }: Config) =>
        new PushSessions(store, clock, log, {
          idleTimeout: sessions.idle_timeout,
          resumeTtl: sessions.resume_ttl,
        }),
      inject: [SessionStore, Clock, Log, Config],
    },
  ],
  exports: [Sessions, PushSessions],
})
export class SessionModule {}
