#!/usr/bin/env bash
# bench_peers.sh: install the systems that `make bench ARGS=peers` measures beside ours: rtpengine from the
# distribution, Pipecat and LiveKit Agents into a virtual environment of their own, .venv-peers.
#
# It must have the interpreter version of .venv: our G.711 kernel is used from both.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/packages.sh

PEERS=${AYWA_PEERS_VENV:-.venv-peers}
PYTHON=${PYTHON:-.venv/bin/python}
# What was measured; newer ones may have moved the interfaces that bench/peers uses.
PACKAGES=(pipecat-ai==1.14.0 livekit-agents==1.8.9 livekit-plugins-silero==1.8.9 webrtcvad-wheels)

if ! command -v rtpengine >/dev/null 2>&1; then
    # Its package starts a daemon; this machine need not run one.
    POLICY=/usr/sbin/policy-rc.d
    if [ ! -e "$POLICY" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null
        as_root chmod +x "$POLICY"
        trap 'as_root rm -f "$POLICY"' EXIT
    fi
    install_packages rtpengine-daemon
fi
if [ ! -x "$PEERS/bin/python" ]; then
    step venv-peers "Making the peers' virtual environment" "$PYTHON" -m venv "$PEERS" ||
        fail "the virtual environment could not be made (see $LOGS/venv-peers.log)"
fi
step pip-peers "Installing ${PACKAGES[*]}" "$PEERS/bin/python" -m pip --disable-pip-version-check --no-input \
    install --progress-bar off --retries 5 "${PACKAGES[@]}" ||
    fail "the peers could not be installed (see $LOGS/pip-peers.log), so check the network and run this again"
