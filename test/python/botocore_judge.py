"""Judges requests as they came over the wire by botocore's models of the services: names, required members, types,
lengths, patterns and enums; and whether botocore itself would have sent them so.

A worker (worker.py): {"op": "judge", "requests": [{"service", "method", "url", "headers", "body"}, …]} with bodies in
base64. The answer: {"operations": {"ecr:DescribeImages": 3, …}, "complaints": ["ecr:DescribeImages: …", …]}.

moto reads what was sent, by the same models but without judging it; what it does not know of a request shows when the
request is put together again.
"""

import base64
import json
import re
from collections import Counter
from functools import cache
from urllib.parse import parse_qsl, unquote, urlsplit

import botocore.exceptions
import botocore.loaders
import botocore.serialize
import botocore.validate
import regex
from moto.core.model import ServiceModel
from werkzeug.datastructures import Headers, MultiDict

import worker

try:
    from moto.core.parse import PROTOCOL_PARSERS
except ModuleNotFoundError:
    # moto for Python 3.9 reads no REST.
    PROTOCOL_PARSERS = None

# Names in a signature's scope that are not the names of the models.
MODELS = {"servicequotas": "service-quotas"}
# Of the signature, the SDK and the way that bodies are sent: https://docs.aws.amazon.com/general/latest/gr/sigv4.html
AROUND = re.compile(
    r"x-amz-(content-sha256|date|security-token|user-agent|trailer|decoded-content-length|target|api-version)$"
    r"|x-amz-(algorithm|credential|expires|signature|signedheaders)$"
    r"|x-amzn-query-mode$|x-amz-te$"
)


def judge(request):
    seen, complaints = Counter(), []
    for sent in request["requests"]:
        name, found = judge_one(sent)
        seen[name] += 1
        complaints += [f"{name}: {one}" for one in found]
    return {"operations": seen, "complaints": sorted(set(complaints))}


def judge_one(sent):
    service = MODELS.get(sent["service"], sent["service"])
    body = base64.b64decode(sent["body"])
    try:
        model = service_model(service)
    except botocore.exceptions.UnknownServiceError:
        return f"{service}:?", [f"no such service: {sent['method']} {sent['url']}"]
    candidates = [read(model, operation, sent, body) for operation in operations_of(model, sent, body)]
    if not candidates:
        return f"{service}:?", [f"no such operation: {sent['method']} {sent['url']}"]
    # S3 tells some operations apart by what is in the query and in the headers.
    operation, params, left = min(candidates, key=lambda one: (len(one[2]), len(missing(one)), specificity(one)))
    report = botocore.validate.ParamValidator().validate(params, operation.input_shape)
    found = [line for line in report.generate_report().split("\n") if line] if report.has_errors() else []
    found += [f"not in the model: {name}" for name in left]
    if operation.input_shape is not None and not report.has_errors():
        found += list(beyond_types(operation.input_shape, params, ""))
    return f"{service}:{operation.name}", found


@cache
def service_model(service):
    loader = botocore.loaders.Loader()
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


@cache
def validated_pattern(pattern):
    # The models' patterns are Java's: `\p{L}` is unknown to Python's own.
    return regex.compile(pattern)


def operations_of(model, sent, body):
    """The operations that a request could be."""
    protocol = model.metadata["protocol"]
    if protocol == "json":
        prefix, _, name = sent["headers"].get("x-amz-target", "").rpartition(".")
        names = [name] if prefix == model.metadata["targetPrefix"] else []
    elif protocol == "query":
        names = [dict(parse_qsl(body.decode())).get("Action")]
    else:
        names = [name for name in model.operation_names if path_params(model.operation_model(name), sent) is not None]
    return [model.operation_model(name) for name in names if name in model.operation_names]


def path_params(operation, sent):
    """The members that stand in the path, if the path is the operation's."""
    if operation.http["method"] != sent["method"]:
        return None
    path, _, fixed = operation.http["requestUri"].partition("?")
    pattern = re.sub(r"\\\{(\w+)(\\\+)?\\\}", lambda m: f"(?P<{m[1]}>{'.+' if m[2] else '[^/]+'})", re.escape(path))
    url = urlsplit(sent["url"])
    # A bucket's own path is written with a slash at its end and without.
    is_top = url.path.strip("/").count("/") == 0
    found = re.fullmatch(pattern, url.path.rstrip("/") if is_top and path != "/" else url.path)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    if found is None or any(query.get(key) != value for key, value in parse_qsl(fixed, keep_blank_values=True)):
        return None
    if "x-id" in query and query["x-id"] != operation.name:
        return None
    return {name: unquote(value) for name, value in found.groupdict().items()}


def read(model, operation, sent, body):
    """The operation, what the request says, and what of it the operation does not know."""
    protocol = model.metadata["protocol"]
    query = parse_qsl(urlsplit(sent["url"]).query, keep_blank_values=True)
    form = parse_qsl(body.decode(), keep_blank_values=True) if protocol == "query" else []
    shape = operation.input_shape
    rest = protocol.startswith("rest")
    request = {
        "method": sent["method"],
        "headers": Headers(list(sent["headers"].items())),
        "url_path": urlsplit(sent["url"]).path,
        "url_params": path_params(operation, sent) if rest else {},
        "values": MultiDict([*query, *form]),
        "body": body,
    }
    params = without_nothing(PROTOCOL_PARSERS[protocol](operation).parse(request)) if shape else {}
    if protocol in ("json", "rest-json") and body:
        params.update(as_sent(shape, json.loads(body)))
    try:
        serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
        again = serializer.serialize_to_request(params, operation)
    except (AttributeError, KeyError, TypeError, ValueError):
        # What is wrong with it, the validator says better.
        return operation, params, []
    if protocol == "query":
        return operation, params, [name for name, _ in form if name not in again["body"]]
    left = []
    if rest:
        fixed = dict(parse_qsl(operation.http["requestUri"].partition("?")[2], keep_blank_values=True))
        known = {**fixed, **dict(again["query_string"]), "x-id": ""}
        # A request that was signed beforehand has its signature there.
        left += [f"?{name}" for name, _ in query if name not in known and not AROUND.match(name.lower())]
        known_headers = {name.lower() for name in again["headers"]}
        left += [
            name
            for name in sent["headers"]
            if name.startswith("x-amz") and name not in known_headers and not AROUND.match(name)
        ]
    return operation, params, left


def as_sent(shape, document):
    """The members that stand in the body, with the types that they have there: the parser makes a number of a text."""
    names = {member.serialization.get("name", name): name for name, member in shape.members.items()} if shape else {}
    return {names.get(key, key): value for key, value in document.items()}


def without_nothing(params):
    """Without what the parser makes of members that are not there."""
    return {name: value for name, value in params.items() if value is not None and value != [] and value != {}}


def missing(reading):
    operation, params, _ = reading
    required = operation.input_shape.required_members if operation.input_shape else []
    return [name for name in required if name not in params]


def specificity(reading):
    operation, _, _ = reading
    return -len(operation.input_shape.required_members if operation.input_shape else [])


def beyond_types(shape, value, path):
    """What botocore leaves to the service: patterns, enums, and the most of everything."""
    kind, limits = shape.type_name, shape.metadata
    if kind == "structure":
        for name, item in value.items():
            if name in shape.members:
                yield from beyond_types(shape.members[name], item, f"{path}.{name}")
    elif kind == "list":
        for item in value:
            yield from beyond_types(shape.member, item, f"{path}[]")
    elif kind == "map":
        for key, item in value.items():
            yield from beyond_types(shape.key, key, f"{path} (key)")
            yield from beyond_types(shape.value, item, f"{path}[{key}]")
    elif kind == "string":
        if shape.enum and value not in shape.enum:
            yield f"{path}: {value!r} is none of {', '.join(shape.enum[:5])}, …"
        if "pattern" in limits and not validated_pattern(limits["pattern"]).fullmatch(value):
            yield f"{path}: {value!r} does not match {limits['pattern']}"
    size = len(value) if kind in ("string", "list", "map", "blob") else value if kind in ("integer", "long") else None
    if size is not None and "max" in limits and size > limits["max"]:
        yield f"{path}: {size} is more than {limits['max']}"
    if size is not None and "min" in limits and size < limits["min"]:
        yield f"{path}: {size} is less than {limits['min']}"


if __name__ == "__main__":
    worker.serve({"judge": judge, "canJudge": lambda _: PROTOCOL_PARSERS is not None})
