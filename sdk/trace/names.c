/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of what records speak of, from the tables of strata-trace.h.
 */
#include "strata/sys/strata-trace.h"

const char *
strata_component_name (StrataComponent component)
{
  static const char *const names[] = {
#define NAME(id, name, meaning) name,
    STRATA_COMPONENTS (NAME)
#undef NAME
  };

  return (guint) component < G_N_ELEMENTS (names) ? names[component] : "unknown";
}

const char *
strata_component_meaning (StrataComponent component)
{
  static const char *const meanings[] = {
#define MEANING(id, name, meaning) meaning,
    STRATA_COMPONENTS (MEANING)
#undef MEANING
  };

  return (guint) component < G_N_ELEMENTS (meanings) ? meanings[component] : "unknown";
}

const char *
strata_unit_kind_name (StrataUnitKind kind)
{
  static const char *const names[] = {
    [STRATA_UNIT_STACK] = "stack", [STRATA_UNIT_LINK] = "link", [STRATA_UNIT_VECTOR] = "vector",
    [STRATA_UNIT_MAC] = "mac",     [STRATA_UNIT_SRAM] = "sram", [STRATA_UNIT_HOST] = "host",
    [STRATA_UNIT_BASE] = "base",   [STRATA_UNIT_DRAM] = "dram",
  };

  return (guint) kind < G_N_ELEMENTS (names) ? names[kind] : "unknown";
}

const char *
strata_spell_reason_name (StrataSpellReason reason)
{
  static const char *const names[] = {
#define NAME(id, name, meaning) name,
    STRATA_SPELL_REASONS (NAME)
#undef NAME
  };

  return (guint) reason < G_N_ELEMENTS (names) ? names[reason] : "unknown";
}

const char *
strata_spell_reason_meaning (StrataSpellReason reason)
{
  static const char *const meanings[] = {
#define MEANING(id, name, meaning) meaning,
    STRATA_SPELL_REASONS (MEANING)
#undef MEANING
  };

  return (guint) reason < G_N_ELEMENTS (meanings) ? meanings[reason] : "unknown";
}
