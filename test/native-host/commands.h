/* The line protocol; see main.c for its description. */
#ifndef HOST_COMMANDS_H
#define HOST_COMMANDS_H

/* Runs one line (which it changes); `&` lines go to a thread of their own. */
void run_command_line(char *line);

/* What a daemon does at its end: every driver closed and unloaded. */
void close_all_slots(void);

#endif
