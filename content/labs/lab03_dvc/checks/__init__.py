"""The public checks of lab 3: what a student sees run."""

from .ex_3_1 import committed, pointer_made, repository_made
from .ex_3_2 import bytes_pushed, default_remote, setting_committed
from .ex_3_3 import second_committed, second_here, second_pushed
from .ex_3_4 import faulty_found, rolled_back, twice_counted
from .ex_3_5 import bytes_proved, cloned, table_fetched
from .ex_3_6 import causes_found, colleagues_served
from .ex_3_7 import out_of_git, tracked_instead

__all__ = [
    "bytes_proved",
    "bytes_pushed",
    "causes_found",
    "cloned",
    "colleagues_served",
    "committed",
    "default_remote",
    "faulty_found",
    "out_of_git",
    "pointer_made",
    "repository_made",
    "rolled_back",
    "second_committed",
    "second_here",
    "second_pushed",
    "setting_committed",
    "table_fetched",
    "tracked_instead",
    "twice_counted",
]
