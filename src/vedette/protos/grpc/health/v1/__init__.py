"""Messages of gRPC's health checking protocol."""
