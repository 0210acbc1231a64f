// Lines typed in a terminal, with libedit's keys, history and completion. One thread uses it, and one line
// is typed at a time.
#ifndef CEDIT_H
#define CEDIT_H

enum { CEDIT_MORE = 0, CEDIT_LINE = 1, CEDIT_TAB = 2, CEDIT_END = 3 };

// Prepares for lines from stdin, echoed on stderr. Returns -1 when libedit cannot use the terminal.
int cedit_open(void);

// Adds an earlier line, which the arrow keys bring back.
void cedit_remember(const char *line);

// Shows the prompt and takes single keys from the terminal until the line ends or cedit_pause is called.
void cedit_begin(void);

// Takes one key, to be called when stdin is readable. CEDIT_LINE: `*line` is the line without its end,
// allocated with malloc, and the terminal is as it was. CEDIT_TAB: `*line` is the text in front of the
// cursor, allocated with malloc, and cedit_complete is to be called. CEDIT_END: Ctrl+D in an empty line. That
// the terminal has gone away is for poll to say.
int cedit_read(char **line);

// Puts `head` in place of the text in front of the cursor, and shows the prompt anew in the row of the
// cursor: rows may have been printed above.
void cedit_complete(const char *head);

// Gives the terminal back; what was typed stays on the screen and is forgotten.
void cedit_pause(void);

void cedit_close(void);

#endif
