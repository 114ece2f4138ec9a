"""Lines of the machine's GPIO chips, through the kernel's character device: outputs for alarms, inputs as sources."""
