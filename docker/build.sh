#!/usr/bin/env bash
# Builds the image and, with --push, pushes it to ECR. Needs docker with buildx; to push, the AWS command line too.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: docker/build.sh [--push] [options]

  --push                 push to ECR, making the repository if there is none
  --image NAME           repository, default gs-repartition
  --version TAG          tag, default the package's version
  --base IMAGE           another base with Node, by digest: name@sha256:...
  --emr-base IMAGE       for EMR Serverless: grow this image of EMR 7, by digest, instead (repository gs-repartition-emr)
  --architecture ARCH    x86_64 or arm64, default x86_64
  --region REGION        AWS region, default that of the AWS command line
  --account ACCOUNT      AWS account, default that of the credentials
  --dry-run              print the commands instead of running them
TEXT
}

fail() {
  echo "build.sh: $1" >&2
  exit 2
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
image=''
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$root/package.json")
architecture=x86_64
base=''
emr_base=''
region=''
account=''
push=false
dry_run=false

while [[ $# -gt 0 ]]; do
  case $1 in
    --image | --version | --base | --emr-base | --architecture | --region | --account)
      [[ $# -ge 2 ]] || fail "$1 needs a value"
      name=${1#--}
      declare "${name//-/_}=$2"
      shift 2
      ;;
    --push) push=true; shift ;;
    --dry-run) dry_run=true; shift ;;
    -h | --help) usage; exit 0 ;;
    *) fail "unknown option $1 (see --help)" ;;
  esac
done

case $architecture in
  x86_64) platform=linux/amd64 ;;
  arm64) platform=linux/arm64 ;;
  *) fail "--architecture must be x86_64 or arm64, not $architecture" ;;
esac

image=${image:-gs-repartition${emr_base:+-emr}}
[[ -z $emr_base || $emr_base =~ @sha256:[0-9a-f]{64}$ ]] ||
  fail "--emr-base must end in a digest (docker buildx imagetools inspect $emr_base tells it)"
[[ -z $base || $base =~ @sha256:[0-9a-f]{64}$ ]] ||
  fail "--base must end in a digest (docker buildx imagetools inspect $base tells it)"

need() {
  $dry_run || command -v "$1" >/dev/null || fail "$1 is not on the PATH: install $2"
}
need docker 'Docker with buildx (https://docs.docker.com/engine/install)'
! $push || need aws 'the AWS command line (https://docs.aws.amazon.com/cli)'

run() {
  if $dry_run; then echo "$*"; else "$@"; fi
}

# Asked before the build: who forgot to say where should not wait for it.
if $push; then
  region=${region:-$(aws configure get region || true)}
  [[ -n $region ]] || fail 'which region? give --region'
  account=${account:-$(aws sts get-caller-identity --query Account --output text)}
fi

run docker buildx build --load --platform "$platform" --file "$root/docker/Dockerfile${emr_base:+.emr}" \
  ${base:+--build-arg "NODE_IMAGE=$base"} ${emr_base:+--build-arg "EMR_IMAGE=$emr_base"} --tag "$image:$version" "$root"
$push || exit 0

suffix=''
[[ $region == cn-* ]] && suffix=.cn
registry=$account.dkr.ecr.$region.amazonaws.com$suffix
uri=$registry/$image:$version

if $dry_run; then
  echo "aws ecr create-repository --repository-name $image --region $region (if there is none)"
  echo "aws ecr get-login-password --region $region | docker login --username AWS --password-stdin $registry"
else
  aws ecr describe-repositories --repository-names "$image" --region "$region" >/dev/null 2>&1 ||
    aws ecr create-repository --repository-name "$image" --region "$region" >/dev/null
  aws ecr get-login-password --region "$region" | docker login --username AWS --password-stdin "$registry"
fi
run docker tag "$image:$version" "$uri"
run docker push "$uri"
$dry_run || echo "pushed $uri"
