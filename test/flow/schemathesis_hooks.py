"""What JSON Schema cannot say of a request: left out of what schemathesis takes for a good one."""

import schemathesis


def tags_of(body):
    tags = body.get("tags") if isinstance(body, dict) else None
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


@schemathesis.hook
def filter_body(context, body):
    """A tag's key is given once, and a tag has 256 bytes at most (the schema counts characters)."""
    tags = tags_of(body)
    keys = [tag.split("=", 1)[0] for tag in tags]
    return len(set(keys)) == len(keys) and all(len(tag.encode(errors="replace")) <= 256 for tag in tags)
