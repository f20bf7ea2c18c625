"""The local AWS: ministack behind overlays as strict as AWS, with checkpoints and faults."""
