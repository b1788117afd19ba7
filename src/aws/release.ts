/**
 * Which EMR release a GSProcessing image is built on. An application must have the release of its image's base.
 * Source: the `FROM` lines of `graphstorm-processing/docker/<version>/emr-serverless/Dockerfile.cpu`.
 */

/**
 * The EMR release by GSProcessing’s version.
 *
 * @example
 * ```ts
 * import { RELEASES } from 'gs-repartition/upstream';
 *
 * console.log(RELEASES['0.2.2']);
 * // emr-6.13.0
 * ```
 */
export const RELEASES: Readonly<Record<string, string>> = {
  '0.2.1': 'emr-6.11.0',
  '0.2.2': 'emr-6.13.0',
  '0.3.0': 'emr-7.0.0',
  '0.3.1': 'emr-7.1.0',
  '0.4.0': 'emr-7.3.0',
  '0.4.1': 'emr-7.3.0',
  '0.4.2': 'emr-7.8.0',
  '0.5.0': 'emr-7.9.0',
  '0.5.1': 'emr-7.10.0',
};

/** The processors that EMR Serverless offers. */
export type Architecture = 'X86_64' | 'ARM64';

/** What GSProcessing's own script puts into a tag: `<version>-<architecture><suffix>`. */
export interface ImageTag {
  /** Missing for `latest-…` and for tags of another form. */
  version?: string;
  architecture?: Architecture;
}

export function readTag(tag: string | undefined): ImageTag {
  const [, version, architecture] = /^(?:(\d+\.\d+\.\d+)|[\w.]+?)-(x86_64|arm64)/.exec(tag ?? '') ?? [];
  const bare = version ?? /^\d+\.\d+\.\d+/.exec(tag ?? '')?.[0];
  return {
    ...(bare === undefined ? {} : { version: bare }),
    ...(architecture === undefined ? {} : { architecture: architecture === 'arm64' ? 'ARM64' : 'X86_64' }),
  };
}

/**
 * The release that fits a GSProcessing version, if we know it.
 *
 * @example
 * ```ts
 * import { releaseFor } from 'gs-repartition/upstream';
 *
 * console.log(releaseFor('0.5.0'), releaseFor('0.0.1'));
 * // emr-7.9.0 undefined
 * ```
 */
export function releaseFor(version: string | undefined): string | undefined {
  return version !== undefined && Object.hasOwn(RELEASES, version) ? RELEASES[version] : undefined;
}

/**
 * What to tell a user about a release label and an image's version; `undefined` when they fit.
 *
 * @example
 * ```ts
 * import { releaseWarning } from 'gs-repartition/upstream';
 *
 * console.log(releaseWarning('0.2.2', 'emr-6.13.0'));
 * console.log(releaseWarning('0.2.2', 'emr-7.0.0'));
 * // undefined
 * // GSProcessing 0.2.2 is built on emr-6.13.0, which does not fit the release label emr-7.0.0
 * ```
 */
export function releaseWarning(version: string | undefined, releaseLabel: string): string | undefined {
  if (version === undefined) {
    return `the image's tag does not tell its GSProcessing version: make sure that it is built on ${releaseLabel}`;
  }
  const fitting = releaseFor(version);
  if (fitting === undefined) {
    return `GSProcessing ${version} is not among the versions known here: make sure that its image is built on ${releaseLabel}`;
  }
  // A label may carry the date of its image, as in emr-6.13.0-20230906.
  if (releaseLabel === fitting || releaseLabel.startsWith(`${fitting}-`)) return undefined;
  return `GSProcessing ${version} is built on ${fitting}, which does not fit the release label ${releaseLabel}`;
}
