"""Pure decisions and maths: no await, no clock, no socket, no file, no thread."""
