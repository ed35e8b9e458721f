/* What unixODBC's installer asks of a driver: the fields of a data source, for its dialogues. Included by loader.c.
 * It works without Python, since a dialogue only lists them. */
#include <odbcinstext.h>
#include <stdlib.h>

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
