/** Processes, and what they have taken of the processor so far, as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs';

/** Of a second; Linux has said so to programs since long, whatever it counts in. */
const TICK = 1 / 100;

export interface RunningProcess {
  pid: number;
  parent: number;
  /** Empty of one that has ended and that nobody has asked after. */
  command: string;
  /** Of its own, and of its children that have ended. */
  cpuSeconds: number;
}

/** Those below this process, or another. */
export function processesBelow(root = process.pid): RunningProcess[] {
  const all = runningProcesses();
  const found = new Set([root]);
  for (let size = 0; size < found.size;) {
    size = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return all.filter(({ pid }) => found.has(pid) && pid !== root);
}

/** All of this machine that can be looked at. */
export function runningProcesses(): RunningProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        // proc(5): state is field 3, and here the first; utime, stime, cutime, cstime are 14 to 17.
        const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return [{ pid: Number(name), parent: Number(fields[1]), command, cpuSeconds: ticks * TICK }];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}
