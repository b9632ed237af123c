/* The state of this process as JSON: what a driver must leave alone, and what it may use. */
#ifndef HOST_PROCESS_STATE_H
#define HOST_PROCESS_STATE_H

/* "dispositions": signal actions, masks, umask, folder, descriptor flags, environment, locale, limits. */
void print_process_state(const char *reply_start);

/* Threads, descriptors, resident and virtual memory in kB, processor time in ms. */
void print_process_usage(const char *reply_start);

#endif
