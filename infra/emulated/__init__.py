"""The packaged template, deployed into an emulator of AWS on this machine and driven there."""
