"""The public checks of lab 2: what a student sees run."""

from .ex_2_1 import registered_afterwards, registered_at_once
from .ex_2_2 import description_written, tags_set
from .ex_2_3 import in_staging, old_one_serves
from .ex_2_4 import old_one_archived, promoted, validation_noted
from .ex_2_5 import challenger_gone, champion_moved, previous_kept
from .ex_2_6 import loaded_by_alias, loaded_by_stage, loaded_by_version, production_found
from .ex_2_7 import bad_one_archived, restored, restored_declared

__all__ = [
    "bad_one_archived",
    "challenger_gone",
    "champion_moved",
    "description_written",
    "in_staging",
    "loaded_by_alias",
    "loaded_by_stage",
    "loaded_by_version",
    "old_one_archived",
    "old_one_serves",
    "previous_kept",
    "production_found",
    "promoted",
    "registered_afterwards",
    "registered_at_once",
    "restored",
    "restored_declared",
    "tags_set",
    "validation_noted",
]
