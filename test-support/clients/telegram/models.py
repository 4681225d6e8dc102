"""Holds calls of the Bot API, and what was answered, against aiogram's models of it, which are generated from its documentation.

Reads a JSON list of {"method", "params", "files", "answer"} from standard input and prints what is wrong, one line each.
"""

import json
import sys

import aiogram.methods
from aiogram.types import BufferedInputFile
from pydantic import BaseModel, TypeAdapter, ValidationError

METHODS = {name.lower(): getattr(aiogram.methods, name) for name in aiogram.methods.__all__}


def unknown(value, path):
    """Fields that the models do not have: they take them in silence."""
    if isinstance(value, BaseModel):
        for name in value.model_extra or {}:
            yield f"{path}.{name} is no field of {type(value).__name__}"
        for name in type(value).model_fields:
            yield from unknown(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from unknown(item, f"{path}[{index}]")


def wrong(call):
    method = METHODS.get(call["method"].lower())
    if method is None:
        yield f"{call['method']} is no method"
        return
    params = dict(call["params"])
    for file in call["files"]:
        field = next((name for name, value in params.items() if value == f"attach://{file}"), file)
        params[field] = BufferedInputFile(b"", filename=file)
    try:
        yield from unknown(method.model_validate(params), call["method"])
        if call["answer"] is not None:
            answer = TypeAdapter(method.__returning__).validate_python(call["answer"])
            yield from unknown(answer, f"answer of {call['method']}")
    except ValidationError as error:
        for line in error.errors():
            yield f"{call['method']}: {line['loc']}: {line['msg']}: {line['input']!r}"


calls = json.load(sys.stdin)
found = sorted({line for call in calls for line in wrong(call)})
print("\n".join(found) if found else f"{len(calls)} calls are as documented")
