#!/usr/bin/env bash
# Proves docs/asterisk/*.conf with a real Asterisk: a recorded human inside it books a room over the trunk.
#   scripts/prove_asterisk.sh ROOT      ROOT: a folder for Debian sid with Asterisk (built there if empty; needs root)
#   scripts/prove_asterisk.sh ROOT media RECORDINGS   instead, trunk calls by G.722 and Opus, with SDES and without:
#       what each side said is looked for in what the other recorded; RECORDINGS: RUNTIME_DATA_DIR/recordings
#   scripts/prove_asterisk.sh ROOT registered   instead, the user agent registers as 7000, is called and calls (pytest)
# But for the last, aywa-media must be running on 127.0.0.1:5080, or where AYWA_SIP_PORT says. PY names the Python.
set -euo pipefail

root=${1:?usage: scripts/prove_asterisk.sh ROOT [media RECORDINGS | registered]}
what=${2:-human}
recordings=${3:-}
port=${AYWA_SIP_PORT:-5080}
here=$(cd "$(dirname "$0")/.." && pwd)
folder=/etc/aywa-trunk
[ "$(id -u)" = 0 ] || { echo "prove_asterisk: needs root for debootstrap and chroot" >&2; exit 2; }

if [ ! -x "$root/usr/sbin/asterisk" ]; then
    mirror=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources)
    echo "building Debian sid with Asterisk in $root (about a minute) ..."
    debootstrap --variant=minbase --include=asterisk,asterisk-modules,asterisk-core-sounds-en-wav \
        sid "$root" "$mirror" >"$root.log" 2>&1 || { echo "prove_asterisk: debootstrap failed, see $root.log" >&2; exit 2; }
fi

rm -rf "${root:?}$folder"
mkdir -p "$root$folder"
cp "$root"/etc/asterisk/{indications,features,stasis,acl,ccss,udptl}.conf "$root$folder/" 2>/dev/null || true
cp "$here"/docs/asterisk/*.conf "$root$folder/"
sed -i "s/:5080/:$port/" "$root$folder/pjsip.conf"
# name, codec, media_encryption: trunks that differ from the documented one in this alone.
trunks="pcma:alaw:no g722:g722:no opus:opus:no pcmu-sdes:ulaw:sdes g722-sdes:g722:sdes opus-sdes:opus:sdes"
for trunk in $trunks; do
    IFS=: read -r name codec encryption <<<"$trunk"
    cat >>"$root$folder/pjsip.conf" <<CONF

[$name]
type = endpoint
transport = aywa-transport
context = from-aywa
aors = $name
disallow = all
allow = $codec
direct_media = no
media_encryption = $encryption

[$name]
type = aor
contact = sip:127.0.0.1:$port
CONF
    printf '\n[proof-%s]\nexten => call,1,Dial(PJSIP/%s@%s,30)\n' "$name" "$name" "$name" >>"$root$folder/extensions.conf"
    cat >>"$root$folder/extensions.conf" <<CONF
[side-$name]
exten => speak,1,Answer()
 same => n,Set(TIMEOUT(absolute)=13)
 same => n,MixMonitor(/tmp/$name-mix.wav,r(/tmp/$name-heard.wav))
 same => n,Wait(6)
 same => n,Playback(demo-congrats)
CONF
done
if [ "$what" = registered ]; then mv "$root$folder/pjsip-registered.conf" "$root$folder/pjsip.conf"; fi
cat >"$root$folder/asterisk.conf" <<CONF
[directories]
astetcdir => $folder
astmoddir => /usr/lib/$(uname -m)-linux-gnu/asterisk/modules
astvarlibdir => /var/lib/asterisk
astdbdir => /var/lib/asterisk
astdatadir => /usr/share/asterisk
astspooldir => /var/spool/asterisk
astrundir => /var/run/asterisk
astlogdir => /var/log/asterisk
CONF
printf '[modules]\nautoload = yes\nnoload = chan_iax2.so\nnoload = chan_unistim.so\nnoload = pbx_dundi.so\n' >"$root$folder/modules.conf"
printf '[general]\n[logfiles]\nconsole => notice,warning,error,verbose\n' >"$root$folder/logger.conf"
printf '[general]\nrtpstart = 12000\nrtpend = 12999\n' >"$root$folder/rtp.conf"
mkdir -p "$root/run/asterisk"
chroot "$root" chown -R asterisk:asterisk "$folder" /run/asterisk /var/lib/asterisk /var/log/asterisk /var/spool/asterisk

chroot "$root" /usr/sbin/asterisk -f -U asterisk -G asterisk -C "$folder/asterisk.conf" >"$root.out" 2>&1 &
asterisk=$!
trap 'kill $asterisk 2>/dev/null || true; wait $asterisk 2>/dev/null || true' EXIT
cli() { chroot "$root" /usr/sbin/asterisk -C "$folder/asterisk.conf" -rx "$1"; }
for _ in $(seq 100); do cli 'core waitfullybooted' 2>/dev/null | grep -q 'fully booted' && break; sleep 0.2; done
if [ "$what" = registered ]; then
    cd "$here"
    AYWA_ASTERISK_CLI="chroot $root /usr/sbin/asterisk -C $folder/asterisk.conf -rx" \
        "${PY:-python3}" -m pytest -q -rs tests/interop/test_asterisk_registered.py
    exit
fi
for _ in $(seq 50); do cli 'pjsip show contacts' 2>/dev/null | grep -q 'Avail' && break; sleep 0.2; done
cli 'pjsip show contacts'

prove_media() {
    local trunk name failed=0
    for trunk in $trunks; do
        name=${trunk%%:*}
        rm -f "$root/tmp/$name"-*.wav
        cli "channel originate Local/call@proof-$name extension speak@side-$name"
        sleep 9
        cli 'pjsip show channelstats' | sed -n '4,$p' | grep -v '^$'
        sleep 6
        "${PY:-$here/.venv/bin/python}" "$here/scripts/prove_asterisk_audio.py" "$name" "$root" "$recordings" || failed=1
    done
    return $failed
}

if [ "$what" = media ]; then
    prove_media
    exit
fi
cli 'channel originate Local/8000@phones extension human@trial'
for _ in $(seq 60); do cli 'core show channels count' 2>/dev/null | grep -q '^0 active calls' && break; sleep 1; done
cli 'core show channels count'
