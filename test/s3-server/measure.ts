/** Runs the command as a person would and measures it from outside. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Summary } from 'gs-repartition';
import { python, repositoryRoot } from '../support/paths.js';

const WITH_PEAK_MEMORY = `
import json, resource, subprocess, sys
run = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({"code": run.returncode, "summary": json.loads(run.stdout), "peak": peak * 1024}))
`;

export interface Measured {
  summary: Summary;
  /** Highest resident set of the process, in bytes (Linux). */
  peak: number;
}

/** `gs-repartition --json` with these arguments; rejects when it fails. */
export async function runCommand(...args: string[]): Promise<Measured> {
  const command = [process.execPath, join(repositoryRoot, 'dist', 'bin', 'main.js'), ...args, '--json'];
  const { stdout } = await promisify(execFile)(python, ['-c', WITH_PEAK_MEMORY, ...command], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const { code, ...measured } = JSON.parse(stdout) as Measured & { code: number };
  if (code !== 0) throw new Error(`gs-repartition ended with ${code}`);
  return measured;
}
