/** What commands said, as the tables of docs/aws.md have it. */
import type { Ran } from '../aws/cli.js';

/** The last line of standard error, where a failure stands. */
export function outcomeOf({ code, stderr }: Ran): string {
  if (code === 0) return 'works';
  const [last = ''] = stderr.trim().split('\n').slice(-1);
  return last.replace(/^gs-repartition: /, '');
}

/** By situation: what the AWS command line said, and what ours. */
export function tableOf(said: ReadonlyMap<string, { aws: string; ours: string }>): string {
  const rows = [...said].map(([name, { aws, ours }]) => [name, cell(aws), cell(ours)]);
  const table = [['situation', '`aws`', '`gs-repartition`'], ['---', '---', '---'], ...rows];
  return table.map((cells) => `| ${cells.map((one) => one.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}

/** What a program said, as it said it. */
function cell(text: string): string {
  if (text.startsWith('works')) return text;
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}
