/** What Spark itself keeps out of what it shows: https://spark.apache.org/docs/3.5.6/configuration.html, spark.redaction.regex */
const SECRET = /secret|password|token|access[.]?key/i;

/**
 * Spark's configuration as it may be shown: settings whose keys speak of secrets are left out.
 * @param conf each `key=value`
 */
export function withoutSecrets(conf: readonly string[]): string[] {
  return conf.filter((one) => !SECRET.test(one.split('=', 1)[0]!));
}
