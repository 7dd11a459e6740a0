import { Module } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { Log } from '../kernel/log.js';
import { UnitFactory } from './unit-factory.js';
import { Units } from '../kernel/ports/units.js';

@Module({
  providers: [
    {
      provide: Units,
      useFactory: ({ value }: Config, log: Log) => {
        const factory = new UnitFactory(value, log);
        return new Units(value.units.map(unit => factory.make(unit)));
      },
      inject: [Config, Log],
    },
  ],
  exports: [Units],
})
export class UnitModule {}
