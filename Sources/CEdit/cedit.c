#include "cedit.h"

#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// libedit hands its callbacks no context of ours, and a process has one terminal.
static EditLine *editor;
static History *history_lines;
static int is_reading;
// Tab was pressed.
static int wants_completion;

static char *prompt(EditLine *unused) {
    (void)unused;
    static char text[] = "> ";
    return text;
}

static unsigned char complete(EditLine *line, wint_t key) {
    (void)line;
    (void)key;
    wants_completion = 1;
    return CC_NORM;
}

// The text in front of the cursor, allocated with malloc.
static char *head_of_line(void) {
    const LineInfo *info = el_line(editor);
    return strndup(info->buffer, (size_t)(info->cursor - info->buffer));
}

void cedit_complete(const char *text) {
    char *head = head_of_line();
    if (!head) return;
    // libedit counts characters: the bytes that begin one.
    int characters = 0;
    for (const char *byte = head; *byte; byte++) characters += (*byte & 0xC0) != 0x80;
    free(head);
    el_deletestr(editor, characters);
    el_insertstr(editor, text);
    fputc('\r', stderr);
    el_set(editor, EL_REFRESH);
}

int cedit_open(void) {
    editor = el_init("prefixkv", stdin, stderr, stderr);
    history_lines = history_init();
    if (!editor || !history_lines) {
        cedit_close();
        return -1;
    }
    HistEvent event;
    history(history_lines, &event, H_SETSIZE, 1000);
    el_set(editor, EL_PROMPT, prompt);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_HIST, history, history_lines);
    // el_set() would copy the two texts and never free them.
    el_wset(editor, EL_ADDFN, L"complete", L"completes the word", complete);
    el_set(editor, EL_BIND, "\t", "complete", NULL);
    el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    return 0;
}

void cedit_remember(const char *line) {
    HistEvent event;
    if (*line) history(history_lines, &event, H_ENTER, line);
}

void cedit_begin(void) {
    if (is_reading) return;
    is_reading = 1;
    el_set(editor, EL_UNBUFFERED, 1);
}

void cedit_pause(void) {
    if (!is_reading) return;
    is_reading = 0;
    el_set(editor, EL_UNBUFFERED, 0);
}

int cedit_read(char **line) {
    int count = 0;
    const char *text = el_gets(editor, &count);
    if (wants_completion) {
        wants_completion = 0;
        *line = head_of_line();
        return *line ? CEDIT_TAB : CEDIT_MORE;
    }
    // A line that has become empty is no text.
    if (!text || count <= 0) return CEDIT_MORE;
    // In an empty line Ctrl+D stands alone where a line would be.
    if (count == 1 && text[0] == 4) {
        cedit_pause();
        return CEDIT_END;
    }
    if (text[count - 1] != '\n' && text[count - 1] != '\r') return CEDIT_MORE;
    *line = strndup(text, (size_t)count - 1);
    cedit_pause();
    return *line ? CEDIT_LINE : CEDIT_END;
}

void cedit_close(void) {
    if (editor) el_end(editor);
    if (history_lines) history_end(history_lines);
    editor = NULL;
    history_lines = NULL;
    is_reading = 0;
}
