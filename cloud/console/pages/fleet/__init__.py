"""The gateways: all of them, worst first, and one by itself with what people do for it."""
