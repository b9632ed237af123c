import './host/stdio.ts';
import { openDriver } from './driver.ts';
import { connectHost } from './host/shim-link.ts';

void openDriver(connectHost());
