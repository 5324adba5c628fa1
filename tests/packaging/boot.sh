#!/bin/bash
# Boots systemd for one service, in namespaces of its own that the caller has made: boot.sh STUFF, where
# STUFF has units/, venv/ and agent.toml. Nothing that it mounts or starts outlives it.
set -euo pipefail
stuff=$1
mount --make-rprivate /
mount -t proc proc /proc
for place in /run /var/lib /var/log /etc/longwire /opt /usr/local/bin; do
  mkdir -p "$place"
  mount -t tmpfs -o mode=0755 tmpfs "$place"
done
mkdir /opt/longwire
mount --bind "$stuff/venv" /opt/longwire
ln -s /opt/longwire/bin/longwire-agent /usr/local/bin/longwire-agent
cp "$stuff/agent.toml" /etc/longwire/
cp -r "$stuff/units" /run/units
if mountpoint -q /sys/fs/cgroup/unified; then
  umount -R /sys/fs/cgroup
  mount -t tmpfs -o mode=0755 tmpfs /sys/fs/cgroup
  mkdir /sys/fs/cgroup/systemd /sys/fs/cgroup/unified
  mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
  mount -t cgroup -o none,name=systemd systemd /sys/fs/cgroup/systemd
else
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
exec env -i container=test PATH=/usr/bin:/bin SYSTEMD_UNIT_PATH=/run/units \
  /lib/systemd/systemd --system --unit=longwire-agent.service </dev/null
