#!/usr/bin/env bash
# Expected: a number written as JSON by lua-cjson and read back is the same number; integers of Lua
# 5.4 stay integers.
# Seen (Debian's lua-cjson 2.1.0, Lua 5.4.4): numbers are written with 14 digits: 0.1 + 0.2 becomes
# 0.3, 1/3 loses its last bits, and the integer 2^53 becomes 9.007199254741e+15, which is 8 too large.
# All numbers are read as floats: 3 comes back as 3.0. cjson.encode_number_precision goes up to 14
# only in this version; write what must be exact as a string made with "%.17g".
# Why it matters: seeds, step counts beyond 10^14 and double-precision results of runs change on their
# way through a record, so a rerun from it is not the same run.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in lua5.4 lua-cjson; do
    dpkg-query -W "$package" >/dev/null 2>&1 || apt-get install -y -qq --no-install-recommends "$package" >/dev/null
done
dpkg-query -W -f '${Package} ${Version}\n' lua5.4 lua-cjson

changed() {
    echo "changed: $1" >&2
    exit 1
}

cat >check.lua <<'LUA'
local cjson = require "cjson"
local function back(x) return cjson.decode(cjson.encode({x}))[1] end
for _, x in ipairs{0.1 + 0.2, 1 / 3, 2^53 | 0, 3} do
    local y = back(x)
    print(string.format("%.17g", x), "written", cjson.encode(x), "read", string.format("%.17g", y), math.type(y))
end
assert(cjson.encode(0.1 + 0.2) == "0.3", "0.1 + 0.2")
assert(back(1 / 3) ~= 1 / 3, "1 / 3")
assert(back(2^53 | 0) == 9007199254741000.0, "2^53")
assert(math.type(back(3)) == "float", "3")
assert(not pcall(cjson.encode_number_precision, 17), "precision of 17")
LUA
lua5.4 check.lua || changed "numbers through cjson"
echo "as recorded"
