/** Messages as they are typed: errors name options and functions as a program writes them, in backquotes. */

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
 * `gs-repartition --input-prefix /data`, without backquotes after a colon. Other words in backquotes stay.
 * @param flags the options of the command that runs, without dashes
 */
export function asTyped(text: string, flags: readonly string[]): string {
  return text.replace(/(: )?`([^`]+)`/g, (quoted, colon: string | undefined, code: string) => {
    const [, name = '', option = '', value = ''] = CALL.exec(code) ?? [];
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command !== undefined) {
      const typed = `${command}${option && ` --${dashed(option)} ${value}`}`;
      return colon === undefined ? `\`${typed}\`` : colon + typed;
    }
    if (!/^[a-z][A-Za-z0-9.]*$/.test(code)) return quoted;
    const candidates = [dashed(code), OTHER_FLAGS[dashed(code)]];
    const flag = candidates.find((one) => one !== undefined && flags.includes(one));
    return flag === undefined ? quoted : `${colon ?? ''}--${flag}`;
  });
}

const CALL = /^([A-Za-z]+)(?:\(\{ ([A-Za-z0-9]+): '([^']*)' \}\))?$/;

/** `sagemaker.imageUri` as `sagemaker-image-uri`. */
function dashed(name: string): string {
  return name.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
