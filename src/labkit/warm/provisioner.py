"""The kernel provisioner that forks: what runs a notebook need not know that it does."""

from __future__ import annotations

from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from labkit.warm.pool import WarmProcess

#: The entry point of this provisioner (``jupyter_client.kernel_provisioners``).
NAME = "labkit-warm"

_warm: WarmProcess | None = None


def use(warm: WarmProcess | None) -> None:
    """Fork the kernels of this process from ``warm`` from now on."""
    global _warm
    _warm = warm


class WarmProvisioner(LocalProvisioner):
    """Has a kernel forked instead of starting one."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel with the folder and environment it would be started with.

        Raises:
            RuntimeError: no warm process was given to ``use``.
        """
        if _warm is None:
            raise RuntimeError("call labkit.warm.provisioner.use first")
        connection_file: str = self.parent.connection_file  # type: ignore[union-attr]
        forked = _warm.fork(
            "labkit.warm.zygote:run_kernel",
            [connection_file],
            folder=str(kwargs["cwd"]),
            environment=kwargs["env"],
        )
        self.process = forked  # type: ignore[assignment]  # it has what is asked of a Popen
        self.pid = self.pgid = forked.pid
        return self.connection_info
