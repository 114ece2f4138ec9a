"""A program that is none of ours, as a part of the demo:  python -m demo.program influxd -config FILE ─► influxd"""

import os
import sys

if __name__ == "__main__":
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - what was found on this machine
