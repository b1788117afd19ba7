/** Progress as people read it: a sentence for logs, a line of any width for terminals. */
import { formatBytes, formatBytesOf, formatCount, formatDuration, plural } from './format.js';
import type { ProgressFacts, Shown } from './progress-facts.js';

const PHASES: Record<Shown['phase'], { doing: string; noun?: string; start: (parts: string) => string }> = {
  inventory: { doing: 'Reading footers', start: (parts) => `reading the footers of ${parts}` },
  resume: {
    doing: 'Checking finished parts',
    start: (parts) => `checking ${parts} that an earlier run has made`,
  },
  parts: { doing: 'Making parts', start: (parts) => `making ${parts}` },
  verify: { doing: 'Checking parts', start: (parts) => `checking ${parts}` },
  guard: { doing: 'Looking once more', noun: 'file', start: (files) => `looking once more at ${files}` },
  deep: { doing: 'Reading values', start: (parts) => `reading the values of ${parts}` },
  upload: { doing: 'Uploading', noun: 'file', start: (files) => `comparing and uploading ${files}` },
};

/** That a phase begins: `making 96 parts, 12.3 GB`. */
export function describeStart({ phase, total, totalBytes }: ProgressFacts): string {
  const bytes = totalBytes === undefined ? '' : `, ${formatBytes(totalBytes)}`;
  const { noun = 'part', start } = PHASES[phase];
  return start(plural(total, noun)) + bytes;
}

/** `making parts: 34 %, 1.20 of 3.60 GB, 12 of 96 parts, 128 MB/s, about 19 s left, 3 requests sent again`. */
export function describeProgress(facts: ProgressFacts): string {
  const { amount, parts, rate, left, trouble } = wordsOf(facts);
  const known = [percent(facts), amount, parts, rate, left, trouble].filter((word) => word !== undefined);
  return `${PHASES[facts.phase].doing.toLowerCase()}: ${known.join(', ')}`;
}

/** What has held a run up; undefined where nothing has. */
export function describeTrouble({ slowDowns, retries }: ProgressFacts): string | undefined {
  const words = [
    ...(slowDowns > 0
      ? [`S3 asked to slow down ${slowDowns === 1 ? 'once' : `${formatCount(slowDowns)} times`}`]
      : []),
    ...(retries > 0 ? [`${plural(retries, 'request')} sent again`] : []),
  ];
  return words.length === 0 ? undefined : words.join(', ');
}

function shortTrouble({ slowDowns, retries }: ProgressFacts): string | undefined {
  const words = [
    ...(retries > 0 ? [`${formatCount(retries)} ${retries === 1 ? 'retry' : 'retries'}`] : []),
    ...(slowDowns > 0 ? [plural(slowDowns, 'slow-down')] : []),
  ];
  return words.length === 0 ? undefined : words.join(', ');
}

const AWAITED: Record<NonNullable<ProgressFacts['leftUntil']>, string> = {
  parts: 'parts are made',
  values: 'values are read',
  requests: 'S3 takes requests again',
};

const [FEWEST_CELLS, MOST_CELLS] = [8, 40];

/** A line of at most so many characters, each a column wide: the more room, the more it tells. */
export function drawProgress(facts: ProgressFacts, width: number): string {
  const { amount, parts, rate, elapsed, left, briefLeft, shortLeft, shortTrouble: trouble } = wordsOf(facts);
  const { doing } = PHASES[facts.phase];
  // From the most to the least that is worth saying.
  const choices = [
    [amount, parts, rate, elapsed, trouble, left],
    [amount, rate, elapsed, trouble, left],
    // Why no time is told is worth less than the rate.
    [amount, rate, elapsed, trouble, briefLeft],
    [amount, rate, trouble, briefLeft],
    [amount, trouble, briefLeft],
    [amount, briefLeft],
    [amount, shortLeft],
    [shortLeft],
    [],
  ].map((words) => [percent(facts), ...words].filter((word) => word !== undefined).join(', '));
  const head = doing.length + 1;
  const isRoom = (words: string, cells: number): boolean => head + cells + words.length <= width;
  const fitting = (some: readonly string[]): string | undefined =>
    some.find((words) => isRoom(words, FEWEST_CELLS + 1)) ?? some.find((words) => isRoom(words, 0));
  // Trouble is worth more than a bar.
  const troubled = choices.filter((words) => trouble !== undefined && words.includes(trouble));
  const words = fitting(troubled) ?? fitting(choices);
  if (words === undefined) return percent(facts).slice(0, Math.max(0, width));
  const cells = Math.min(MOST_CELLS, width - head - words.length - 1);
  return cells < FEWEST_CELLS ? `${doing} ${words}` : `${doing} ${bar(facts.share, cells)} ${words}`;
}

function wordsOf(facts: ProgressFacts) {
  const { done, total, bytes, totalBytes, bytesPerSecond, seconds, secondsLeft, leftUntil } = facts;
  const parts = `${formatCount(done)} of ${plural(total, PHASES[facts.phase].noun ?? 'part')}`;
  const untold = leftUntil && `estimate once ${AWAITED[leftUntil]}`;
  const told = secondsLeft === undefined ? undefined : `about ${formatDuration(secondsLeft)} left`;
  const isInBytes = bytes !== undefined && totalBytes !== undefined;
  return {
    amount: isInBytes ? formatBytesOf(bytes, totalBytes) : parts,
    parts: isInBytes ? parts : undefined,
    rate: bytesPerSecond === undefined ? undefined : `${formatBytes(Math.round(bytesPerSecond))}/s`,
    elapsed: formatDuration(seconds),
    left: told ?? untold,
    briefLeft: told ?? (untold && (leftUntil === 'requests' ? 'no estimate now' : 'no estimate yet')),
    shortLeft: secondsLeft === undefined ? undefined : `${formatDuration(secondsLeft)} left`,
    trouble: describeTrouble(facts),
    shortTrouble: shortTrouble(facts),
  };
}

/** Never 100 before the end. */
function percent({ share }: ProgressFacts): string {
  return `${Math.floor(share * 100)} %`;
}

function bar(share: number, cells: number): string {
  const full = Math.floor(share * cells);
  return '█'.repeat(full) + '░'.repeat(cells - full);
}
