/** `gs-repartition image build` and `push`: GSProcessing's images, by the scripts of a GraphStorm checkout. */
import {
  type AwsStep,
  buildImage,
  type ImageCallOptions,
  type ImageOptions,
  pushImage,
} from '../aws/index.js';
import { awsOptions, withAws } from './aws-options.js';
import { type Command, defineCommand, type Session } from './command.js';
import { choice, flag, required, text, type Values, withDefault } from './options.js';
import { EXIT } from './world.js';
import { versioned } from './documents.js';

const whichImage = {
  environment: required(choice('Where the image runs', ['emr-serverless', 'sagemaker'])),
  graphstorm: withDefault(text('The checkout of GraphStorm'), 'graphstorm'),
  architecture: withDefault(choice('The processors', ['x86_64', 'arm64']), 'x86_64'),
  'image-version': text('GSProcessing’s version (the newest that the checkout has unless given)'),
  suffix: text('At the end of the image’s tag, for images of your own'),
};

function imageFrom(values: Values<typeof whichImage>): ImageOptions {
  return {
    environment: values.environment,
    graphstorm: values.graphstorm,
    architecture: values.architecture,
    imageVersion: values['image-version'],
    suffix: values.suffix,
  };
}

function callFrom({ log, signal }: Session, dryRun: boolean): ImageCallOptions {
  return {
    ...{ dryRun, signal, log },
    onStep: ({ title }: AwsStep) => log.info(dryRun ? `would ${title}` : title),
    onLine: (line) => log.info(line),
  };
}

const buildCommand = defineCommand({
  name: 'image build',
  describe: 'Build an image of GSProcessing, unless it is there',
  usage: '--environment emr-serverless|sagemaker --graphstorm <folder> [options]',
  options: {
    ...whichImage,
    'hf-model': text('A model of Hugging Face to pack into the image'),
    rebuild: flag('Build it also when it is there'),
    profile: text('The profile with which the script asks for the base image'),
    'dry-run': flag('Print the commands as JSON and run none'),
  },
  examples: [
    [
      '$0 image build --environment emr-serverless --graphstorm graphstorm',
      'Build the image for EMR Serverless',
    ],
  ],
  async run(values, session) {
    const dryRun = values['dry-run'];
    const { 'hf-model': hfModel, rebuild, profile } = values;
    const built = await buildImage(
      { ...imageFrom(values), hfModel, rebuild, profile },
      callFrom(session, dryRun),
    );
    const { state, image, made = '' } = built;
    if (dryRun || values.json) {
      const { state: status, ...told } = built;
      session.printDocument(versioned('image', { status, ...told }));
    } else if (state === 'there') {
      session.print(`The image ${image} is there already, made ${made}; --rebuild builds it again.`);
    } else session.print(`The image ${image} is built.`);
    return EXIT.success;
  },
});

const pushCommand = defineCommand({
  name: 'image push',
  describe: 'Push an image of GSProcessing to ECR, unless it is there',
  usage: '--environment emr-serverless|sagemaker --graphstorm <folder> [options]',
  options: {
    ...whichImage,
    'dry-run': flag('Print requests and commands as JSON; make, run and push nothing'),
    ...awsOptions,
  },
  examples: [
    [
      '$0 image push --environment emr-serverless --graphstorm graphstorm',
      'Push the image for EMR Serverless',
    ],
  ],
  async run(values, session) {
    const dryRun = values['dry-run'];
    return withAws(values, async (aws) => {
      const pushed = await pushImage(aws, imageFrom(values), callFrom(session, dryRun));
      const { state, imageUri, digest = '' } = pushed;
      if (dryRun || values.json) {
        const { state: status, ...told } = pushed;
        session.printDocument(versioned('image', { status, ...told }));
      } else {
        session.print(state === 'there' ? 'The image is in ECR already.' : 'The image is in ECR.');
        session.print(`  image   ${imageUri}`);
        session.print(`  digest  ${digest}`);
      }
      return EXIT.success;
    });
  },
});

export const imageCommands: readonly Command[] = [buildCommand, pushCommand];
