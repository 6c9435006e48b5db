"""Options that several commands share, spelled once: a dataclass of options as one parameter of a command.

    @dataclass                          @spread
    class FleetOptions:                 def deadline(model: Model, fleet: FleetOptions) -> None: ...
        devices: Devices = None
        price: Price = None             -> --model --devices --price, and `fleet.devices`, `fleet.price`

typer reads options from a signature; `spread` gives it one in which every field of a group is a parameter of its own.
A group may hold groups. It is not known here what the options mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The same command with each group of options field by field.

    Raises:
        ValueError: two options of the command have one name.
    """
    hints = get_type_hints(command, include_extras=True)
    asked = {one.name: (hints[one.name], one.default) for one in signature(command).parameters.values()}
    parameters = [one for name, (hint, default) in asked.items() for one in _parameters(name, hint, default)]
    # Signature counts names for each kind of parameter; all of them are keywords here.
    if len({one.name for one in parameters}) != len(parameters):
        raise ValueError(f"{command.__name__} has an option twice: {', '.join(one.name for one in parameters)}")

    def called(**given: Any) -> None:
        command(**{name: _collected(name, hint, given) for name, (hint, _) in asked.items()})

    called.__name__, called.__doc__, called.__module__ = command.__name__, command.__doc__, command.__module__
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    called.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # what `inspect` looks for
    return called


def _parameters(name: str, hint: Any, default: Any) -> Iterator[Parameter]:
    if not is_dataclass(hint):
        yield Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=hint)
        return
    hints = get_type_hints(hint, include_extras=True)
    for field in fields(hint):
        usual = Parameter.empty if field.default is MISSING else field.default
        yield from _parameters(field.name, hints[field.name], usual)


def _collected(name: str, hint: Any, given: dict[str, Any]) -> Any:
    if not is_dataclass(hint):
        return given[name]
    hints = get_type_hints(hint)
    values = {field.name: _collected(field.name, hints[field.name], given) for field in fields(hint)}
    assert isinstance(hint, type), "annotations are types"
    return hint(**values)
