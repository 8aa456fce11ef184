"""The struct that all models are: frozen and keyword-only."""

from typing import Any, dataclass_transform

import msgspec


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class ModelMeta(msgspec.StructMeta):
    """Make every subclass frozen and keyword-only (msgspec does not inherit ``kw_only``)."""

    def __new__(
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any
    ) -> Any:
        """Build the struct with the house's two defaults."""
        config.setdefault("kw_only", True)
        config.setdefault("frozen", True)
        return super().__new__(mcls, name, bases, namespace, **config)


# Said again on the class: type checkers find msgspec's own word on Struct before the metaclass.
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Model(msgspec.Struct, metaclass=ModelMeta):
    """A word of the domain. Lenient on the wire: unknown fields are skipped."""
