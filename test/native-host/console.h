/* Standard output and error of this process in the states in which a driver may find them, and their readers.
 */
#ifndef HOST_CONSOLE_H
#define HOST_CONSOLE_H

#include <stdbool.h>

#include "command.h"

/* Puts something of that kind at descriptor 1 or 2; the protocol leaves descriptor 1. */
bool replace_output(int fd, const char *kind);

/* The verb `console`: 1|2 read FILE, 1|2 close. */
void do_console(const struct command *command);

#endif
