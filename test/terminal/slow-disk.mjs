// Preloaded (`node --import`): a disk on which each write takes a while, so that somebody can watch a small graph.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const milliseconds = Number(process.env.SLOW_DISK_MS);
const { writeSync } = fs;
const standStill = new Int32Array(new SharedArrayBuffer(4));

fs.writeSync = (fd, ...words) => {
  // Not what is written to the terminal.
  if (fd > 2) Atomics.wait(standStill, 0, 0, milliseconds);
  return writeSync(fd, ...words);
};
syncBuiltinESMExports();
