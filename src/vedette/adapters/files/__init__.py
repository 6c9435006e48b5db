"""Files that requests name, below the folders that the operator allows."""
