// string.find, match, gmatch and gsub with the patterns of the reference manual (§6.4.1). Lua's own matcher can run for years,
// ("a"):rep(30):find((".-"):rep(30) .. "b"), where no hook is called; this one looks for an interrupt as it goes.
// Invariant: what matches, what is captured and every error are those of Lua's library, which the tests compare with.
#define _GNU_SOURCE
#include "host.h"
#include <ctype.h>
#include <string.h>

enum { most_captures = 32, deepest = 200, open_capture = -1, position_capture = -2 };

typedef struct capture {
    const char *start;
    ptrdiff_t length;  // or open_capture, position_capture
} capture;

typedef struct matcher {
    lua_State *L;
    const char *text, *text_end, *pattern_end;
    int depth;       // calls of `match` that are left
    uint32_t steps;  // since an interrupt was last looked for
    int count;
    capture captures[most_captures];
} matcher;

static matcher matcher_for(lua_State *L, const char *text, size_t size, const char *pattern_end) {
    matcher m;
    m.L = L;
    m.text = text;
    m.text_end = text + size;
    m.pattern_end = pattern_end;
    m.steps = 0;
    m.depth = deepest;
    m.count = 0;
    return m;
}

static inline void step(matcher *m) {
    if ((++m->steps & 0x3fff) == 0) oche_stop_if_interrupted(m->L);
}

// MARK: one character

static int in_class(int c, int letter) {
    int is;
    switch (tolower(letter)) {
        case 'a': is = isalpha(c); break;
        case 'c': is = iscntrl(c); break;
        case 'd': is = isdigit(c); break;
        case 'g': is = isgraph(c); break;
        case 'l': is = islower(c); break;
        case 'p': is = ispunct(c); break;
        case 's': is = isspace(c); break;
        case 'u': is = isupper(c); break;
        case 'w': is = isalnum(c); break;
        case 'x': is = isxdigit(c); break;
        case 'z': is = c == 0; break;  // of Lua 5.1, and still known
        default: return letter == c;
    }
    return isupper(letter) ? !is : is != 0;
}

/// The end of the single-character item that begins at p.
static const char *item_end(matcher *m, const char *p) {
    const char *end = m->pattern_end;
    switch (*p++) {
        case '%':
            if (p == end) luaL_error(m->L, "malformed pattern (ends with '%%')");
            return p + 1;
        case '[':
            if (p < end && *p == '^') p++;
            // A bracket that comes first stands for itself.
            for (int first = 1; p < end; first = 0) {
                if (*p == ']' && !first) return p + 1;
                p += *p == '%' ? 2 : 1;
            }
            luaL_error(m->L, "malformed pattern (missing ']')");
            return NULL;
        default: return p;
    }
}

/// Whether the set from `[` at p to `]` at `last` has c.
static int in_set(int c, const char *p, const char *last) {
    int wanted = 1;
    p++;
    if (*p == '^') {
        wanted = 0;
        p++;
    }
    while (p < last) {
        if (*p == '%') {
            if (in_class(c, (unsigned char)p[1])) return wanted;
            p += 2;
        } else if (p[1] == '-' && p + 2 < last) {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2]) return wanted;
            p += 3;
        } else {
            if ((unsigned char)*p == c) return wanted;
            p++;
        }
    }
    return !wanted;
}

static inline int fits(const matcher *m, const char *s, const char *p, const char *item) {
    if (s >= m->text_end) return 0;
    int c = (unsigned char)*s;
    switch (*p) {
        case '.': return 1;
        case '%': return in_class(c, (unsigned char)p[1]);
        case '[': return in_set(c, p, item - 1);
        default: return (unsigned char)*p == c;
    }
}

// MARK: the rest of a pattern. Each gives the end of the match, or NULL.

static const char *match(matcher *m, const char *s, const char *p);

static const char *match_most(matcher *m, const char *s, const char *p, const char *item) {
    const char *last = s;
    for (; fits(m, last, p, item); last++) step(m);
    for (; last >= s; last--) {
        const char *end = match(m, last, item + 1);
        if (end != NULL) return end;
    }
    return NULL;
}

static const char *match_least(matcher *m, const char *s, const char *p, const char *item) {
    for (;; s++) {
        const char *end = match(m, s, item + 1);
        if (end != NULL) return end;
        if (!fits(m, s, p, item)) return NULL;
    }
}

static const char *begin_capture(matcher *m, const char *s, const char *p, ptrdiff_t kind) {
    if (m->count >= most_captures) luaL_error(m->L, "too many captures");
    m->captures[m->count++] = (capture){s, kind};
    const char *end = match(m, s, p);
    if (end == NULL) m->count--;
    return end;
}

static const char *end_capture(matcher *m, const char *s, const char *p) {
    int i = m->count - 1;
    while (i >= 0 && m->captures[i].length != open_capture) i--;
    if (i < 0) luaL_error(m->L, "invalid pattern capture");
    m->captures[i].length = s - m->captures[i].start;
    const char *end = match(m, s, p);
    if (end == NULL) m->captures[i].length = open_capture;
    return end;
}

static const char *match_capture_again(matcher *m, const char *s, int digit) {
    int i = digit - '1';
    if (i < 0 || i >= m->count || m->captures[i].length == open_capture)
        luaL_error(m->L, "invalid capture index %%%d", i + 1);
    ptrdiff_t length = m->captures[i].length;
    if (length < 0 || m->text_end - s < length || memcmp(m->captures[i].start, s, (size_t)length) != 0) return NULL;
    return s + length;
}

/// %bxy; p points behind the b.
static const char *match_balanced(matcher *m, const char *s, const char *p) {
    if (m->pattern_end - p < 2) luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (s == m->text_end || *s != p[0]) return NULL;
    int nesting = 1;
    while (++s < m->text_end) {
        step(m);
        if (*s == p[1]) {
            if (--nesting == 0) return s + 1;
        } else if (*s == p[0]) {
            nesting++;
        }
    }
    return NULL;
}

/// %f[set]; p points to the bracket.
static int is_frontier(matcher *m, const char *s, const char *p, const char *item) {
    int before = s == m->text ? 0 : (unsigned char)s[-1], after = s == m->text_end ? 0 : (unsigned char)*s;
    return !in_set(before, p, item - 1) && in_set(after, p, item - 1);
}

static const char *match_here(matcher *m, const char *s, const char *p) {
    while (p < m->pattern_end) {
        switch (*p) {
            case '(':
                if (p + 1 < m->pattern_end && p[1] == ')') return begin_capture(m, s, p + 2, position_capture);
                return begin_capture(m, s, p + 1, open_capture);
            case ')': return end_capture(m, s, p + 1);
            case '$':
                if (p + 1 == m->pattern_end) return s == m->text_end ? s : NULL;
                break;
            case '%':
                if (p + 1 == m->pattern_end) break;
                if (p[1] == 'b') {
                    s = match_balanced(m, s, p + 2);
                    if (s == NULL) return NULL;
                    p += 4;
                    continue;
                }
                if (p[1] == 'f') {
                    p += 2;
                    if (p == m->pattern_end || *p != '[') luaL_error(m->L, "missing '[' after '%%f' in pattern");
                    const char *item = item_end(m, p);
                    if (!is_frontier(m, s, p, item)) return NULL;
                    p = item;
                    continue;
                }
                if (isdigit((unsigned char)p[1])) {
                    s = match_capture_again(m, s, (unsigned char)p[1]);
                    if (s == NULL) return NULL;
                    p += 2;
                    continue;
                }
                break;
            default: break;
        }
        const char *item = item_end(m, p);
        switch (item < m->pattern_end ? *item : 0) {
            case '*': return match_most(m, s, p, item);
            case '+': return fits(m, s, p, item) ? match_most(m, s + 1, p, item) : NULL;
            case '-': return match_least(m, s, p, item);
            case '?': {
                const char *end = fits(m, s, p, item) ? match(m, s + 1, item + 1) : NULL;
                if (end != NULL) return end;
                p = item + 1;
                break;
            }
            default:
                if (!fits(m, s, p, item)) return NULL;
                s++;
                p = item;
        }
    }
    return s;
}

static const char *match(matcher *m, const char *s, const char *p) {
    step(m);
    if (m->depth-- == 0) luaL_error(m->L, "pattern too complex");
    const char *end = match_here(m, s, p);
    m->depth++;
    return end;
}

static const char *match_from_start(matcher *m, const char *s, const char *p) {
    m->count = 0;
    return match(m, s, p);
}

// MARK: captures

/// Pushes capture i of the match of s ..< end; the whole match when there are none.
static void push_capture(matcher *m, int i, const char *s, const char *end) {
    if (i >= m->count) {
        if (i != 0) luaL_error(m->L, "invalid capture index %%%d", i + 1);
        lua_pushlstring(m->L, s, (size_t)(end - s));
        return;
    }
    capture c = m->captures[i];
    if (c.length == open_capture) luaL_error(m->L, "unfinished capture");
    if (c.length == position_capture) lua_pushinteger(m->L, c.start - m->text + 1);
    else lua_pushlstring(m->L, c.start, (size_t)c.length);
}

static int push_captures(matcher *m, const char *s, const char *end, int whole) {
    int count = m->count == 0 && whole ? 1 : m->count;
    luaL_checkstack(m->L, count, "too many captures");
    for (int i = 0; i < count; i++) push_capture(m, i, s, end);
    return count;
}

// MARK: the functions

/// Argument `index`, a position that counts from the end when negative, as an offset from 0; it may lie behind the text.
static size_t start_argument(lua_State *L, int index, size_t size) {
    lua_Integer at = luaL_optinteger(L, index, 1);
    if (at > 0) return (size_t)at - 1;
    if (at == 0 || at < -(lua_Integer)size) return 0;
    return size - (size_t)-at;
}

static int is_plain(const char *pattern, size_t size) {
    for (size_t i = 0; i < size; i++) if (pattern[i] != 0 && strchr("^$*+?.([%-", pattern[i]) != NULL) return 0;
    return 1;
}

/// The two-way search of the system's library takes linear time.
static const char *find_plain(const char *text, size_t size, const char *wanted, size_t wanted_size) {
    if (wanted_size == 0) return text;
    if (wanted_size > size) return NULL;
    return memmem(text, size, wanted, wanted_size);
}

static int find_or_match(lua_State *L, int finds) {
    size_t size, pattern_size;
    const char *text = luaL_checklstring(L, 1, &size), *pattern = luaL_checklstring(L, 2, &pattern_size);
    size_t start = start_argument(L, 3, size);
    if (start > size) {
        luaL_pushfail(L);
        return 1;
    }
    if (finds && (lua_toboolean(L, 4) || is_plain(pattern, pattern_size))) {
        const char *found = find_plain(text + start, size - start, pattern, pattern_size);
        if (found == NULL) {
            luaL_pushfail(L);
            return 1;
        }
        lua_pushinteger(L, found - text + 1);
        lua_pushinteger(L, found - text + (lua_Integer)pattern_size);
        return 2;
    }
    matcher m = matcher_for(L, text, size, pattern + pattern_size);
    int anchored = pattern_size > 0 && *pattern == '^';
    for (const char *s = text + start; s <= m.text_end; s++) {
        const char *end = match_from_start(&m, s, pattern + anchored);
        if (end != NULL) {
            if (!finds) return push_captures(&m, s, end, 1);
            lua_pushinteger(L, s - text + 1);
            lua_pushinteger(L, end - text);
            return 2 + push_captures(&m, s, end, 0);
        }
        if (anchored) break;
    }
    luaL_pushfail(L);
    return 1;
}

static int host_find(lua_State *L) { return find_or_match(L, 1); }
static int host_match(lua_State *L) { return find_or_match(L, 0); }

/// Upvalues: text, pattern, where to go on, the end of the match before or -1.
static int gmatch_step(lua_State *L) {
    size_t size, pattern_size;
    const char *text = lua_tolstring(L, lua_upvalueindex(1), &size), *pattern = lua_tolstring(L, lua_upvalueindex(2), &pattern_size);
    size_t start = (size_t)lua_tointeger(L, lua_upvalueindex(3));
    lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
    if (start > size) return 0;
    matcher m = matcher_for(L, text, size, pattern + pattern_size);
    for (const char *s = text + start; s <= m.text_end; s++) {
        const char *end = match_from_start(&m, s, pattern);
        if (end != NULL && end - text != last) {
            lua_pushinteger(L, end - text);
            lua_copy(L, -1, lua_upvalueindex(3));
            lua_replace(L, lua_upvalueindex(4));
            return push_captures(&m, s, end, 1);
        }
    }
    lua_pushinteger(L, (lua_Integer)size + 1);
    lua_replace(L, lua_upvalueindex(3));
    return 0;
}

static int host_gmatch(lua_State *L) {
    size_t size;
    luaL_checklstring(L, 1, &size);
    luaL_checkstring(L, 2);
    size_t start = start_argument(L, 3, size);
    lua_settop(L, 2);
    lua_pushinteger(L, start > size ? (lua_Integer)size + 1 : (lua_Integer)start);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_step, 4);
    return 1;
}

/// The replacement string, with %0 ... %9 and %%.
static void add_text(matcher *m, luaL_Buffer *buffer, const char *s, const char *end) {
    size_t size;
    const char *text = lua_tolstring(m->L, 3, &size), *text_end = text + size, *escape;
    while ((escape = memchr(text, '%', (size_t)(text_end - text))) != NULL) {
        luaL_addlstring(buffer, text, (size_t)(escape - text));
        int c = escape + 1 < text_end ? (unsigned char)escape[1] : 0;
        if (c == '%') {
            luaL_addchar(buffer, '%');
        } else if (c == '0') {
            luaL_addlstring(buffer, s, (size_t)(end - s));
        } else if (isdigit(c)) {
            push_capture(m, c - '1', s, end);
            luaL_tolstring(m->L, -1, NULL);
            lua_remove(m->L, -2);
            luaL_addvalue(buffer);
        } else {
            luaL_error(m->L, "invalid use of '%%' in replacement string");
        }
        text = escape + 2;
    }
    luaL_addlstring(buffer, text, (size_t)(text_end - text));
}

/// What argument 3 makes of the match; 0 when the match stays.
static int add_replacement(matcher *m, luaL_Buffer *buffer, const char *s, const char *end, int type) {
    lua_State *L = m->L;
    switch (type) {
        case LUA_TFUNCTION:
            lua_pushvalue(L, 3);
            lua_call(L, push_captures(m, s, end, 1), 1);
            break;
        case LUA_TTABLE:
            push_capture(m, 0, s, end);
            lua_gettable(L, 3);
            break;
        default:
            add_text(m, buffer, s, end);
            return 1;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(buffer, s, (size_t)(end - s));
        return 0;
    }
    if (!lua_isstring(L, -1)) return luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(buffer);
    return 1;
}

static int host_gsub(lua_State *L) {
    size_t size, pattern_size;
    const char *text = luaL_checklstring(L, 1, &size), *pattern = luaL_checklstring(L, 2, &pattern_size);
    int type = lua_type(L, 3);
    luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3, "string/function/table");
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)size + 1), count = 0;
    int anchored = pattern_size > 0 && *pattern == '^', changed = 0;
    matcher m = matcher_for(L, text, size, pattern + pattern_size);
    const char *s = text, *last = NULL;
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    while (count < most) {
        const char *end = match_from_start(&m, s, pattern + anchored);
        if (end != NULL && end != last) {
            count++;
            changed |= add_replacement(&m, &buffer, s, end, type);
            s = last = end;
        } else if (s < m.text_end) {
            luaL_addchar(&buffer, *s++);
        } else {
            break;
        }
        if (anchored) break;
    }
    if (changed) {
        luaL_addlstring(&buffer, s, (size_t)(m.text_end - s));
        luaL_pushresult(&buffer);
    } else {
        lua_pushvalue(L, 1);
    }
    lua_pushinteger(L, count);
    return 2;
}

void oche_install_patterns(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"find", host_find}, {"match", host_match}, {"gmatch", host_gmatch}, {"gsub", host_gsub}, {NULL, NULL}};
    lua_getglobal(L, LUA_STRLIBNAME);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
