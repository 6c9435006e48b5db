"""HTTP: requests become orders of the service, answers become responses. It knows no model and decides nothing."""
