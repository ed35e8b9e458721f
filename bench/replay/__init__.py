"""Servers that send prepared bytes, so that the driver is measured and not the engine behind it."""
