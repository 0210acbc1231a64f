// Key codes of our own, above those of curses.
#ifndef CTERM_KEYS_H
#define CTERM_KEYS_H

#include <ncurses.h>

enum { OWN_KEY = KEY_MAX + 1, PASTE_BEGIN = OWN_KEY + 64, PASTE_END, MOUSE_REPORT };

// Tells curses the byte sequences of these keys.
void define_own_keys(void);

#endif
