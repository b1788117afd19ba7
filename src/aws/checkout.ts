/** A checkout of GraphStorm on this disk: GSProcessing's scripts that build and push images, and the versions it has. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RepartitionError } from '../errors.js';
import { usage } from './errors.js';

/** Where an image runs. */
export type ImageEnvironment = 'emr-serverless' | 'sagemaker';

/** Which image of GSProcessing is meant. */
export interface ImageOptions {
  environment: ImageEnvironment;
  /** The checkout: its root, or its folder `graphstorm-processing`. */
  graphstorm: string;
  /** Default `x86_64`; SageMaker takes nothing else. */
  architecture?: 'x86_64' | 'arm64' | undefined;
  /** GSProcessing's. Default: the newest that the checkout has. */
  imageVersion?: string | undefined;
  /** At the end of the tag, for images of one's own. */
  suffix?: string | undefined;
}

/** What the scripts make of it. */
export interface CheckedOutImage {
  scripts: { build: string; push: string };
  /** Arguments of both scripts, but for the architecture's, which they name differently. */
  args: string[];
  architecture: 'x86_64' | 'arm64';
  repository: string;
  tag: string;
  /** The tag that is pushed too when the version is the newest. */
  latestTag?: string;
  /** As it is called here: `<repository>:<tag>`. */
  name: string;
}

/**
 * Looks into the checkout.
 * @throws RepartitionError `not-found` when it is none, or has no such version; `usage`
 */
export async function lookAtCheckout(options: ImageOptions): Promise<CheckedOutImage> {
  const { environment, architecture = 'x86_64', suffix = '' } = options;
  if (environment === 'sagemaker' && architecture !== 'x86_64') {
    throw usage('SageMaker Processing runs no images for arm64', 'Leave `architecture` out.');
  }
  // https://docs.docker.com/reference/cli/docker/image/tag/
  if (!/^[\w.-]{0,64}$/.test(suffix)) {
    throw usage(`not the end of an image's tag: "${suffix}"`, 'Use letters, digits and . _ - for `suffix`.');
  }
  const folder = await dockerFolder(options.graphstorm);
  const versions = await versionsIn(folder, environment);
  const newest = versions.at(-1);
  const version = options.imageVersion ?? newest;
  if (version === undefined || !versions.includes(version)) {
    const has = versions.length === 0 ? 'none' : versions.join(', ');
    throw new RepartitionError(
      'not-found',
      `${folder} has no image of GSProcessing ${version ?? ''} for ${environment}`.replaceAll('  ', ' '),
      {
        hint: `It has ${has}: give one of these as \`imageVersion\`, or check out a GraphStorm that has it.`,
      },
    );
  }
  const repository = `graphstorm-processing-${environment}`;
  const tag = `${version}-${architecture}${suffix}`;
  return {
    scripts: {
      build: join(folder, 'build_gsprocessing_image.sh'),
      push: join(folder, 'push_gsprocessing_image.sh'),
    },
    args: [
      ...['--environment', environment, '--version', version],
      ...(suffix === '' ? [] : ['--suffix', suffix]),
    ],
    ...{ architecture, repository, tag, name: `${repository}:${tag}` },
    // Of the versions there are, for whatever environment, as the script sees it.
    ...((await isNewest(folder, version)) ? { latestTag: `latest-${architecture}${suffix}` } : {}),
  };
}

async function dockerFolder(graphstorm: string): Promise<string> {
  for (const folder of [join(graphstorm, 'graphstorm-processing', 'docker'), join(graphstorm, 'docker')]) {
    const scripts = ['build_gsprocessing_image.sh', 'push_gsprocessing_image.sh'];
    const there = await Promise.all(scripts.map((script) => isThere(join(folder, script))));
    if (!there.includes(false)) return folder;
  }
  throw new RepartitionError('not-found', `${graphstorm} is no checkout of GraphStorm`, {
    hint: 'Give `graphstorm` the folder that `git clone` of GraphStorm made: it has graphstorm-processing/docker/build_gsprocessing_image.sh.',
  });
}

/** Versions with an image for the environment, the newest last. */
async function versionsIn(folder: string, environment: ImageEnvironment): Promise<string[]> {
  const all = await allVersions(folder);
  const has = await Promise.all(all.map((one) => isThere(join(folder, one, environment, 'Dockerfile.cpu'))));
  return all.filter((_, i) => has[i]);
}

async function isNewest(folder: string, version: string): Promise<boolean> {
  return (await allVersions(folder)).at(-1) === version;
}

async function allVersions(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const collator = new Intl.Collator('en', { numeric: true });
  return entries
    .filter((entry) => entry.isDirectory() && /^\d+\.\d+\.\d+$/.test(entry.name))
    .map(({ name }) => name)
    .sort((a, b) => collator.compare(a, b));
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
