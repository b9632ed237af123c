// The script that an environment runs first: it loads the bundle, with V8's code cache if there is a good
// one.
#ifndef WSD_START_SCRIPT_H_
#define WSD_START_SCRIPT_H_

namespace wsd {

// This is the body of a function (process, require); it returns an error's text or ''. It hides Node's own
// standard streams, which would make the host's descriptors non-blocking, before anything is loaded that
// looks at them, as Node 24's modules do; the bundle puts its own in their place (src/host/stdio.ts).
//
// The cache beside the bundle (made by scripts/build/code-cache.mjs, which runs this script, too) is a
// SHA-256 of the bundle and the data, then the data. V8 checks version and flags by itself, but it takes any
// bundle of the same length for the same one and trusts the data; hence the hash. A cache that does not match
// is not used, and only a debug line tells, because nobody is harmed.
constexpr const char* kStartScript = R"js(
  for (const name of ['stdin', 'stdout', 'stderr'])
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get() {} });
  try {
    const bundle = process.argv[1];
    const { readFileSync } = require('fs');
    const { dirname } = require('path');
    const { createRequire, wrap } = require('module');
    const { Script } = require('vm');
    // A stop in the middle of this would end the host; it waits (environment.cc), and is obeyed afterwards.
    const words = globalThis[Symbol.for('vscpl2drv-websocksrv.stopping')];
    words[1] = 1;
    try {
      createRequire(bundle)('koffi');
    } catch {
      // The bundle meets the same error, if it needs koffi.
    }
    words[1] = 0;
    if (words[0] !== 0) return 'the runtime is being stopped';
    const source = readFileSync(bundle);
    let state = 'absent';
    let cachedData;
    try {
      const cache = readFileSync(bundle.replace(/cjs$/, 'cache'));
      const data = cache.subarray(32);
      const hash = require('crypto').createHash('sha256').update(source).update(data).digest();
      state = cache.length > 32 && hash.equals(cache.subarray(0, 32)) ? 'used' : 'of another bundle, or damaged';
      if (state === 'used') cachedData = data;
    } catch {
    }
    const script = new Script(wrap(source.toString()), { filename: bundle, cachedData });
    if (script.cachedDataRejected) state = 'of another Node.js';
    globalThis[Symbol.for('vscpl2drv-websocksrv.code-cache')] = state;
    const module = { exports: {} };
    const run = script.runInThisContext();
    run.call(module.exports, module.exports, createRequire(bundle), module, bundle, dirname(bundle));
    return '';
  } catch (error) {
    return String((error && error.stack) || error);
  }
)js";

}  // namespace wsd

#endif  // WSD_START_SCRIPT_H_
