/* Starting or adopting Python. Called by the functions that connect; everything else needs no Python. */
#ifndef ARGUS_BOOT_H
#define ARGUS_BOOT_H

#ifdef __cplusplus
extern "C" {
#endif
int argus_boot(void);       /* 0: Python runs and argus_odbc._core is imported. Any thread, any number of times */
void argus_connected(void); /* after each connect: minds exit and fork for the libraries that the backend brought */
const char *argus_boot_error(void); /* why not, UTF-8; lives as long as the process */

/* The end of the process, or of a Python that a host brought: a thread that would get inside too late stays where it
 * is. */
int argus_gil_enter(void);     /* PyGILState_Ensure */
void argus_gil_leave(int gil); /* PyGILState_Release */
void argus_gil_keep(void);     /* for a thread that enters often; without the GIL, before and after */
void argus_gil_part(void);     /* the end of that */
void argus_inside_begin(void); /* around an engine's own code, which may want the GIL: waited for as well */
void argus_inside_end(void);
int argus_end_begins(void);               /* on the thread that ends Python, with the GIL: how many others are inside */
void argus_end_waits(int64_t timeout_ms); /* without the GIL: until no other thread is inside, or time is up */
#ifdef __cplusplus
}
#endif
#endif
