"""The device: takes sessions from its pool and drives a kernel for each."""
