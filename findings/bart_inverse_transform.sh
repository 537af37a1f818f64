#!/usr/bin/env bash
# Expected: "bart fft -i" undoes "bart fft", as ifft undoes fft in NumPy, MATLAB and sigpy.
# Seen (bart 0.8.00): neither direction is scaled: forth and back multiplies by the number of points,
# 4 for 4 points. Zero frequency is in the middle in both domains. "-u" makes both unitary.
# Why it matters: in k-space pipelines the factor is the image size, 65536 for 256 x 256, and changes
# with zero-filling; regularisation weights copied between tools are off by it.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in bart; do
    dpkg-query -W "$package" >/dev/null 2>&1 || apt-get install -y -qq --no-install-recommends "$package" >/dev/null
done
dpkg-query -W -f '${Package} ${Version}\n' bart

changed() {
    echo "changed: $1" >&2
    exit 1
}

bart ones 1 4 ones
bart fft 1 ones there
bart fft -i 1 there back
bart fft -u 1 ones unitary
bart fft -u -i 1 unitary again
echo "ones transformed: $(bart show there)"
echo "forth and back:   $(bart show back)"
echo "the same with -u: $(bart show again)"
[ "$(bart show back | grep -o '+4.000000e+00[+-]0' | wc -l)" = 4 ] || changed "forth and back"
[ "$(bart show again | grep -o '+1.000000e+00[+-]0' | wc -l)" = 4 ] || changed "forth and back with -u"
[ "$(bart show there | cut -f3 | cut -c1-13)" = "+4.000000e+00" ] || changed "the place of zero frequency"
echo "as recorded"
