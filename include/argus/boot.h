/* Starting or adopting Python. Called by the functions that connect; everything else needs no Python. */
#ifndef ARGUS_BOOT_H
#define ARGUS_BOOT_H

#ifdef __cplusplus
extern "C" {
#endif
int argus_boot(void);       /* 0: Python runs and argus_odbc._core is imported. Any thread, any number of times */
void argus_connected(void); /* after each connect: minds exit and fork for the libraries that the backend brought */
const char *argus_boot_error(void); /* why not, UTF-8; lives as long as the process */
#ifdef __cplusplus
}
#endif
#endif
