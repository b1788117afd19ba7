"""Stands for docker where the tests meet it: keeps images in a folder, writes down how it was called, and pushes an
image's manifest to the ECR that AWS_ENDPOINT_URL names, as a registry's interface would.

    DOCKER_STATE=<folder> docker build … -t <name> | image inspect <name> | tag <name> <name> | push <name> | login …
"""

import hashlib
import json
import os
import sys
import urllib.error
import urllib.request

STATE = os.environ["DOCKER_STATE"]
IMAGES = os.path.join(STATE, "images.json")


def images():
    try:
        with open(IMAGES, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def keep(all_images):
    with open(IMAGES, "w", encoding="utf-8") as file:
        json.dump(all_images, file)


def fail(line):
    print(line, file=sys.stderr)
    sys.exit(1)


def build(words):
    name = words[words.index("-t") + 1]
    known = images()
    contents = f"{name} {len(known)} {os.environ.get('DOCKER_CONTENTS', '')}"
    known[name] = {
        "Id": "sha256:" + hashlib.sha256(contents.encode()).hexdigest(),
        "Created": "2026-01-02T03:04:05.678Z",
        "RepoDigests": [],
    }
    keep(known)
    print(f"#1 naming to {name} done", file=sys.stderr)


def inspect(name):
    known = images()
    if name not in known:
        print("[]")
        fail(f"Error: No such image: {name}")
    print(json.dumps([known[name]]))


def tag(source, target):
    known = images()
    if source not in known:
        fail(f"Error response from daemon: No such image: {source}")
    known[target] = known[source]
    keep(known)


def push(name):
    known = images()
    registry, _, rest = name.partition("/")
    repository, _, image_tag = rest.partition(":")
    if registry not in logins():
        fail("no basic auth credentials")
    image = known[name]
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "size": 7023,
                "digest": image["Id"],
            },
            "layers": [],
        }
    )
    digest = "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"],
        json.dumps(
            {"repositoryName": repository, "imageTag": image_tag, "imageManifest": manifest, "imageDigest": digest}
        ).encode(),
        {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.PutImage",
            "Authorization": "AWS4-HMAC-SHA256 Credential=docker/20260101/us-east-1/ecr/aws4_request",
        },
    )
    try:
        urllib.request.urlopen(request).read()
    except urllib.error.HTTPError as error:
        # The same manifest again, as a registry takes it.
        body = error.read()
        if b"ImageAlreadyExists" not in body:
            fail(body.decode())
    for one in known.values():
        if one["Id"] == image["Id"]:
            one["RepoDigests"] = [f"{registry}/{repository}@{digest}"]
    keep(known)
    print(f"{image_tag}: digest: {digest} size: 1234")


def logins():
    with open(os.path.join(STATE, "calls.jsonl"), encoding="utf-8") as file:
        calls = [json.loads(line) for line in file]
    return {call["words"][-1] for call in calls if call["words"][0] == "login" and call["input"]}


def main():
    words = sys.argv[1:]
    call = {"words": words, "input": sys.stdin.read() if words[0] == "login" else ""}
    with open(os.path.join(STATE, "calls.jsonl"), "a", encoding="utf-8") as file:
        file.write(json.dumps(call) + "\n")
    if words[0] == "build":
        build(words[1:])
    elif words[:2] == ["image", "inspect"]:
        inspect(words[2])
    elif words[0] == "tag":
        tag(words[1], words[2])
    elif words[0] == "push":
        push(words[1])
    elif words[0] == "login":
        print("Login Succeeded")
    else:
        fail(f"docker: '{words[0]}' is not a docker command.")


if __name__ == "__main__":
    main()
