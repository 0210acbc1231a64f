// Giving the terminal back from inside a signal handler: everything is prepared beforehand, because
// curses may not be called there.
#ifndef CTERM_RESTORE_H
#define CTERM_RESTORE_H

#include <stdbool.h>
#include <termios.h>

// Starts anew, with the modes to return to.
void restore_begin(const struct termios *modes);
// Adds to what is written when the terminal is given back; NULL adds nothing.
void restore_add(const char *bytes);
// What a crash writes after everything else; NULL is nothing.
void restore_notice(const char *notice);
// The modes to go back to when the process was stopped and is continued.
void restore_taken_modes(const struct termios *modes);
// Whether there is something to give back: true while curses has the terminal.
void restore_arm(bool is_armed);
// Gives the terminal back if it is taken, from anywhere. Waits at most a moment for a terminal that
// nobody reads.
void restore_now(bool with_notice);

// Whether the process was stopped in the place of the main thread since the last call.
bool signals_take_stop(void);
// The main thread has come to what a signal asked for.
void signals_disarm_watchdog(void);

#endif
