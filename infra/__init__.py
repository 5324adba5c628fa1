"""What runs Longwire: the resources template, the systemd unit and the local stack."""
