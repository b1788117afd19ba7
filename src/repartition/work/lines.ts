/**
 * What a worker is told and answers, a line of JSON each. Whoever hands out the tasks may be a cluster's engine, a shell or
 * a program: a task that runs twice makes the same part, and a worker that is killed leaves nothing that counts.
 */
import { type ErrorMessage, RepartitionError } from '../../errors.js';
import { ENGINE_VERSION } from '../../parquet/engine-version.js';
import { productVersion } from '../../parquet/product.js';
import type { StorageLocation } from '../../storage/storage.js';
import type { Task, TaskResult } from '../model.js';
import type { FooterReads, FoundFooters } from './footers.js';

/** What all tasks of a worker share: the value of its `--setup`. */
export interface WorkerSetup {
  /** Of the package that made the plan: another one would make other bytes, or call them otherwise. */
  version: string;
  location: StorageLocation;
  /** Bytes that the worker's process may take. */
  memory?: number;
}

/** A task: a part to make, or footers to read. Its number comes back with the answer. */
export type Request = { id: number } & ({ make: Task } | { read: FooterReads });

/** What became of it. */
export type Answer = { id: number } & (
  { made: TaskResult } | { found: FoundFooters } | { error: ErrorMessage }
);

/** Said every few seconds: so many tasks are under way. Who hears nothing for long takes the worker for dead. */
export interface Heartbeat {
  heartbeat: number;
}

/** This package, and the bytes it makes. */
export function workerVersion(): string {
  return `${productVersion()}/${ENGINE_VERSION}`;
}

/**
 * @param text as somebody gave it to a worker
 * @throws RepartitionError `usage`
 */
export function readSetup(text: string): WorkerSetup {
  const setup = parsed(text) as Partial<WorkerSetup> | undefined;
  const { version, location, memory } = setup ?? {};
  if (
    typeof version !== 'string' ||
    typeof location?.scheme !== 'string' ||
    (memory !== undefined && !(memory > 0))
  ) {
    throw new RepartitionError(
      'usage',
      '`setup` must be {"version": …, "location": {"scheme": …}}, as JSON',
      {
        hint: 'docs/scale.md says what goes into it.',
      },
    );
  }
  return { version, location, ...(memory !== undefined && { memory }) };
}

/**
 * @param version of the package that made the plan
 * @throws RepartitionError `usage` when it is not this one
 */
export async function requireVersion(version: string): Promise<void> {
  if (version === workerVersion()) return Promise.resolve();
  throw new RepartitionError(
    'usage',
    `this is gs-repartition ${workerVersion()}, but the plan was made by ${version}`,
    { hint: 'Install the same version of gs-repartition on all machines.' },
  );
}

/** @throws RepartitionError `usage` */
export function readRequest(line: string): Request {
  const request = parsed(line) as Partial<Request> | undefined;
  if (request && Number.isSafeInteger(request.id) && ('make' in request || 'read' in request)) {
    return request as Request;
  }
  throw new RepartitionError('usage', `not a task: ${line.slice(0, 80)}`, {
    hint: 'A task is a line such as {"id": 1, "make": {…}}: see docs/scale.md.',
  });
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
