/** What lies in examples/: the program runs, the CI job's commands run, the states lead somewhere and their commands run. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../support/paths.js';
import { Shell } from './shell.js';

const example = (...path: string[]): string => join(repositoryRoot, 'examples', ...path);

let shell: Shell;

beforeEach(() => {
  shell = new Shell();
  mkdirSync(join(shell.folder, 'node_modules'));
  symlinkSync(repositoryRoot, join(shell.folder, 'node_modules', 'gs-repartition'));
});
afterEach(() => shell.remove());

describe('examples/align.mjs', () => {
  // As a program has it that installed the package: from a folder of its own.
  beforeEach(() => {
    writeFileSync(join(shell.folder, 'align.mjs'), readFileSync(example('align.mjs')));
  });

  test('aligns a graph, says how far it is, and checks it', () => {
    const { code, out, err } = shell.run(`node align.mjs ${shell.graph}`);
    expect({ code, out }).toEqual({
      code: 0,
      out: `ready: ${join(shell.graph, 'updated_row_counts_metadata.json')}\n`,
    });
    expect(err).toMatch(/^inventory /);
    expect(err).toContain('parts 100 %\n');
  });

  test('stops on Ctrl-C, publishes nothing, and goes on when it is run again', () => {
    writeFileSync(
      join(shell.folder, 'ctrl-c.mjs'),
      `const { error } = console; console.error = (...text) => { error(...text); process.emit('SIGINT'); };`,
    );
    const stopped = shell.run(`node --import ./ctrl-c.mjs align.mjs ${shell.graph}`);
    expect(stopped).toMatchObject({ code: 130, out: '' });
    expect(stopped.err).toMatch(/Run the same command again/);
    expect(shell.run(`node align.mjs ${shell.graph}`).code).toBe(0);
  });

  test('says in a line what is wrong', () => {
    const { code, err } = shell.run(`node align.mjs ${join(shell.folder, 'nowhere')}`);
    expect(code).toBe(1);
    expect(err).toMatch(/^[^\n]*there is no folder [^\n]*nowhere[^\n]*\n$/);
  });
});

test('examples/ci: the commands of the job, on a graph here', () => {
  const job = readFileSync(example('ci', 'align-graph.yml'), 'utf8');
  const commands = [...job.matchAll(/^ +(?:- )?run: (.*)$/gm)].map(([, command = '']) => command);
  expect(commands).toHaveLength(4);
  shell.put('npm', 'echo "$@"');
  const { code, out, err } = shell.run(commands.join('\n'), {
    GS_REPARTITION_INPUT_PREFIX: shell.graph,
    GS_REPARTITION_NO_PROGRESS: '1',
    GITHUB_STEP_SUMMARY: join(shell.folder, 'step.md'),
  });
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^install -g gs-repartition@[\d.]+\nReady for DistPartitioning: /);
  expect(JSON.parse(readFileSync(join(shell.folder, 'summary.json'), 'utf8'))).toMatchObject({
    status: 'succeeded',
  });
  expect(readFileSync(join(shell.folder, 'step.md'), 'utf8')).toContain('Nothing was written.');
});

describe('examples/step-functions', () => {
  interface State {
    Type: string;
    Next?: string;
    Catch?: { Next: string }[];
    Parameters?: { Overrides: { ContainerOverrides: { 'Command.$': string }[] } };
  }
  const { StartAt, States } = JSON.parse(
    readFileSync(example('step-functions', 'align-graph.asl.json'), 'utf8'),
  ) as { StartAt: string; States: Record<string, State> };

  test('every state is reached, and every way ends', () => {
    const reached = new Set<string>();
    const walk = (name: string): void => {
      if (reached.has(name)) return;
      reached.add(name);
      const state = States[name];
      if (state === undefined) throw new Error(`there is no state ${name}`);
      const next = [state.Next, ...(state.Catch ?? []).map(({ Next }) => Next)].filter(
        (to) => to !== undefined,
      );
      expect(next.length > 0, name).toBe(state.Type === 'Task');
      next.forEach(walk);
    };
    walk(StartAt);
    expect([...reached].sort()).toEqual(Object.keys(States).sort());
  });

  test('their commands align the graph and find it ready', () => {
    const commands = Object.values(States).flatMap(({ Parameters }) =>
      (Parameters?.Overrides.ContainerOverrides ?? []).map((override) =>
        [...override['Command.$'].matchAll(/'([^']*)'|(\$\.prefix)/g)]
          .map(([, word]) => word ?? shell.graph)
          .join(' '),
      ),
    );
    expect(commands).toHaveLength(2);
    for (const command of commands) expect(shell.run(`gs-repartition ${command}`)).toMatchObject({ code: 0 });
  });
});
