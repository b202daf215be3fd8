"""Queue, runner and devices: turns queued runs into trainer processes and their ends into states. Never torch."""
