/* SPDX-License-Identifier: Apache-2.0
 *
 * Time and energy of one burst, from the formulas in cost/ and the counts of the instruction. MVMs of a burst follow
 * each other at the initiation interval: n of them take the tier for n II, and the last result is out (n - 1) II +
 * t_mvm after the start (hardware-facts 10.2). Energies are rounded per action in cost/ and only multiplied here.
 */
#include "program/schedule.h"

/* Constants stream in while the unit works. */
static gint64
stream_ps (const StrataChipSpec *chip, const StrataInstruction *instruction)
{
  return instruction->dram_bytes > 0 ? strata_cost_dram_ps (chip, instruction->dram_bytes) : 0;
}

StrataBurstTime
strata_burst_time (const StrataInstruction *instruction,
                   const StrataQGraph *graph,
                   const StrataTileSet *tiles,
                   const StrataChipSpec *chip,
                   StrataBand band)
{
  gint64 n = instruction->n_actions, time_ps = 0;

  switch (instruction->opcode)
    {
    case STRATA_OPCODE_MVM:
      {
        const StrataTile *tile = &tiles->tiles[instruction->tile];
        int n_reads = MAX (1, graph->ops[tile->op].n_reads);
        gint64 interval_ps = strata_cost_mvm_interval_ps (chip, band, tile->n_cols, tile->n_slices, n_reads);
        gint64 mvm_ps = strata_cost_mvm_ps (chip, band, tile->n_cols, tile->n_slices, n_reads);

        gint64 occupy_ps = strata_cost_times (n, interval_ps);

        return (StrataBurstTime){ occupy_ps, MAX (occupy_ps, strata_cost_times (n - 1, interval_ps) + mvm_ps) };
      }
    case STRATA_OPCODE_LOAD:
    case STRATA_OPCODE_PSUM:
    case STRATA_OPCODE_STORE:
      time_ps = strata_cost_transfer_ps (chip, band, n, instruction->n_hops);
      break;
    case STRATA_OPCODE_VECTOR:
      time_ps = MAX (strata_cost_vector_ps (chip, n), stream_ps (chip, instruction));
      break;
    case STRATA_OPCODE_MAC:
      time_ps = MAX (strata_cost_mac_ps (chip, n), stream_ps (chip, instruction));
      break;
    case STRATA_OPCODE_DRAM_READ:
    case STRATA_OPCODE_DRAM_WRITE:
      time_ps = strata_cost_dram_ps (chip, n);
      break;
    case STRATA_OPCODE_HOST_IN:
    case STRATA_OPCODE_HOST_OUT:
      time_ps = strata_cost_host_ps (chip, n);
      break;
    case STRATA_N_OPCODES:
      break;
    }
  return (StrataBurstTime){ time_ps, time_ps };
}

StrataMvm
strata_tile_mvm (const StrataTile *tile, const StrataQOp *op)
{
  return (StrataMvm){
    .n_rows = tile->n_rows * tile->n_row_copies,
    .n_unique_rows = tile->n_rows,
    .n_outputs = tile->n_cols,
    .n_slices = tile->n_slices,
    .n_reads = MAX (1, op->n_reads),
    .toggle_share = strata_qop_toggle_share (op),
  };
}

/* Energies of one action; the whole of an action that is not counted in n_actions is added by the caller. */
static StrataActionEnergy
action_energy (const StrataInstruction *instruction,
               const StrataQGraph *graph,
               const StrataTileSet *tiles,
               const StrataChipSpec *chip,
               StrataBand band)
{
  switch (instruction->opcode)
    {
    case STRATA_OPCODE_MVM:
      {
        const StrataTile *tile = &tiles->tiles[instruction->tile];
        const StrataMvm mvm = strata_tile_mvm (tile, &graph->ops[tile->op]);

        return strata_cost_action_mvm (chip, band, &mvm);
      }
    case STRATA_OPCODE_LOAD:
    case STRATA_OPCODE_PSUM:
    case STRATA_OPCODE_STORE:
      return strata_cost_action_transfer (chip, band, instruction->n_hops);
    case STRATA_OPCODE_VECTOR:
      return strata_cost_action_vector (chip, band);
    case STRATA_OPCODE_MAC:
      return strata_cost_action_mac (chip, band);
    case STRATA_OPCODE_DRAM_READ:
    case STRATA_OPCODE_DRAM_WRITE:
      return strata_cost_action_dram (chip, band);
    case STRATA_OPCODE_HOST_IN:
    case STRATA_OPCODE_HOST_OUT:
      return strata_cost_action_host (chip, band);
    case STRATA_N_OPCODES:
      break;
    }
  return (StrataActionEnergy){ 0 };
}

static void
add_actions (StrataActionEnergy *total, const StrataActionEnergy *action, gint64 n)
{
  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    total->per_action_fj[i] =
      MIN (total->per_action_fj[i] + strata_cost_times (action->per_action_fj[i], n), STRATA_COST_MOST);
}

StrataActionEnergy
strata_burst_energy (const StrataInstruction *instruction,
                     const StrataQGraph *graph,
                     const StrataTileSet *tiles,
                     const StrataChipSpec *chip,
                     StrataBand band)
{
  StrataActionEnergy action = action_energy (instruction, graph, tiles, chip, band);
  StrataActionEnergy sram = strata_cost_action_sram (chip, band);
  StrataActionEnergy dram = strata_cost_action_dram (chip, band);
  StrataActionEnergy post = strata_cost_action_post (chip, band);
  StrataActionEnergy total = { { 0 }, 0 };

  /* Each tier that a conversion adds is selected. */
  if (instruction->opcode == STRATA_OPCODE_MVM)
    total.per_switch_fj =
      strata_cost_times (strata_tile_n_tiers (&tiles->tiles[instruction->tile]), action.per_switch_fj);
  add_actions (&total, &action, instruction->n_actions);
  add_actions (&total, &sram, instruction->sram_bytes);
  add_actions (&total, &dram, instruction->dram_bytes);
  add_actions (&total, &post, instruction->n_posts);
  return total;
}

gboolean
strata_schedule_check_sums (const StrataSchedule *schedule,
                            const StrataQGraph *graph,
                            const StrataTileSet *tiles,
                            const StrataChipSpec *chip,
                            GError **error)
{
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      double time_ps = 0, energy_fj = 0, select_ps = strata_cost_select_ps (chip, band);

      for (int i = 0; i < schedule->n_instructions; i++)
        {
          const StrataInstruction *instruction = &schedule->instructions[i];
          StrataActionEnergy energy = strata_burst_energy (instruction, graph, tiles, chip, band);
          double burst_fj = energy.per_switch_fj;

          for (int c = 0; c < STRATA_N_COMPONENTS; c++)
            burst_fj += energy.per_action_fj[c];
          time_ps +=
            instruction->n_bursts * (strata_burst_time (instruction, graph, tiles, chip, band).result_ps + select_ps);
          energy_fj += instruction->n_bursts * burst_fj;
        }
      if (time_ps < STRATA_SCHEDULE_MOST && energy_fj < STRATA_SCHEDULE_MOST)
        continue;
      g_set_error (
        error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
        "one inference on %s would take up to %.3g s and %.3g J, and at most %.3g s and %.3g J can be counted "
        "in picoseconds and femtojoules; look for a wrong unit in the chip's times and energies",
        chip->name, time_ps * 1e-12, energy_fj * 1e-15, STRATA_SCHEDULE_MOST * 1e-12, STRATA_SCHEDULE_MOST * 1e-15);
      return FALSE;
    }
  return TRUE;
}
