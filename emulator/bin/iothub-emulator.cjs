#!/usr/bin/env node
'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');

// Committed, so that npm can link it before the first build.
const main = join(__dirname, '..', 'dist', 'main.js');
if (existsSync(main)) require(main);
else {
  process.stderr.write('iothub-emulator: this checkout is not built yet: run `npm run build` first\n');
  process.exitCode = 1;
}
