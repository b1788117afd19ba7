/** Messages as they are typed: errors name options and functions as a program writes them, in backquotes. */

import { quoted } from '../quoted.js';

/** The commands that functions of the package are. */
const COMMANDS: Readonly<Record<string, string>> = {
  repartition: 'gs-repartition',
  verifyPrefix: 'gs-repartition verify',
  listOutput: 'gs-repartition ls',
  listApplications: 'gs-repartition emr-serverless list',
  setupEmrServerless: 'gs-repartition emr-serverless setup',
  setupPolicies: 'gs-repartition emr-serverless setup --print-policies',
  uploadInputs: 'gs-repartition upload',
};

/** Options that some commands call otherwise, since they have them beside others. */
const OTHER_FLAGS: Readonly<Record<string, string>> = { 'instance-type': 'sagemaker-instance-type' };

/**
 * `numOutputFiles` as --num-output-files if the command has such a flag, and `repartition({ inputPrefix: '/data' })` as
 * `gs-repartition --input-prefix /data`, options of `s3` among them, without backquotes after a colon. Other words in backquotes stay.
 * @param flags the options of the command that runs, without dashes
 */
export function asTyped(text: string, flags: readonly string[]): string {
  return text.replace(/(: )?`([^`]+)`/g, (said: string, colon: string | undefined, code: string) => {
    const [, name = '', options = ''] = CALL.exec(code) ?? [];
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command !== undefined) {
      const typed = [command, ...options.matchAll(OPTION)].map(asWords).join(' ');
      return colon === undefined ? `\`${typed}\`` : colon + typed;
    }
    if (!/^[a-z][A-Za-z0-9.]*$/.test(code)) return said;
    const candidates = [dashed(code), OTHER_FLAGS[dashed(code)]];
    const flag = candidates.find((one) => one !== undefined && flags.includes(one));
    return flag === undefined ? said : `${colon ?? ''}--${flag}`;
  });
}

const CALL = /^([A-Za-z]+)(?:\(\{ (.*) \}\))?$/s;

/** One of a call's, with a plain value. */
const OPTION = /([A-Za-z0-9]+): (?:'((?:[^'\\]|\\.)*)'|(true|false)|(\d+))/gs;

/** The option as it is typed; a command's own words as they are. */
function asWords(option: string | RegExpExecArray): string {
  if (typeof option === 'string') return option;
  const [, name = '', text = '', yesOrNo, count] = option;
  const flag = `--${dashed(name)}`;
  if (yesOrNo === undefined) return `${flag} ${count ?? quoted(text.replace(/\\(.)/gs, '$1'))}`;
  // Of those that a command can be told, only this one has no value.
  if (name === 'requesterPays') return flag;
  return `${flag} ${yesOrNo === 'true' ? 'True' : 'False'}`;
}

/** `sagemaker.imageUri` as `sagemaker-image-uri`. */
export function dashed(name: string): string {
  return name.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
