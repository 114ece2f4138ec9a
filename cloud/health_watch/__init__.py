"""The watch from outside: a process on another machine that asks health, and pages when it gets no good answer."""
