"""The uniform interface: its state machine, and what its inputs and outputs may be. It knows no HTTP and no file."""
