declare module 'winston/lib/winston/create-logger.js' {
  import { createLogger } from 'winston';
  export = createLogger;
}
