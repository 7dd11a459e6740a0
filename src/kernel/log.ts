/**
 * Where facts are written. Fields before the sentence, as pino has it. Tokens and payloads never go in. Of
 * what clients choose `client_id` does, below `info` also methods and types (docs/LOGS.md).
 */
export abstract class Log {
  /** What is below it is not written: `trace`, `debug`, `info`, `warn`, `error`, `silent`. Children made before keep theirs. */
  abstract level: string;
  abstract debug(fields: object, message: string): void;
  abstract info(fields: object, message: string): void;
  abstract warn(fields: object, message: string): void;
  abstract error(fields: object, message: string): void;
  /** A log that adds `fields` to every line. */
  abstract child(fields: object): Log;
}
