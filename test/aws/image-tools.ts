/**
 * What `image build` and `image push` meet: a checkout of GraphStorm and the programs that its scripts run. docker stands
 * for the real one at its boundary (test/python/docker.py), the AWS command line is the real one.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { python, repositoryRoot } from '../support/paths.js';

export interface DockerCall {
  words: string[];
  input: string;
}

/** Scripts with the options of GSProcessing's own, and what those do with docker and ECR. */
const COMMON = `#!/usr/bin/env bash
set -Eeuo pipefail
SUFFIX="" ARCH=x86_64 IMAGE=graphstorm-processing MODEL=""
while [[ $# -gt 0 ]]; do
  case "$1" in
  -e | --environment) EXEC_ENV="$2" ;;
  -a | -c | --architecture) ARCH="$2" ;;
  -v | --version) VERSION="$2" ;;
  -s | --suffix) SUFFIX="$2" ;;
  -m | --hf-model) MODEL="$2" ;;
  -r | --region) REGION="$2" ;;
  --account) ACCOUNT="$2" ;;
  *) echo "Unknown option: $1" >&2; exit 1 ;;
  esac
  shift 2
done
LOCAL="$IMAGE-$EXEC_ENV:$VERSION-$ARCH$SUFFIX"
`;
const BUILD = `${COMMON}
HERE=$(cd "$(dirname "$0")" && pwd)
echo "Build a Docker image $LOCAL"
docker build --platform "linux/$ARCH" -f "$HERE/$VERSION/$EXEC_ENV/Dockerfile.cpu" "$HERE" -t "$LOCAL" --target prod --build-arg ARCH=$ARCH --build-arg MODEL=$MODEL
`;
const PUSH = `${COMMON}
aws ecr describe-repositories --repository-names "$IMAGE-$EXEC_ENV" --region $REGION > /dev/null
REGISTRY=$ACCOUNT.dkr.ecr.$REGION.amazonaws.com
for TAG in $VERSION latest; do
  docker tag "$LOCAL" "$REGISTRY/$IMAGE-$EXEC_ENV:$TAG-$ARCH$SUFFIX"
  docker push "$REGISTRY/$IMAGE-$EXEC_ENV:$TAG-$ARCH$SUFFIX"
done
`;

export class ImageTools {
  readonly checkout: string;
  readonly bin: string;
  private readonly state: string;

  /** @param folder where all of it goes: an empty one */
  constructor(folder: string) {
    this.checkout = join(folder, 'graphstorm');
    this.bin = join(folder, 'bin');
    this.state = join(folder, 'docker');
    for (const version of ['0.2.2', '0.5.1']) {
      for (const environment of ['emr-serverless', 'sagemaker']) {
        this.write(`graphstorm-processing/docker/${version}/${environment}/Dockerfile.cpu`, 'FROM scratch\n');
      }
    }
    this.write('graphstorm-processing/docker/0.10.0/sagemaker/Dockerfile.cpu', 'FROM scratch\n');
    this.write('graphstorm-processing/docker/build_gsprocessing_image.sh', BUILD);
    this.write('graphstorm-processing/docker/push_gsprocessing_image.sh', PUSH);
    mkdirSync(this.bin, { recursive: true });
    mkdirSync(this.state);
    this.program(
      'docker',
      `DOCKER_STATE="${this.state}" exec "${python}" "${join(repositoryRoot, 'test', 'python', 'docker.py')}" "$@"`,
    );
    this.program('rsync', 'exit 0');
    const script = join(repositoryRoot, 'scripts', 'aws-cli.mjs');
    const packages = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
    this.program('aws', `PYTHONPATH="${packages}" exec "${python}" -m awscli "$@"`);
  }

  /** With these programs in front of all others. */
  get path(): string {
    return `${this.bin}:${process.env['PATH'] ?? ''}`;
  }

  /** Every call of docker so far, but for those that look. */
  get calls(): DockerCall[] {
    const file = join(this.state, 'calls.jsonl');
    if (!existsSync(file)) return [];
    const calls = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as DockerCall);
    return calls.filter(({ words }) => words[0] !== 'image');
  }

  program(name: string, script: string): void {
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(this.bin, name), 0o755);
  }

  /** @param file in the checkout */
  write(file: string, text: string): void {
    const path = join(this.checkout, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }
}
