#!/bin/sh
# What the official image does at start, as far as compose.yaml relies on it: a machine for itself, and a bouncer for each secret, named after
# the file's name from its first underscore on. A bouncer that is there keeps its key.
set -eu
cscli machines add local --auto --force > /dev/null
for secret in /run/secrets/bouncer_key*; do
  [ -e "$secret" ] || continue
  name=${secret##*/}
  name=${name#*_}
  cscli bouncers list -o raw | grep -q "^$name," || cscli bouncers add "$name" -k "$(cat "$secret")" > /dev/null
done
exec crowdsec
