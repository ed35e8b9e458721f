/* What unixODBC's installer asks of a driver: the fields of a data source, for its dialogues, and ConfigDSN, which
 * writes one. Included by loader.c. Neither needs Python. */
#include <odbcinstext.h>
#include <stdlib.h>
#include <strings.h>

enum { MAX_OFFERED = 9 };
struct property {
  const char *name;
  int prompt;
  const char *offered[MAX_OFFERED];
  const char *help;
};
#include "properties.h"

/* One field. unixODBC frees it with everything in it, the texts on offer excepted. */
static HODBCINSTPROPERTY new_property(const struct property *from) {
  HODBCINSTPROPERTY p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->nPromptType = from->prompt;
  snprintf(p->szName, sizeof p->szName, "%s", from->name);
  p->pszHelp = strdup(from->help);
  if (!from->offered[0]) return p;
  p->aPromptData = malloc(sizeof from->offered);
  if (p->aPromptData) memcpy(p->aPromptData, from->offered, sizeof from->offered);
  return p;
}

int INSTAPI ODBCINSTGetProperties(HODBCINSTPROPERTY last) {
  for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
    last->pNext = new_property(&properties[i]);
    if (!last->pNext) return 0;
    last = last->pNext;
  }
  return 1;
}

/* ---- ConfigDSN: the window is not used, so a data source is what the attributes say ---- */
typedef BOOL(INSTAPI *write_dsn)(LPCSTR dsn, LPCSTR driver);
typedef BOOL(INSTAPI *remove_dsn)(LPCSTR dsn);
typedef BOOL(INSTAPI *write_value)(LPCSTR section, LPCSTR key, LPCSTR value, LPCSTR file);
typedef RETCODE(INSTAPI *post_error)(DWORD code, LPCSTR text);

/* A function of the installer library that called us. */
static void *installer(const char *name) {
  char path[ARGUS_PATH];
  void *library = argus_loaded_library("libodbcinst", path) == 0 ? argus_open(path, 0) : NULL;
  return library ? argus_symbol(library, name) : NULL;
}

static BOOL refuse(DWORD code, const char *text) {
  post_error post = (post_error)installer("SQLPostInstallerError");
  if (post) post(code, text);
  return 0;
}

/* The value of DSN in `KEY=value` texts that end with an empty one; NULL when there is none. */
static const char *dsn_in(const char *attributes) {
  for (const char *p = attributes; p && *p; p += strlen(p) + 1)
    if (!strncasecmp(p, "DSN=", 4) && p[4]) return p + 4;
  return NULL;
}

static BOOL write_values(write_value write, const char *dsn, const char *attributes) {
  char key[INI_MAX_PROPERTY_NAME + 1];
  for (const char *p = attributes; p && *p; p += strlen(p) + 1) {
    const char *equals = strchr(p, '=');
    if (!equals || equals == p || equals - p >= (long)sizeof key)
      return refuse(ODBC_ERROR_INVALID_KEYWORD_VALUE, "An attribute is not of the form KEY=value");
    snprintf(key, sizeof key, "%.*s", (int)(equals - p), p);
    if (!strcasecmp(key, "DSN") || !strcasecmp(key, "Driver")) continue;
    if (!write(dsn, key, equals + 1, "odbc.ini")) return 0;
  }
  return 1;
}

BOOL INSTAPI ConfigDSN(HWND window, WORD request, LPCSTR driver, LPCSTR attributes) {
  write_dsn write = (write_dsn)installer("SQLWriteDSNToIni");
  remove_dsn drop = (remove_dsn)installer("SQLRemoveDSNFromIni"), valid = (remove_dsn)installer("SQLValidDSN");
  write_value value = (write_value)installer("SQLWritePrivateProfileString");
  const char *dsn = dsn_in(attributes);
  (void)window;
  if (!write || !drop || !valid || !value) return 0;
  if (!dsn || !valid(dsn)) return refuse(ODBC_ERROR_INVALID_DSN, "DSN= must name the data source");
  if (request == ODBC_REMOVE_DSN) return drop(dsn);
  if (request != ODBC_ADD_DSN && request != ODBC_CONFIG_DSN)
    return refuse(ODBC_ERROR_INVALID_REQUEST_TYPE, "ConfigDSN adds, changes and removes data sources");
  if (request == ODBC_ADD_DSN && (!driver || !write(dsn, driver))) return 0;
  return write_values(value, dsn, attributes);
}
