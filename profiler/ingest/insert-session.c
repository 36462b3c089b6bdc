/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables that stand before the first event: run, chip, names, units, layers, tiles, instructions. Ids are dense,
 * and every reference points at a row.
 */
#include <math.h>

#include "ingest/insert-private.h"
#include "store/schema.h"

static gboolean
insert_unit (StrataInserter *inserter, const StrataUnitRecord *unit, gint32 id, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_UNIT];

  if (unit->id != id || (guint) unit->kind > STRATA_UNIT_DRAM)
    return strata_inserter_refuse (inserter, error, "unit %d has id %d and kind %d", id, unit->id, unit->kind);
  sqlite3_bind_int64 (statement, 1, id);
  sqlite3_bind_int64 (statement, 2, unit->kind);
  sqlite3_bind_int64 (statement, 3, unit->index);
  strata_bind_id (statement, 4, unit->x);
  strata_bind_id (statement, 5, unit->y);
  strata_bind_text (statement, 6, unit->name);
  return strata_inserter_row (inserter, STRATA_TABLE_UNIT, error);
}

static gboolean
insert_inputs (StrataInserter *inserter, const StrataLayerRecord *layer, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_LAYER_INPUT];

  if (layer->n_inputs < 0 || layer->n_inputs > (gint32) G_N_ELEMENTS (layer->inputs))
    return strata_inserter_refuse (inserter, error, "layer %d has %d inputs", layer->id, layer->n_inputs);
  for (int i = 0; i < layer->n_inputs; i++)
    {
      if (layer->inputs[i] >= inserter->n_layers)
        return strata_inserter_refuse (inserter, error, "layer %d reads layer %d of %d", layer->id, layer->inputs[i],
                                       inserter->n_layers);
      sqlite3_bind_int64 (statement, 1, layer->id);
      sqlite3_bind_int64 (statement, 2, i);
      strata_bind_id (statement, 3, layer->inputs[i]);
      if (!strata_inserter_row (inserter, STRATA_TABLE_LAYER_INPUT, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
insert_layer (StrataInserter *inserter, const StrataLayerRecord *layer, gint32 id, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_LAYER];
  const gint64 numbers[] = {
    layer->stage_index,  layer->index_in_stage, layer->n_in_stage,   layer->n_macs,  layer->n_weights,
    layer->out_channels, layer->out_height,     layer->out_width,    layer->k,       layer->n,
    layer->n_tiles,      layer->n_copies,       layer->n_row_copies, layer->n_reads, layer->n_slices
  };

  if (layer->id != id)
    return strata_inserter_refuse (inserter, error, "layer %d has id %d", id, layer->id);
  sqlite3_bind_int64 (statement, 1, id);
  strata_bind_id (statement, 2, layer->node);
  strata_bind_text (statement, 3, layer->name);
  strata_bind_text (statement, 4, layer->op);
  strata_bind_text (statement, 5, layer->kind);
  strata_bind_text (statement, 6, layer->stage);
  strata_bind_ints (statement, 7, numbers, G_N_ELEMENTS (numbers));
  strata_bind_number (statement, 22, layer->n_tiles > 0 ? layer->utilisation : NAN);
  return strata_inserter_row (inserter, STRATA_TABLE_LAYER, error) && insert_inputs (inserter, layer, error);
}

static gboolean
insert_tile (StrataInserter *inserter, const StrataTileRecord *tile, gint32 id, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_TILE];
  const gint64 numbers[] = { id,           tile->layer, tile->copy,   tile->stack,    tile->tier,        tile->row0,
                             tile->n_rows, tile->col0,  tile->n_cols, tile->n_slices, tile->n_row_copies };

  if (tile->id != id || tile->layer < 0 || tile->layer >= inserter->n_layers || tile->stack < 0 || tile->tier < 0)
    return strata_inserter_refuse (inserter, error, "tile %d has id %d, layer %d of %d, stack %d, tier %d", id,
                                   tile->id, tile->layer, inserter->n_layers, tile->stack, tile->tier);
  if (tile->array_back < 0 || tile->array_back > id || tile->at_row < 0 || tile->at_col < 0)
    return strata_inserter_refuse (inserter, error, "tile %d lies at row %d, column %d on the array of tile %d", id,
                                   tile->at_row, tile->at_col, id - tile->array_back);
  strata_bind_ints (statement, 1, numbers, G_N_ELEMENTS (numbers));
  strata_bind_number (statement, 12, tile->utilisation);
  sqlite3_bind_int64 (statement, 13, id - tile->array_back);
  sqlite3_bind_int64 (statement, 14, tile->at_row);
  sqlite3_bind_int64 (statement, 15, tile->at_col);
  return strata_inserter_row (inserter, STRATA_TABLE_TILE, error);
}

static gboolean
insert_instruction (StrataInserter *inserter, const StrataInstructionRecord *instruction, gint32 id, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_INSTRUCTION];

  if (instruction->id != id || instruction->layer >= inserter->n_layers || instruction->tile >= inserter->n_tiles
      || instruction->unit < 0 || instruction->unit >= inserter->n_units)
    return strata_inserter_refuse (inserter, error, "instruction %d has id %d, layer %d, tile %d, unit %d", id,
                                   instruction->id, instruction->layer, instruction->tile, instruction->unit);
  sqlite3_bind_int64 (statement, 1, id);
  strata_bind_id (statement, 2, instruction->layer);
  strata_bind_id (statement, 3, instruction->tile);
  sqlite3_bind_int64 (statement, 4, instruction->unit);
  strata_bind_text (statement, 5, instruction->opcode);
  sqlite3_bind_int64 (statement, 6, instruction->n_bursts);
  sqlite3_bind_int64 (statement, 7, instruction->n_actions);
  return strata_inserter_row (inserter, STRATA_TABLE_INSTRUCTION, error);
}

static gboolean
insert_names (StrataInserter *inserter, GError **error)
{
  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    if (!strata_inserter_execute (inserter, error, "INSERT INTO component VALUES (%d, %Q, %Q, %d)", i,
                                  strata_component_name (i), strata_component_meaning (i),
                                  strata_store_component_is_static (i)))
      return FALSE;
  for (int i = 0; i <= STRATA_UNIT_DRAM; i++)
    if (!strata_inserter_execute (inserter, error, "INSERT INTO unit_kind VALUES (%d, %Q)", i,
                                  strata_unit_kind_name (i)))
      return FALSE;
  return TRUE;
}

static gboolean
insert_run (StrataInserter *inserter, const StrataTraceSession *session, GError **error)
{
  g_autofree char *run = g_utf8_make_valid (session->run_name != NULL ? session->run_name : "", -1);
  g_autofree char *model = g_utf8_make_valid (session->model_name != NULL ? session->model_name : "", -1);
  g_autofree char *chip = g_utf8_make_valid (session->chip_name != NULL ? session->chip_name : "", -1);
  g_autofree char *yaml = g_utf8_make_valid (session->chip_yaml != NULL ? session->chip_yaml : "", -1);
  char budget[G_ASCII_DTOSTR_BUF_SIZE] = "NULL";

  if (session->power_budget_mw > 0 && isfinite (session->power_budget_mw))
    g_ascii_formatd (budget, sizeof budget, "%.17g", session->power_budget_mw);
  return strata_inserter_execute (inserter, error, "INSERT INTO run VALUES (1, %Q, %Q, %d, %Q)", run, model,
                                  session->fidelity, strata_store_fidelity_name (session->fidelity))
         && strata_inserter_execute (inserter, error,
                                     "INSERT INTO chip VALUES (1, %Q, %Q, %d, %d, %d, %d, %d, %d, %d, %d, %s)", chip,
                                     yaml, session->mesh_x, session->mesh_y, session->n_stacks, session->n_tiers,
                                     session->n_rows, session->n_columns, session->hub_x2, session->hub_y2, budget);
}

static gboolean
check_session (StrataInserter *inserter, const StrataTraceSession *session, GError **error)
{
  if ((guint) session->fidelity > STRATA_FIDELITY_MEASURED || session->n_units < 0 || session->n_layers < 0
      || session->n_tiles < 0 || session->n_instructions < 0 || session->n_stacks < 0 || session->n_tiers < 0)
    return strata_inserter_refuse (inserter, error, "the session has a negative count or an unknown fidelity");
  inserter->n_units = session->n_units;
  inserter->n_layers = session->n_layers;
  inserter->n_tiles = session->n_tiles;
  inserter->n_instructions = session->n_instructions;
  return TRUE;
}

gboolean
strata_inserter_session (StrataInserter *inserter, const StrataTraceSession *session, GError **error)
{
  if (!check_session (inserter, session, error) || !insert_names (inserter, error)
      || !insert_run (inserter, session, error))
    return FALSE;
  for (int i = 0; i < session->n_units; i++)
    if (!insert_unit (inserter, &session->units[i], i, error))
      return FALSE;
  for (int i = 0; i < session->n_layers; i++)
    if (!insert_layer (inserter, &session->layers[i], i, error))
      return FALSE;
  for (int i = 0; i < session->n_tiles; i++)
    if (!insert_tile (inserter, &session->tiles[i], i, error))
      return FALSE;
  for (int i = 0; i < session->n_instructions; i++)
    if (!insert_instruction (inserter, &session->instructions[i], i, error))
      return FALSE;
  return TRUE;
}
