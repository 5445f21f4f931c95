# A Docker daemon of our own, for stack-test to source. Its files are in $GATEPOST_TEST_FOLDER, its socket is $DOCKER_HOST.
daemon=
is_filtering=yes
has_ipv6=yes
export DOCKER_HOST="unix://$GATEPOST_TEST_FOLDER/docker.sock" DOCKER_CONFIG="$GATEPOST_TEST_FOLDER/docker-config"

# containerd's shims keep their sockets there, whoever starts them.
mkdir -p /run/containerd
mount -t tmpfs tmpfs /run/containerd
# In memory: it is less than a gigabyte, faster than a disk, and carries overlay2 also where the disk is an overlay itself.
mkdir "$GATEPOST_TEST_FOLDER/data"
mount -t tmpfs tmpfs "$GATEPOST_TEST_FOLDER/data"

# start_daemon WRAPPER OPTION...: with the words of WRAPPER before the command; false when the daemon ends or does not answer.
start_daemon() {
  local wrapper=$1
  shift
  # shellcheck disable=SC2086 # an empty wrapper is no word
  $wrapper dockerd --host "$DOCKER_HOST" --data-root "$GATEPOST_TEST_FOLDER/data" --exec-root "$GATEPOST_TEST_FOLDER/exec" \
    --pidfile "$GATEPOST_TEST_FOLDER/docker.pid" --storage-driver overlay2 \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/${GATEPOST_TEST_FOLDER##*/}" "$@" > "$GATEPOST_TEST_FOLDER/dockerd.log" 2>&1 &
  daemon=$!
  for _ in $(seq 150); do
    if docker version > /dev/null 2>&1; then return 0; fi
    kill -0 "$daemon" 2> /dev/null || break
    sleep 0.2
  done
  stop_daemon
  return 1
}

stop_daemon() {
  [ -n "$daemon" ] || return 0
  kill "$daemon" 2> /dev/null || true
  wait "$daemon" || true
  daemon=
}

why_no_daemon() { grep -v 'level=\(info\|debug\)' "$GATEPOST_TEST_FOLDER/dockerd.log" | tail -n 1; }

# In the machine's own network, for the package registry, and touching nothing in it: it can build images, and that is all.
start_building_daemon() { start_daemon '' --bridge none --iptables=false --ip-forward=false; }

# In the network of process $1: bridges, published ports and packet filter are that namespace's.
start_serving_daemon() {
  local wrapper="nsenter --net=/proc/$1/ns/net"
  # Until Docker 27 the filter for IPv6 is an experiment.
  if start_daemon "$wrapper" --experimental --ip6tables; then return 0; fi
  say "FELL BACK to a daemon without IPv6: $(why_no_daemon)"
  has_ipv6=
  if start_daemon "$wrapper"; then return 0; fi
  say "FELL BACK to a daemon without packet filter, so nothing is checked of networks and addresses: $(why_no_daemon)"
  is_filtering=
  start_daemon "$wrapper" --iptables=false
}
