// In the place of a part of readable-stream; see bundle.mjs.
module.exports = require('node:stream').Writable;
