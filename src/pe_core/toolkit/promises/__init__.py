"""What every plugin owes, one module a promise: functions that yield a line for each fault."""
