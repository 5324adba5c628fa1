#!/bin/bash
# Makes an instance a device: run by the user data of infra/template/devices.yaml, in the unpacked bundle.
# LONGWIRE_URL, LONGWIRE_TOKEN_PARAMETER, LONGWIRE_GROUP and AWS_DEFAULT_REGION say of what.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
place=${LONGWIRE_PLACE:-/opt/longwire}

"$place/bin/pip" install -q -r "$here/requirements.txt"
"$place/bin/pip" install -q --no-deps "$here"/longwire-*.whl
ln -sf "$place/bin/longwire-agent" /usr/local/bin/longwire-agent

install -D -m 0644 "$here/agent.toml" /etc/longwire/agent.toml
cat >>/etc/longwire/agent.toml <<EOF

[ec2]
notices = "on"
autoscaling_group = "$LONGWIRE_GROUP"
lifecycle_hook = "drain"
EOF
install -D -m 0644 "$here/longwire-agent.service" /etc/systemd/system/longwire-agent.service

# The first instance is there before the service is whole: it waits for its token, half an hour at most.
token() {
  "$place/bin/python" - <<'EOF'
import os

import boto3

answer = boto3.client("ssm").get_parameter(Name=os.environ["LONGWIRE_TOKEN_PARAMETER"], WithDecryption=True)
print(answer["Parameter"]["Value"])
EOF
}
tries=0
until token 2>/dev/null | longwire-agent enroll --url "$LONGWIRE_URL" --token -; do
  tries=$((tries + 1))
  [ "$tries" -lt 180 ] || exit 1
  sleep 10
done
systemctl daemon-reload
systemctl enable --now longwire-agent
