// Key codes of our own, above those of curses.
#ifndef CTERM_KEYS_H
#define CTERM_KEYS_H

#include <ncurses.h>

enum {
    OWN_KEY = KEY_MAX + 1,
    PASTE_BEGIN = OWN_KEY + 64,
    PASTE_END,
    MOUSE_REPORT,
    BACKGROUND_REPORT
};

// The terminal is asked for its background now.
void await_background(void);
// Takes a report that is still on its way, so that the shell does not get it as keys.
void take_late_report(void);

// Tells curses the byte sequences of these keys.
void define_own_keys(void);

#endif
