"""The kernel provisioner that forks: what runs a notebook need not know that it does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import traitlets
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from labkit.paths import ROOT_VARIABLE
from labkit.warm.confine import Cell
from labkit.warm.pool import WarmProcess

#: The entry point of this provisioner (``jupyter_client.kernel_provisioners``).
NAME = "labkit-warm"


class WarmProvisioner(LocalProvisioner):
    """Has a kernel forked instead of starting one.

    ``warm`` is what to fork from; ``confined``, whether the kernel may write only to the folder
    its workspace lies in. Both come with the kernel's specification.
    """

    warm: WarmProcess | None = traitlets.Any(None)  # type: ignore[assignment]
    confined: bool = traitlets.Bool(False)  # type: ignore[assignment]

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel with the folder and environment it would be started with.

        Raises:
            RuntimeError: the specification names no warm process.
        """
        if self.warm is None:
            raise RuntimeError("the kernel's specification names no warm process")
        connection_file: str = self.parent.connection_file  # type: ignore[union-attr]
        forked = self.warm.fork(
            "labkit.warm.zygote:run_kernel",
            [connection_file],
            folder=str(kwargs["cwd"]),
            environment=kwargs["env"],
            cell=_cell_for(kwargs["env"]) if self.confined else None,
        )
        self.process = forked  # type: ignore[assignment]  # it has what is asked of a Popen
        self.pid = self.pgid = forked.pid
        return self.connection_info


def _cell_for(environment: Mapping[str, str]) -> Cell:
    # The sockets by which the kernel is reached lie beside the workspace.
    return Cell(writable=(str(Path(environment[ROOT_VARIABLE]).parent),))
