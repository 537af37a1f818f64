#!/usr/bin/env bash
# Expected: converting a recording to 16 bits with sox is a function of the recording.
# Seen (sox 14.4.2): whenever bits are dropped sox adds dither, seeded by the clock: two conversions
# of one file differ in most samples. With -R both are equal, with -D there is no dither.
# Why it matters: a data set prepared by a script cannot be reproduced or verified by a checksum, and
# a comparison of reconstructions has a floor of one step of noise that is different for each
# preparation.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in sox; do
    dpkg-query -W "$package" >/dev/null 2>&1 || apt-get install -y -qq --no-install-recommends "$package" >/dev/null
done
dpkg-query -W -f '${Package} ${Version}\n' sox

changed() {
    echo "changed: $1" >&2
    exit 1
}

sox -D -n -r 8000 -b 32 source.wav synth 1 sine 100 gain -20
convert() { sox "$@" 2>/dev/null; }
convert source.wav -b 16 first.wav
sleep 1.1
convert source.wav -b 16 second.wav
convert -R source.wav -b 16 third.wav
sleep 1.1
convert -R source.wav -b 16 fourth.wav
different=$(cmp -l first.wav second.wav | wc -l || true)
repeatable=$(cmp -l third.wav fourth.wav | wc -l || true)
echo "bytes that differ between two conversions: $different of $(stat -c %s first.wav); with -R: $repeatable"
[ "$different" -gt 1000 ] || changed "two conversions agree"
cmp -s third.wav fourth.wav || changed "two conversions with -R differ"
echo "as recorded"
