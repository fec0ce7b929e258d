"""What a request looks like without the values that differ from run to run.

A shape: method, path template, query, content type, and of the body each member's path and type. Two requests of the same
method, path, query and content type are one shape; its body holds what any of them held.
"""

import json
import pathlib
import re
import urllib.parse

FILE = pathlib.Path(__file__).parent / "requests.json"

# Query keys whose value is another each time.
VARYING = {"continue", "resourceVersion", "timeoutSeconds", "limit"}
# Maps whose keys are data.
MAPS = {"metadata.annotations", "metadata.labels", "spec.csi.volumeAttributes", "status.facts", "data"}
PURPOSE = re.compile(r"[(]([^()]*)[)]$")


def template(path):
    """/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}"""
    words = path.strip("/").split("/")
    head = 2 if words[0] == "api" else 3
    made, rest = words[:head], words[head:]
    if len(rest) > 2 and rest[0] == "namespaces":
        made, rest = [*made, "namespaces", "{namespace}"], rest[2:]
    if len(rest) > 1:
        rest[1] = "{name}"
    return "/" + "/".join([*made, *rest])


def _type(value):
    names = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", type(None): "null"}
    return names[type(value)]


def members(value, path=""):
    """path -> type of everything in a JSON value; a list's items all have the path `x[]`."""
    if isinstance(value, dict) and path not in MAPS and (value or not path):
        found = {}
        for key, inner in value.items():
            found.update(members(inner, f"{path}.{key}" if path else key))
        return found
    if isinstance(value, list):
        found = {path: "array"}
        for inner in value:
            found.update(members(inner, f"{path}[]"))
        return found
    return {path: _type(value)}


def shape_of(method, target, content_type="", body=""):
    """The shape as requests.json holds it."""
    split = urllib.parse.urlsplit(target)
    query = dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
    shape = {"method": method, "path": template(split.path),
             "query": {key: "*" if key in VARYING else value for key, value in sorted(query.items())}}
    if body:
        shape["content_type"] = content_type
        shape["body"] = dict(sorted(members(json.loads(body)).items()))
    return shape


def key_of(shape):
    """What makes two requests the same shape."""
    return (shape["method"], shape["path"], tuple(shape["query"].items()), shape.get("content_type", ""))


def text_of(shape):
    query = "&".join(f"{key}={value}" for key, value in shape["query"].items())
    return f"{shape['method']} {shape['path']}{'?' if query else ''}{query} {shape.get('content_type', '')}".strip()


def purpose_of(user_agent):
    found = PURPOSE.search(user_agent)
    return found.group(1) if found else ""


def merged(shapes):
    """One shape a key, with the members of all of them; `for`: the purposes that they were sent for."""
    found = {}
    for shape in shapes:
        one = found.setdefault(key_of(shape), {**shape, **({"body": {}} if "body" in shape else {}), "for": []})
        one["for"] = sorted({*one["for"], *shape.get("for", [])})
        for path, kinds in shape.get("body", {}).items():
            seen = {*one["body"].get(path, kinds).split("|"), *kinds.split("|")}
            one["body"][path] = "|".join(sorted(seen))
        if "body" in shape:
            one["body"] = dict(sorted(one["body"].items()))
    return [found[key] for key in sorted(found, key=lambda key: (key[1], key[0], key[2:]))]


def recorded():
    return json.loads(FILE.read_text())


def unknown(shapes, known):
    """Sentences about what is in `shapes` and not in `known`."""
    by_key = {key_of(shape): shape for shape in known}
    said = []
    for shape in shapes:
        match = by_key.get(key_of(shape))
        if match is None:
            said.append(f"the request {text_of(shape)} (for {', '.join(shape.get('for', []))}) is not recorded")
            continue
        for path, kinds in shape.get("body", {}).items():
            if not {*kinds.split("|")} <= {*match["body"].get(path, "").split("|")}:
                said.append(f"{text_of(shape)}: the body's member {path} ({kinds}) is not recorded")
    return said
