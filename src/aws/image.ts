/** GSProcessing's images: built and pushed by the scripts of a GraphStorm checkout, where they are not there already. */
import type { ImageDetail } from '@aws-sdk/client-ecr';
import { RepartitionError } from '../errors.js';
import { type CheckedOutImage, type ImageOptions, lookAtCheckout } from './checkout.js';
import { ask, askFor, kindOf } from './errors.js';
import { registryOf } from './names.js';
import type { Log } from './persist.js';
import { type Ended, requirePrograms, runProgram } from './program.js';
import type { Request, Step } from './requests.js';
import { type AwsSession, callerAccount } from './session.js';

/** How {@link buildImage} and {@link pushImage} go about it. */
export interface ImageCallOptions {
  /** Look and plan, but change nothing. */
  dryRun?: boolean | undefined;
  /** Told of each step before it is done; in a dry run, of each that would be. */
  onStep?: ((step: Step) => void) | undefined;
  /** Told of each line that a script prints. */
  onLine?: ((line: string) => void) | undefined;
  signal?: AbortSignal | undefined;
  log?: Log | undefined;
}

/** How an image is built. */
export interface BuildOptions extends ImageOptions {
  /** A model of Hugging Face that is packed into the image. */
  hfModel?: string | undefined;
  /** Build it also when it is there. */
  rebuild?: boolean | undefined;
  /** The profile of the AWS command line that the script asks for the base image. */
  profile?: string | undefined;
}

/** An image on this machine. */
export interface BuiltImage {
  /** `planned` in a dry run; `there` when nothing had to be built. */
  state: 'planned' | 'built' | 'there';
  /** `<repository>:<tag>` */
  image: string;
  /** When it was made, if it is there. */
  made?: string;
  steps: Step[];
}

/** An image in ECR. */
export interface PushedImage {
  /** `planned` in a dry run; `there` when nothing had to be pushed. */
  state: 'planned' | 'pushed' | 'there';
  /** `<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>` */
  imageUri: string;
  /** Of its manifest; missing in a dry run that would push it. */
  digest?: string;
  steps: Step[];
}

/**
 * Builds an image by the checkout's `build_gsprocessing_image.sh`, unless it is there.
 * @throws RepartitionError `not-found` when the checkout, docker or what else the script needs is missing; `usage`;
 *   `aws` when docker or the script fails
 *
 * @example
 * ```ts no-run
 * import { buildImage } from 'gs-repartition/upstream';
 *
 * const { image, state } = await buildImage({ environment: 'emr-serverless', graphstorm: 'graphstorm' });
 * console.log(image, state);
 * ```
 */
export async function buildImage(options: BuildOptions, call: ImageCallOptions = {}): Promise<BuiltImage> {
  const image = await lookAtCheckout(options);
  await requirePrograms(['docker', 'aws', 'rsync'], image.scripts.build);
  const before = await lookAtLocal(image.name, call);
  if (before !== undefined && options.rebuild !== true) {
    return { state: 'there', image: image.name, made: before.made, steps: [] };
  }
  const { hfModel, profile } = options;
  const step: Step = {
    title: `build the image ${image.name}`,
    request: run([
      ...['bash', image.scripts.build, ...image.args, '--architecture', image.architecture],
      ...(hfModel === undefined ? [] : ['--hf-model', hfModel]),
    ]),
  };
  call.onStep?.(step);
  if (call.dryRun) return { state: 'planned', image: image.name, steps: [step] };
  await runScript(step, profile === undefined ? {} : { AWS_PROFILE: profile }, call);
  const after = await lookAtLocal(image.name, call);
  if (after !== undefined) return { state: 'built', image: image.name, made: after.made, steps: [step] };
  throw new RepartitionError('aws', `${image.scripts.build} succeeded, but there is no image ${image.name}`, {
    hint: 'Look at what it printed.',
  });
}

/**
 * Makes the repository in ECR, logs in to it, and pushes an image by the checkout's `push_gsprocessing_image.sh`; as far
 * as that is not done already.
 * @throws RepartitionError `not-found` when the image, the checkout or docker is missing; `usage`; `access`, `aws`
 *
 * @example
 * ```ts no-run
 * import { AwsSession, pushImage } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * const { imageUri } = await pushImage(session, { environment: 'emr-serverless', graphstorm: 'graphstorm' });
 * console.log(imageUri);
 * ```
 */
export async function pushImage(
  session: AwsSession,
  options: ImageOptions,
  call: ImageCallOptions = {},
): Promise<PushedImage> {
  const { signal } = call;
  const image = await lookAtCheckout(options);
  await requirePrograms(['docker', 'aws'], image.scripts.push);
  const account = await callerAccount(session, signal);
  const region = await session.region();
  const registry = registryOf(account, region);
  const imageUri = `${registry}/${image.name}`;
  const there = await lookAtRepository(session, image, signal);
  const local = await lookAtLocal(image.name, call);
  const pushed = pushedAs(image, there);
  if (pushed !== undefined && (local === undefined || local.digests.has(pushed))) {
    return { state: 'there', imageUri, digest: pushed, steps: [] };
  }
  if (local === undefined) {
    throw new RepartitionError('not-found', `there is no image ${image.name}, neither here nor in ECR`, {
      hint: `Build it first: gs-repartition image build --environment ${options.environment} --graphstorm ${options.graphstorm}`,
    });
  }
  const push = run([
    ...['bash', image.scripts.push, ...image.args, '--architecture', image.architecture],
    ...['--region', region, '--account', account],
  ]);
  const steps: Step[] = [
    ...(there === undefined
      ? [
          {
            title: `make the repository ${image.repository} in ${region}`,
            request: {
              service: 'ecr' as const,
              operation: 'CreateRepository' as const,
              input: { repositoryName: image.repository },
            },
          },
        ]
      : []),
    {
      title: `log docker in to ${registry}`,
      request: run(['docker', 'login', '--username', 'AWS', '--password-stdin', registry]),
    },
    { title: `push the image ${imageUri}`, request: push },
  ];
  for (const step of steps) {
    call.onStep?.(step);
    if (!call.dryRun) await carryOut(session, step, call);
  }
  if (call.dryRun) return { state: 'planned', imageUri, steps };
  const digest = pushedAs(image, await lookAtRepository(session, image, signal));
  if (digest !== undefined) return { state: 'pushed', imageUri, digest, steps };
  throw new RepartitionError('aws', `${image.scripts.push} succeeded, but ECR has no image ${imageUri}`, {
    hint: 'Look at what it printed.',
  });
}

async function carryOut(session: AwsSession, step: Step, call: ImageCallOptions): Promise<void> {
  const { request } = step;
  if (request.operation === 'CreateRepository') {
    const ecr = await session.client('ecr');
    await ask(`making the repository ${request.input.repositoryName ?? ''}`, async () => {
      try {
        await ecr.createRepository(request.input);
      } catch (error) {
        // Somebody was faster, or an answer was lost.
        if (kindOf(error) !== 'conflict') throw error;
      }
    });
  } else if (request.operation === 'Run' && request.input.command.includes('login')) {
    await logIn(session, request, call);
  } else {
    await runScript(step, scriptEnvironment(session, await session.region()), call);
  }
}

type Run = Extract<Request, { operation: 'Run' }>;

function run(command: string[]): Run {
  const [program = '', ...args] = command;
  return { service: 'this machine', operation: 'Run', input: { command: [program, ...args] } };
}

/** ECR's password goes to docker's standard input, and nowhere else. */
async function logIn(session: AwsSession, { input }: Run, { signal }: ImageCallOptions): Promise<void> {
  const ecr = await session.client('ecr');
  const { authorizationData = [] } = await ask(
    'asking ECR for a password',
    () => ecr.getAuthorizationToken({}),
    signal,
  );
  const token = Buffer.from(authorizationData[0]?.authorizationToken ?? '', 'base64').toString();
  const password = token.slice(token.indexOf(':') + 1);
  requireSuccess('docker login', await runProgram(input.command, { input: password, signal }));
}

/** The script asks AWS by itself, through the AWS command line: in the same region, as the same person. */
function scriptEnvironment({ options }: AwsSession, region: string): Record<string, string> {
  const { profile, endpointUrl } = options;
  return {
    ...{ AWS_REGION: region, AWS_DEFAULT_REGION: region },
    ...(profile === undefined ? {} : { AWS_PROFILE: profile }),
    ...(endpointUrl === undefined ? {} : { AWS_ENDPOINT_URL: endpointUrl }),
  };
}

async function runScript(
  { request }: Step,
  env: Record<string, string>,
  { onLine, signal }: ImageCallOptions,
): Promise<void> {
  if (request.operation !== 'Run') throw new Error(`no script: ${request.operation}`);
  const { command } = request.input;
  requireSuccess(command[1] ?? command[0], await runProgram(command, { env, onLine, signal }));
}

/** @throws RepartitionError `aws` with the program's last word */
function requireSuccess(name: string, { code, stdout, stderr }: Ended): void {
  if (code === 0) return;
  const last = [...stdout.split('\n'), ...stderr.split('\n')].filter((line) => line.trim() !== '').at(-1);
  throw new RepartitionError('aws', `${name} ended with exit code ${code}: ${last ?? 'it said nothing'}`, {
    hint: 'Correct what it complains about and run the same command again.',
  });
}

interface LocalImage {
  made: string;
  /** Of its manifests in the registries that it was pushed to or pulled from. */
  digests: ReadonlySet<string>;
}

/** `undefined` when docker has no such image. */
async function lookAtLocal(name: string, { signal }: ImageCallOptions): Promise<LocalImage | undefined> {
  const ended = await runProgram(['docker', 'image', 'inspect', name], { signal });
  if (ended.code !== 0) {
    // https://docs.docker.com/reference/cli/docker/image/inspect/ has no exit codes for this.
    if (/no such image/i.test(ended.stderr)) return undefined;
    requireSuccess('docker image inspect', ended);
  }
  const [found] = JSON.parse(ended.stdout) as { Created?: string; RepoDigests?: string[] }[];
  const digests = (found?.RepoDigests ?? []).map((one) => one.slice(one.indexOf('@') + 1));
  return { made: found?.Created ?? '', digests: new Set(digests) };
}

/** What ECR has under the image's tags; `undefined` when there is no repository. */
async function lookAtRepository(
  session: AwsSession,
  { repository, tag, latestTag }: CheckedOutImage,
  signal: AbortSignal | undefined,
): Promise<Map<string, ImageDetail> | undefined> {
  const ecr = await session.client('ecr');
  const doing = `looking at the repository ${repository}`;
  const repositories = await askFor(
    doing,
    () => ecr.describeRepositories({ repositoryNames: [repository] }),
    signal,
  );
  if (repositories === undefined) return undefined;
  const found = new Map<string, ImageDetail>();
  for (const imageTag of [tag, ...(latestTag === undefined ? [] : [latestTag])]) {
    const asked = { repositoryName: repository, imageIds: [{ imageTag }] };
    const described = await askFor(doing, () => ecr.describeImages(asked), signal);
    const [detail] = described?.imageDetails ?? [];
    if (detail !== undefined) found.set(imageTag, detail);
  }
  return found;
}

/** The digest under which ECR has all that the script would push. */
function pushedAs(
  { tag, latestTag = tag }: CheckedOutImage,
  there: Map<string, ImageDetail> | undefined,
): string | undefined {
  const digest = there?.get(tag)?.imageDigest;
  return there?.get(latestTag)?.imageDigest === digest ? digest : undefined;
}
