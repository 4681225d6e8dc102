"""Holds calls against slack_sdk's models: reads a JSON array of {"method", "body"} and fails on the first that they refuse.

A block or view has to come back from its model as it was sent, so that a field that the models do not know is refused too.
"""

import json
import logging
import sys

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

logging.disable(logging.CRITICAL)


def same(sent, kept):
    """Whether a model kept all that was sent."""
    if isinstance(sent, dict):
        return isinstance(kept, dict) and all(name in kept and same(value, kept[name]) for name, value in sent.items())
    if isinstance(sent, list):
        return isinstance(kept, list) and len(sent) == len(kept) and all(map(same, sent, kept))
    return sent == kept


def check(what, model):
    if model is None:
        raise ValueError(f"no model knows {what}")
    kept = model.to_dict()
    if not same(what, kept):
        raise ValueError(f"{what} is not {kept}")


def main():
    checked = 0
    for call in json.load(sys.stdin):
        body = call["body"]
        try:
            for block in body.get("blocks") or []:
                check(block, Block.parse(block))
                checked += 1
            if "view" in body:
                view = View(**body["view"])
                view.validate_json()
                for block in body["view"]["blocks"]:
                    check(block, Block.parse(block))
                checked += 1
        except Exception as error:
            sys.exit(f"{call['method']}: {error!r}\n{json.dumps(body, indent=1)}")
    print(checked)


main()
