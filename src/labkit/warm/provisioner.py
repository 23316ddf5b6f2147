"""The kernel provisioner that forks: what runs a notebook need not know that it does."""

from __future__ import annotations

from typing import Any

import traitlets
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from labkit.warm.confine import Cell
from labkit.warm.pool import WarmProcess

#: The entry point of this provisioner (``jupyter_client.kernel_provisioners``).
NAME = "labkit-warm"


class WarmProvisioner(LocalProvisioner):
    """Has a kernel forked instead of starting one.

    ``warm`` is what to fork from; ``cell``, what the kernel is confined to, if it is. Both come
    with the kernel's specification.
    """

    warm: WarmProcess | None = traitlets.Any(None)  # type: ignore[assignment]
    cell: Cell | None = traitlets.Any(None)  # type: ignore[assignment]

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
            cell=self.cell,
        )
        self.process = forked  # type: ignore[assignment]  # it has what is asked of a Popen
        self.pid = self.pgid = forked.pid
        return self.connection_info
