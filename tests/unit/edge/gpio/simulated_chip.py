"""A simulated chip: answers ioctl as the kernel would, with a pipe for the descriptor of its one line.

No line was ever switched, and none was ever read, where a test uses this: the machines of the tests have no GPIO chip.
"""

import errno
import fcntl
import os
import struct

from edge.gpio.abi import GET_CHIP_INFO, GET_LINE, GET_LINE_INFO, GET_VALUES, SET_VALUES, USED, Edge, build_edge


class SimulatedChip:
    """One chip of 28 lines, of which one can be asked for; `refuses` is the errno with which it is not given."""

    def __init__(self) -> None:
        self.requested: tuple[int, int] | None = None
        self.debounce_us = self.events = self.level = self.refuses = 0
        self._writer = -1

    def __call__(self, fd: int, request: int, argument: bytearray, _changes: bool = True) -> int:
        if request == GET_LINE:
            self._give_line(argument)
        elif request == SET_VALUES:
            bits, mask = struct.unpack("=QQ", argument)
            self.level = bits & mask
        elif request == GET_CHIP_INFO:
            struct.pack_into("=32s32sI", argument, 0, b"gpiochip0", b"pinctrl-simulated", 28)
        elif request == GET_LINE_INFO:
            is_used = self.requested is not None or self.refuses == errno.EBUSY
            struct.pack_into("=32s32s", argument, 0, b"GPIO23", b"w1" if is_used else b"")
            struct.pack_into("=Q", argument, 72, USED if is_used else 0)
        else:
            assert request == GET_VALUES
            fcntl.fcntl(fd, fcntl.F_GETFD)  # as of any closed descriptor: OSError
            struct.pack_into("=Q", argument, 0, self.level)
        return 0

    def _give_line(self, argument: bytearray) -> None:
        assert len(argument) == 592
        offset, count, self.events = struct.unpack_from("=I556xII", argument, 0)
        assert (bytes(argument[256:266]), count) == (b"siaga-edge", 1)
        if self.refuses:
            raise OSError(self.refuses, os.strerror(self.refuses))
        self.requested = (offset, struct.unpack_from("=Q", argument, 288)[0])
        self.debounce_us = struct.unpack_from("=I", argument, 328)[0] if argument[296] else 0
        reader, self._writer = os.pipe()
        struct.pack_into("=i", argument, 588, reader)

    def give(self, *edges: Edge) -> None:
        """Let these edges wait at the line."""
        os.write(self._writer, b"".join(map(build_edge, edges)))

    def unplug(self) -> None:
        """The chip is gone."""
        os.close(self._writer)
