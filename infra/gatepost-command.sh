#!/bin/sh
# `docker compose exec gatepost gatepost account add me@example.com`
exec node /opt/gatepost/apps/app/src/cli.ts "$@" --config /etc/gatepost/gatepost.toml
