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

int
strata_schedule_release (const StrataSchedule *schedule, const StrataDependence *release, int row)
{
  gint64 last = schedule->instructions[release->instruction].n_bursts - 1;
  gint64 burst = (gint64) row * release->multiply + release->add;

  return (int) CLAMP (burst / MAX (1, release->divide), 0, last);
}

int
strata_schedule_rows (
  const StrataSchedule *schedule, const StrataInstruction *instruction, int buffer, int burst, int *limit)
{
  int height = schedule->buffers[buffer].height;
  gint64 row = instruction->first_row + (gint64) burst * instruction->row_step;

  *limit = burst == instruction->n_bursts - 1 ? height : (int) MIN (row + 1, height);
  return (int) MIN (row, height);
}

gint64
strata_schedule_memory_bytes (const StrataSchedule *schedule, int unit)
{
  gint64 n_bytes = 0;

  if (schedule->n_places > 0 && schedule->units[unit].kind == STRATA_UNIT_SRAM)
    {
      for (int i = 0; i < schedule->n_places; i++)
        n_bytes = MAX (n_bytes, schedule->places[i].offset + schedule->buffers[schedule->places[i].buffer].row_bytes);
      return n_bytes;
    }
  for (int i = 0; i < schedule->n_buffers; i++)
    if (schedule->buffers[i].unit == unit)
      n_bytes = MIN (n_bytes + strata_cost_times (schedule->buffers[i].n_rows, schedule->buffers[i].row_bytes),
                     STRATA_COST_MOST);
  return n_bytes;
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
  if (instruction->dram_bytes > 0)
    g_string_append_printf (text, " dram %" G_GINT64_FORMAT, instruction->dram_bytes);
  if (instruction->n_posts > 0)
    g_string_append_printf (text, " posts %" G_GINT64_FORMAT, instruction->n_posts);
  if (instruction->n_hops > 0)
    {
      g_string_append_printf (text, " from %d to %d links", instruction->from_node, instruction->to_node);
      for (int i = 0; i < instruction->n_hops; i++)
        g_string_append_printf (text, "%c%d", i == 0 ? ' ' : ',', schedule->routes[instruction->first_route + i]);
    }
  if (instruction->buffer >= 0)
    {
      g_string_append_printf (text, " to buffer %d", instruction->buffer);
      if (instruction->n_buffers > 1)
        g_string_append_printf (text, "…%d", instruction->buffer + instruction->n_buffers - 1);
      g_string_append_printf (text, " rows %d+%d", instruction->first_row, instruction->row_step);
    }
  g_string_append_printf (text, " priority %d", instruction->priority);
  if (instruction->priority_step != 0)
    g_string_append_printf (text, "%+d", instruction->priority_step);
  for (int i = 0; i < instruction->n_dependences; i++)
    {
      const StrataDependence *d = &schedule->dependences[instruction->first_dependence + i];

      g_string_append_printf (text, " after %d*%d%+d", d->instruction, d->multiply, d->add);
      if (d->divide != 1)
        g_string_append_printf (text, "/%d", d->divide);
    }
  g_string_append_c (text, '\n');
}

static void
print_buffer (GString *text, const StrataSchedule *schedule, int id)
{
  const StrataBuffer *buffer = &schedule->buffers[id];

  g_string_append_printf (text, "buffer %d unit %d tensor %d", id, buffer->unit, buffer->tensor);
  if (buffer->op >= 0)
    g_string_append_printf (text, " op %d", buffer->op);
  g_string_append_printf (text, " rows %d of %d, %" G_GINT64_FORMAT " bytes each", buffer->n_rows, buffer->height,
                          buffer->row_bytes);
  for (int i = 0; i < buffer->n_releases; i++)
    {
      const StrataDependence *d = &schedule->releases[buffer->first_release + i];

      g_string_append_printf (text, " until %d*%d%+d", d->instruction, d->multiply, d->add);
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
    " interval-ps %" G_GINT64_FORMAT " interval-bound-ps %" G_GINT64_FORMAT " busiest %s busy-ps %" G_GINT64_FORMAT
    " sram-peak-bytes %" G_GINT64_FORMAT "\n",
    schedule->n_instructions, schedule->latency_ps, schedule->lower_bound_ps, schedule->critical_path_ps,
    schedule->interval_ps, schedule->interval_bound_ps, schedule->units[schedule->busiest_unit].name,
    schedule->busiest_unit_ps, schedule->sram_peak_bytes);
  if (schedule->max_active_stacks > 0)
    g_string_append_printf (text, "at most %d active stacks\n", schedule->max_active_stacks);
  for (int i = 0; i < schedule->n_instructions; i++)
    print_instruction (text, schedule, i);
  for (int i = 0; i < schedule->n_buffers; i++)
    print_buffer (text, schedule, i);
  for (int i = 0; i < schedule->n_places; i++)
    g_string_append_printf (text, "place %d buffer %d row %d at %" G_GINT64_FORMAT "\n", i, schedule->places[i].buffer,
                            schedule->places[i].row, schedule->places[i].offset);
  return g_string_free (text, FALSE);
}

static void
hash_instruction (StrataHasher *hasher, const StrataInstruction *instruction)
{
  const gint64 fields[] = {
    instruction->opcode,           instruction->op,        instruction->tile,          instruction->unit,
    instruction->from_node,        instruction->to_node,   instruction->first_route,   instruction->n_hops,
    instruction->n_bursts,         instruction->n_actions, instruction->sram_bytes,    instruction->dram_bytes,
    instruction->n_posts,          instruction->priority,  instruction->priority_step, instruction->n_dependences,
    instruction->first_dependence, instruction->buffer,    instruction->first_row,     instruction->row_step,
    instruction->n_buffers,
  };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    strata_hasher_int (hasher, fields[i]);
}

static void
hash_buffer (StrataHasher *hasher, const StrataBuffer *buffer)
{
  const gint64 fields[] = { buffer->unit,      buffer->tensor,        buffer->op,        buffer->n_rows, buffer->height,
                            buffer->row_bytes, buffer->first_release, buffer->n_releases };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    strata_hasher_int (hasher, fields[i]);
}

static void
hash_dependences (StrataHasher *hasher, const StrataDependence *dependences, int n)
{
  for (int i = 0; i < n; i++)
    {
      strata_hasher_int (hasher, dependences[i].instruction);
      strata_hasher_int (hasher, dependences[i].multiply);
      strata_hasher_int (hasher, dependences[i].add);
      strata_hasher_int (hasher, dependences[i].divide);
    }
}

guint64
strata_schedule_hash (const StrataSchedule *schedule)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();
  const gint64 figures[] = { schedule->n_instructions, schedule->n_dependences,     schedule->n_routes,
                             schedule->latency_ps,     schedule->lower_bound_ps,    schedule->critical_path_ps,
                             schedule->busiest_unit,   schedule->busiest_unit_ps,   schedule->sram_peak_bytes,
                             schedule->interval_ps,    schedule->interval_bound_ps, schedule->max_active_stacks,
                             schedule->n_buffers,      schedule->n_releases,        schedule->n_places };

  for (guint i = 0; i < G_N_ELEMENTS (figures); i++)
    strata_hasher_int (hasher, figures[i]);
  for (int i = 0; i < schedule->n_instructions; i++)
    hash_instruction (hasher, &schedule->instructions[i]);
  hash_dependences (hasher, schedule->dependences, schedule->n_dependences);
  hash_dependences (hasher, schedule->releases, schedule->n_releases);
  for (int i = 0; i < schedule->n_buffers; i++)
    hash_buffer (hasher, &schedule->buffers[i]);
  for (int i = 0; i < schedule->n_places; i++)
    {
      strata_hasher_int (hasher, schedule->places[i].buffer);
      strata_hasher_int (hasher, schedule->places[i].row);
      strata_hasher_int (hasher, schedule->places[i].offset);
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
