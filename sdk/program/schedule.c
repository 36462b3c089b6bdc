/* SPDX-License-Identifier: Apache-2.0
 *
 * Schedules: print, hash, lookups. The check is in schedule-check.c.
 */
#include "program/schedule.h"

#include "base/hash.h"

static const char *const opcode_names[STRATA_N_OPCODES] = {
#define STRATA_ISA(id, mnemonic, unit, action, meaning) [STRATA_OPCODE_##id] = mnemonic,
#include "program/isa.def"
#undef STRATA_ISA
};

const char *
strata_opcode_name (StrataOpcode opcode)
{
  return (guint) opcode < STRATA_N_OPCODES ? opcode_names[opcode] : "invalid";
}

int
strata_schedule_need (const StrataSchedule *schedule, const StrataDependence *dependence, int burst)
{
  gint64 last = schedule->instructions[dependence->instruction].n_bursts - 1;
  gint64 row = (gint64) burst * dependence->multiply + dependence->add;

  /* Rounding toward zero differs from floor for negative rows only, and those are clamped. */
  return (int) CLAMP (row / MAX (1, dependence->divide), 0, last);
}

/* The singular units, in order after stacks and links */
static const struct
{
  StrataUnitKind kind;
  const char *name;
} singular[] = {
  { STRATA_UNIT_VECTOR, "vector" }, { STRATA_UNIT_MAC, "mac" },   { STRATA_UNIT_HOST, "host" },
  { STRATA_UNIT_BASE, "base" },     { STRATA_UNIT_SRAM, "sram" }, { STRATA_UNIT_DRAM, "dram" },
};

static const char *
node_name (const StrataChipSpec *chip, StrataArena *arena, int node)
{
  return node == chip->n_stacks ? "hub" : strata_arena_printf (arena, "%d", node);
}

StrataUnitRecord *
strata_schedule_units (const StrataChipSpec *chip, StrataArena *arena, int *n_units)
{
  int n_links = strata_chip_n_links (chip), n = chip->n_stacks + n_links + (int) G_N_ELEMENTS (singular);
  StrataUnitRecord *units = strata_arena_array (arena, StrataUnitRecord, n);

  for (int i = 0; i < chip->n_stacks; i++)
    units[i] = (StrataUnitRecord){
      i, STRATA_UNIT_STACK, i, i % chip->mesh_x, i / chip->mesh_x, strata_arena_printf (arena, "stack %d", i)
    };
  for (int i = 0; i < n_links; i++)
    {
      int id = chip->n_stacks + i, from, to;

      strata_chip_link_ends (chip, i, &from, &to);
      units[id] = (StrataUnitRecord){
        id, STRATA_UNIT_LINK,
        i,  -1,
        -1, strata_arena_printf (arena, "link %s-%s", node_name (chip, arena, from), node_name (chip, arena, to))
      };
    }
  for (guint i = 0; i < G_N_ELEMENTS (singular); i++)
    {
      int id = chip->n_stacks + n_links + (int) i;

      units[id] = (StrataUnitRecord){ id, singular[i].kind, 0, -1, -1, singular[i].name };
    }
  *n_units = n;
  return units;
}

int
strata_schedule_unit (const StrataSchedule *schedule, StrataUnitKind kind)
{
  for (int i = 0; i < schedule->n_units; i++)
    if (schedule->units[i].kind == kind)
      return i;
  return -1;
}

static void
print_instruction (GString *text, const StrataSchedule *schedule, int id)
{
  const StrataInstruction *instruction = &schedule->instructions[id];

  g_string_append_printf (text, "%d %s op %d", id, strata_opcode_name (instruction->opcode), instruction->op);
  if (instruction->tile >= 0)
    g_string_append_printf (text, " tile %d", instruction->tile);
  g_string_append_printf (text, " unit %d bursts %d actions %" G_GINT64_FORMAT, instruction->unit,
                          instruction->n_bursts, instruction->n_actions);
  if (instruction->sram_bytes > 0)
    g_string_append_printf (text, " sram %" G_GINT64_FORMAT, instruction->sram_bytes);
  if (instruction->n_posts > 0)
    g_string_append_printf (text, " posts %" G_GINT64_FORMAT, instruction->n_posts);
  if (instruction->n_hops > 0)
    {
      g_string_append_printf (text, " from %d to %d links", instruction->from_node, instruction->to_node);
      for (int i = 0; i < instruction->n_hops; i++)
        g_string_append_printf (text, "%c%d", i == 0 ? ' ' : ',', schedule->routes[instruction->first_route + i]);
    }
  g_string_append_printf (text, " priority %d", instruction->priority);
  for (int i = 0; i < instruction->n_dependences; i++)
    {
      const StrataDependence *d = &schedule->dependences[instruction->first_dependence + i];

      g_string_append_printf (text, " after %d*%d%+d", d->instruction, d->multiply, d->add);
      if (d->divide != 1)
        g_string_append_printf (text, "/%d", d->divide);
    }
  g_string_append_c (text, '\n');
}

char *
strata_schedule_print (const StrataSchedule *schedule)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (
    text,
    "schedule %d latency-ps %" G_GINT64_FORMAT " lower-bound-ps %" G_GINT64_FORMAT " critical-path-ps %" G_GINT64_FORMAT
    " busiest %s busy-ps %" G_GINT64_FORMAT " sram-peak-bytes %" G_GINT64_FORMAT "\n",
    schedule->n_instructions, schedule->latency_ps, schedule->lower_bound_ps, schedule->critical_path_ps,
    schedule->units[schedule->busiest_unit].name, schedule->busiest_unit_ps, schedule->sram_peak_bytes);
  for (int i = 0; i < schedule->n_instructions; i++)
    print_instruction (text, schedule, i);
  return g_string_free (text, FALSE);
}

static void
hash_instruction (StrataHasher *hasher, const StrataInstruction *instruction)
{
  const gint64 fields[] = {
    instruction->opcode,        instruction->op,
    instruction->tile,          instruction->unit,
    instruction->from_node,     instruction->to_node,
    instruction->first_route,   instruction->n_hops,
    instruction->n_bursts,      instruction->n_actions,
    instruction->sram_bytes,    instruction->n_posts,
    instruction->priority,      instruction->first_dependence,
    instruction->n_dependences,
  };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    strata_hasher_int (hasher, fields[i]);
}

guint64
strata_schedule_hash (const StrataSchedule *schedule)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();
  const gint64 figures[] = { schedule->n_instructions, schedule->n_dependences,   schedule->n_routes,
                             schedule->latency_ps,     schedule->lower_bound_ps,  schedule->critical_path_ps,
                             schedule->busiest_unit,   schedule->busiest_unit_ps, schedule->sram_peak_bytes };

  for (guint i = 0; i < G_N_ELEMENTS (figures); i++)
    strata_hasher_int (hasher, figures[i]);
  for (int i = 0; i < schedule->n_instructions; i++)
    hash_instruction (hasher, &schedule->instructions[i]);
  for (int i = 0; i < schedule->n_dependences; i++)
    {
      strata_hasher_int (hasher, schedule->dependences[i].instruction);
      strata_hasher_int (hasher, schedule->dependences[i].multiply);
      strata_hasher_int (hasher, schedule->dependences[i].add);
      strata_hasher_int (hasher, schedule->dependences[i].divide);
    }
  for (int i = 0; i < schedule->n_routes; i++)
    strata_hasher_int (hasher, schedule->routes[i]);
  return strata_hasher_digest (hasher);
}

void
strata_schedule_free (StrataSchedule *schedule)
{
  if (schedule == NULL)
    return;
  strata_arena_free (schedule->arena);
  g_free (schedule);
}
