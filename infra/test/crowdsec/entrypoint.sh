#!/bin/sh
# What the official image does at start, as far as compose.yaml relies on it: a machine for itself, a bouncer for each secret.
set -eu
cscli machines add local --auto --force > /dev/null
for secret in /run/secrets/bouncer_key_*; do
  [ -e "$secret" ] || continue
  name=${secret##*/bouncer_key_}
  cscli bouncers delete "$name" > /dev/null 2>&1 || true
  cscli bouncers add "$name" -k "$(cat "$secret")" > /dev/null
done
exec crowdsec
