/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists a program for people: one line per instruction, with names of layers and units, and the time its bursts take at
 * nominal constants when nothing holds them up.
 */
#include "program/image.h"

static char *
format_time (gint64 time_ps)
{
  if (time_ps < 1000)
    return g_strdup_printf ("%d ps", (int) time_ps);
  if (time_ps < 1000 * 1000)
    return g_strdup_printf ("%.1f ns", (double) time_ps / 1e3);
  if (time_ps < G_GINT64_CONSTANT (1000000000))
    return g_strdup_printf ("%.2f us", (double) time_ps / 1e6);
  return g_strdup_printf ("%.3f ms", (double) time_ps / 1e9);
}

static const char *
action_name (StrataOpcode opcode)
{
  static const char *const names[STRATA_N_OPCODES] = {
#define STRATA_ISA(id, mnemonic, unit, action, meaning) [STRATA_OPCODE_##id] = action,
#include "program/isa.def"
#undef STRATA_ISA
  };

  return names[opcode];
}

static void
append_node (GString *text, const StrataImage *image, int node)
{
  if (node == image->chip->n_stacks)
    g_string_append (text, "hub");
  else
    g_string_append_printf (text, "stack %d", node);
}

static void
append_place (GString *text, const StrataImage *image, const StrataInstruction *instruction)
{
  if (instruction->n_hops > 0)
    {
      append_node (text, image, instruction->from_node);
      g_string_append (text, " > ");
      append_node (text, image, instruction->to_node);
      g_string_append_printf (text, ", %d hops", instruction->n_hops);
      return;
    }
  g_string_append (text, image->schedule->units[instruction->unit].name);
  if (instruction->opcode == STRATA_OPCODE_MVM)
    g_string_append_printf (text, " tier %d", image->placement->site[instruction->tile].tier);
  if (instruction->opcode == STRATA_OPCODE_MVM && image->tiles->tiles[instruction->tile].n_tiers > 0)
    g_string_append_printf (text, "+%d", image->tiles->tiles[instruction->tile].n_tiers);
}

static void
append_instruction (GString *text, const StrataImage *image, int id)
{
  const StrataSchedule *schedule = image->schedule;
  const StrataInstruction *instruction = &schedule->instructions[id];
  StrataBurstTime time = strata_burst_time (instruction, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL);
  g_autofree char *burst = format_time (time.result_ps);
  g_autoptr (GString) place = g_string_new (NULL);

  append_place (place, image, instruction);
  g_string_append_printf (text, "%5d  %-9s  %-26s  %s", id, strata_opcode_name (instruction->opcode), place->str,
                          image->graph->ops[instruction->op].name);
  if (instruction->tile >= 0)
    g_string_append_printf (text, " tile %d", instruction->tile);
  if (instruction->opcode == STRATA_OPCODE_MVM && image->tiles->tiles[instruction->tile].n_groups > 0)
    g_string_append_printf (text, " (%d groups)", image->tiles->tiles[instruction->tile].n_groups);
  g_string_append_printf (text, "  %d x %" G_GINT64_FORMAT " %s, %s each", instruction->n_bursts,
                          instruction->n_actions, action_name (instruction->opcode), burst);
  for (int i = 0; i < instruction->n_dependences; i++)
    g_string_append_printf (text, "%s%d", i == 0 ? "  after " : ", ",
                            schedule->dependences[instruction->first_dependence + i].instruction);
  g_string_append_c (text, '\n');
}

char *
strata_image_disassemble (const StrataImage *image)
{
  GString *text = g_string_new (NULL);
  g_autofree char *latency = format_time (image->schedule->latency_ps);
  g_autofree char *bound = format_time (image->schedule->lower_bound_ps);

  g_string_append_printf (text, "; program %016" G_GINT64_MODIFIER "x of %s for %s\n", image->hash,
                          image->model_name == NULL ? "" : image->model_name, image->chip->name);
  if (image->sample_origin == STRATA_SAMPLE_ORIGIN_GIVEN)
    g_string_append_printf (text, "; calibrated with %d of %d samples that were given\n", image->n_calibration,
                            image->n_given);
  else if (image->sample_origin == STRATA_SAMPLE_ORIGIN_MADE_UP)
    g_string_append_printf (text, "; calibrated with %d samples that were made up\n", image->n_calibration);
  g_string_append_printf (text, "; %d instructions, %d tiles, latency %s, lower bound %s, SRAM peak %.1f KiB\n",
                          image->schedule->n_instructions, image->tiles->n_tiles, latency, bound,
                          (double) image->schedule->sram_peak_bytes / 1024);
  for (int i = 0; i < image->schedule->n_instructions; i++)
    append_instruction (text, image, i);
  return g_string_free (text, FALSE);
}
