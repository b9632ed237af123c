import './host/stdio.ts';
import { DEFAULT_KEY_HEX } from './config/schema.ts';
import { openDriver } from './driver.ts';
import { connectHost } from './host/shim-link.ts';

const host = connectHost();
openDriver(host, DEFAULT_KEY_HEX).catch((error: unknown) => {
  host.link.failed(error instanceof Error ? error.message : String(error));
});
