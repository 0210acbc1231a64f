#define _XOPEN_SOURCE 700
#define _XOPEN_SOURCE_EXTENDED 1
#define _DEFAULT_SOURCE 1
#include "CTerm.h"
#include "keys.h"

#include <ctype.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

// Whether the terminal was asked for its background and has not answered, and when it was asked.
static bool background_is_awaited;
static struct timespec asked_at;

static const struct {
    const char *sequence;
    int key;
} own_keys[] = {
    {"\033[1;5D", CTERM_KEY_WORD_LEFT}, {"\033[1;5C", CTERM_KEY_WORD_RIGHT},
    {"\033[1;3D", CTERM_KEY_WORD_LEFT}, {"\033[1;3C", CTERM_KEY_WORD_RIGHT},
    {"\033\r", CTERM_KEY_NEWLINE},      {"\033\n", CTERM_KEY_NEWLINE},
    {"\033[13;2u", CTERM_KEY_NEWLINE},  {"\033[27;2;13~", CTERM_KEY_NEWLINE},
    {"\033[H", CTERM_KEY_HOME},         {"\033[F", CTERM_KEY_END},
    {"\033OH", CTERM_KEY_HOME},         {"\033OF", CTERM_KEY_END},
    {"\033[1~", CTERM_KEY_HOME},        {"\033[4~", CTERM_KEY_END},
    {"\033[A", CTERM_KEY_UP},           {"\033[B", CTERM_KEY_DOWN},
    {"\033[C", CTERM_KEY_RIGHT},        {"\033[D", CTERM_KEY_LEFT},
};

void define_own_keys(void) {
    for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++)
        define_key(own_keys[i].sequence, OWN_KEY + own_keys[i].key);
    define_key("\033[200~", PASTE_BEGIN);
    define_key("\033[201~", PASTE_END);
    // SGR reports are read by hand: those of curses end at column 223 on many terminals.
    define_key("\033[<", MOUSE_REPORT);
    define_key("\033]11;rgb:", BACKGROUND_REPORT);
}

// Reads "b;x;yM" or "b;x;ym", what follows ESC [ <.
static void read_mouse_report(cterm_event *event) {
    int field[3] = {0, 0, 0}, index = 0;
    timeout(25);  // the rest of a report may still be on its way
    wint_t c = 0;
    for (int i = 0; i < 32 && get_wch(&c) == OK; i++) {
        if (c == L';' && index < 2) index++;
        else if (c >= L'0' && c <= L'9')
            field[index] = (field[index] * 10 + (int)(c - L'0')) % 100000;
        else break;
    }
    nodelay(stdscr, TRUE);
    if ((c != L'M' && c != L'm') || index != 2) return;
    int button = field[0] & ~(4 | 8 | 16);  // without Shift, Alt and Ctrl
    event->x = field[1] - 1;
    event->y = field[2] - 1;
    event->kind = CTERM_MOUSE;
    if (button == 64) event->code = CTERM_MOUSE_WHEEL_UP;
    else if (button == 65) event->code = CTERM_MOUSE_WHEEL_DOWN;
    else if (c == L'm') event->code = CTERM_MOUSE_RELEASE;
    else if (button == 0) event->code = CTERM_MOUSE_PRESS;
    else if (button == 32) event->code = CTERM_MOUSE_DRAG;
    else event->kind = CTERM_NONE;
}

// Reads "rrrr/gggg/bbbb" with one to four digits each and the end of the report: BEL, or ESC and a
// backslash.
static void read_background_report(cterm_event *event) {
    static const char digits[] = "0123456789abcdef";
    double part[3] = {0, 0, 0}, largest[3] = {0, 0, 0};
    int index = 0;
    timeout(25);
    wint_t c = 0;
    for (int i = 0; i < 32 && get_wch(&c) == OK; i++) {
        const char *digit = c < 128 ? strchr(digits, tolower((int)c)) : NULL;
        if (c == L'/' && index < 2) index++;
        else if (c != 0 && digit != NULL) {
            part[index] = part[index] * 16 + (double)(digit - digits);
            largest[index] = largest[index] * 16 + 15;
        } else break;
    }
    if (c == L'\033') get_wch(&c);
    nodelay(stdscr, TRUE);
    if (index != 2 || largest[0] * largest[1] * largest[2] == 0) return;
    double luma =
        0.299 * part[0] / largest[0] + 0.587 * part[1] / largest[1] + 0.114 * part[2] / largest[2];
    event->kind = CTERM_BACKGROUND;
    event->code = luma > 0.5;
}

static int key_of(wint_t code) {
    switch (code) {
    case KEY_UP: return CTERM_KEY_UP;
    case KEY_DOWN: return CTERM_KEY_DOWN;
    case KEY_LEFT: return CTERM_KEY_LEFT;
    case KEY_RIGHT: return CTERM_KEY_RIGHT;
    case KEY_HOME: return CTERM_KEY_HOME;
    case KEY_END: return CTERM_KEY_END;
    case KEY_PPAGE: return CTERM_KEY_PAGE_UP;
    case KEY_NPAGE: return CTERM_KEY_PAGE_DOWN;
    case KEY_DC: return CTERM_KEY_DELETE;
    case KEY_BACKSPACE: return CTERM_KEY_BACKSPACE;
    case KEY_BTAB: return CTERM_KEY_BACKTAB;
    default: return -1;
    }
}

bool cterm_next(cterm_event *event) {
    memset(event, 0, sizeof *event);
    wint_t code;
    int result = get_wch(&code);
    if (result == ERR) return false;
    event->kind = CTERM_KEY;
    if (result == OK) {
        event->kind = CTERM_CHARACTER;
        event->code = (uint32_t)code;
    } else if (code == PASTE_BEGIN) {
        event->kind = CTERM_PASTE_BEGIN;
    } else if (code == MOUSE_REPORT) {
        event->kind = CTERM_NONE;
        read_mouse_report(event);
    } else if (code == BACKGROUND_REPORT) {
        event->kind = CTERM_NONE;
        read_background_report(event);
        background_is_awaited = false;
    } else if (code >= OWN_KEY && code < PASTE_BEGIN) {
        event->code = (uint32_t)(code - OWN_KEY);
    } else if (code >= KEY_F(1) && code <= KEY_F(12)) {
        event->code = (uint32_t)(CTERM_KEY_FUNCTION + (code - KEY_F0));
    } else if (key_of(code) >= 0) {
        event->code = (uint32_t)key_of(code);
    } else {
        event->kind = CTERM_NONE;
    }
    return true;
}

void await_background(void) {
    background_is_awaited = true;
    clock_gettime(CLOCK_MONOTONIC, &asked_at);
}

void take_late_report(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    // A terminal that has not answered for so long will not.
    bool may_come = background_is_awaited && now.tv_sec - asked_at.tv_sec < 2;
    cterm_event event;
    for (int i = 0; may_come && background_is_awaited && i < 3; i++) {
        timeout(20);
        if (!cterm_next(&event)) break;
    }
    background_is_awaited = false;
}

void cterm_unread(uint8_t byte) { ungetch(byte); }
