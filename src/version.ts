import manifest from '../package.json' with { type: 'json' };

/** `major.minor.release` of the driver. */
export const VERSION: string = manifest.version;
export const DRIVER_NAME = 'websocksrv';
export const COPYRIGHT = 'Copyright (C) 2026 the vscpl2drv-websocksrv developers, MIT licence';
