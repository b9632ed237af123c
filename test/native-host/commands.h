/* The line protocol; see main.c for its description. */
#ifndef HOST_COMMANDS_H
#define HOST_COMMANDS_H

/* Runs one line (which it changes); `&` lines go to a thread of their own. */
void run_command_line(char *line);

/* Closes and unloads every driver, as a daemon does at its end. */
void close_all_slots(void);

#endif
