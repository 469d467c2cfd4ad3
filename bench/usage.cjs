// Preloaded into measured processes (node -r): at the end their use of the processor and of memory goes to file descriptor 3.
'use strict';
const { writeSync } = require('node:fs');

process.once('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeSync(3, JSON.stringify({ cpuMillis: (userCPUTime + systemCPUTime) / 1000, peakMb: maxRSS / 1024 }));
});
