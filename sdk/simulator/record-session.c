/* SPDX-License-Identifier: Apache-2.0
 *
 * The static tables of a run, from the image: units, layers with their stage, tiles, instructions. A stage is a spatial
 * size of outputs, in order of first appearance ("32x32"): downsampling ends a stage, shortcuts fall into the stage
 * they join.
 */
#include "simulator/record.h"

gint64
strata_record_macs (const StrataQGraph *graph, int op)
{
  const StrataQOp *q = &graph->ops[op];
  const StrataQTensor *output = &graph->tensors[q->output];

  if (q->kind == STRATA_QOP_DIGITAL)
    return q->digital->n_macs;
  if (q->kind != STRATA_QOP_MVM && q->kind != STRATA_QOP_MAC)
    return 0;
  return (gint64) q->n * q->k * output->height * output->width;
}

/* --- layers --- */

typedef struct
{
  int height, width, n;
} Stage;

static int
find_stage (GArray *stages, const StrataQTensor *output)
{
  Stage stage = { output->height, output->width, 0 };

  for (guint i = 0; i < stages->len; i++)
    if (g_array_index (stages, Stage, i).height == stage.height
        && g_array_index (stages, Stage, i).width == stage.width)
      return (int) i;
  g_array_append_val (stages, stage);
  return (int) stages->len - 1;
}

static void
set_inputs (const StrataQGraph *graph, const StrataQOp *op, StrataLayerRecord *layer)
{
  layer->n_inputs = MIN (op->n_inputs, (int) G_N_ELEMENTS (layer->inputs));
  for (int i = 0; i < (int) G_N_ELEMENTS (layer->inputs); i++)
    layer->inputs[i] = i < layer->n_inputs ? graph->tensors[op->inputs[i]].producer : -1;
}

static void
set_mapping (const StrataImage *image, int id, StrataLayerRecord *layer)
{
  const StrataTileSet *tiles = image->tiles;

  layer->n_tiles = tiles->op_first[id + 1] - tiles->op_first[id];
  for (int i = tiles->op_first[id]; i < tiles->op_first[id + 1]; i++)
    {
      layer->n_copies = MAX (layer->n_copies, tiles->tiles[i].copy + 1);
      layer->n_row_copies = MAX (layer->n_row_copies, tiles->tiles[i].n_row_copies);
    }
  if (layer->n_tiles > 0)
    layer->utilisation = strata_tile_set_op_utilisation (tiles, id, image->chip);
}

static void
set_layer (const StrataImage *image, int id, StrataLayerRecord *layer)
{
  const StrataQGraph *graph = image->graph;
  const StrataQOp *op = &graph->ops[id];
  const StrataQTensor *output = &graph->tensors[op->output];
  gboolean matrix = op->kind == STRATA_QOP_MVM || op->kind == STRATA_QOP_MAC;

  layer->id = id;
  layer->node = op->node;
  layer->name = op->name != NULL ? op->name : "";
  layer->op = op->onnx != NULL ? op->onnx : "";
  layer->kind = strata_qop_name (op->kind);
  layer->n_macs = strata_record_macs (graph, id);
  layer->n_weights = matrix ? (gint64) op->n * op->k : 0;
  layer->out_channels = output->channels;
  layer->out_height = output->height;
  layer->out_width = output->width;
  layer->k = matrix ? op->k : 0;
  layer->n = matrix ? op->n : 0;
  layer->n_reads = op->kind == STRATA_QOP_MVM ? MAX (op->n_reads, 1) : 0;
  layer->n_slices = op->kind == STRATA_QOP_MVM ? op->n_slices : 0;
  set_inputs (graph, op, layer);
  set_mapping (image, id, layer);
}

static StrataLayerRecord *
make_layers (StrataArena *arena, const StrataImage *image)
{
  const StrataQGraph *graph = image->graph;
  StrataLayerRecord *layers = strata_arena_array (arena, StrataLayerRecord, graph->n_ops);
  g_autoptr (GArray) stages = g_array_new (FALSE, FALSE, sizeof (Stage));

  for (int i = 0; i < graph->n_ops; i++)
    {
      Stage *stage;

      set_layer (image, i, &layers[i]);
      layers[i].stage_index = find_stage (stages, &graph->tensors[graph->ops[i].output]);
      stage = &g_array_index (stages, Stage, layers[i].stage_index);
      layers[i].index_in_stage = stage->n++;
    }
  for (int i = 0; i < graph->n_ops; i++)
    {
      const Stage *stage = &g_array_index (stages, Stage, layers[i].stage_index);

      layers[i].n_in_stage = stage->n;
      layers[i].stage = strata_arena_printf (arena, "%dx%d", stage->height, stage->width);
    }
  return layers;
}

/* --- tiles, instructions --- */

static StrataTileRecord *
make_tiles (StrataArena *arena, const StrataImage *image)
{
  StrataTileRecord *records = strata_arena_array (arena, StrataTileRecord, image->tiles->n_tiles);

  for (int i = 0; i < image->tiles->n_tiles; i++)
    {
      const StrataTile *tile = &image->tiles->tiles[i];

      records[i] = (StrataTileRecord){ .id = i,
                                       .layer = tile->op,
                                       .copy = tile->copy,
                                       .stack = image->placement->site[i].stack,
                                       .tier = image->placement->site[i].tier,
                                       .row0 = strata_tile_first_row (tile, &image->graph->ops[tile->op]),
                                       .n_rows = tile->n_rows,
                                       .col0 = tile->col0,
                                       .n_cols = tile->n_cols,
                                       .n_slices = tile->n_slices,
                                       .n_row_copies = tile->n_row_copies,
                                       .utilisation = strata_tile_utilisation (tile, image->chip),
                                       .array_back = tile->array_back,
                                       .at_row = tile->at_row,
                                       .at_col = tile->at_col };
    }
  return records;
}

static StrataInstructionRecord *
make_instructions (StrataArena *arena, const StrataSchedule *schedule)
{
  StrataInstructionRecord *records = strata_arena_array (arena, StrataInstructionRecord, schedule->n_instructions);

  for (int i = 0; i < schedule->n_instructions; i++)
    {
      const StrataInstruction *instruction = &schedule->instructions[i];

      records[i] = (StrataInstructionRecord){ .id = i,
                                              .layer = instruction->op,
                                              .tile = instruction->tile,
                                              .unit = instruction->unit,
                                              .opcode = strata_opcode_name (instruction->opcode),
                                              .n_bursts = instruction->n_bursts,
                                              .n_actions = instruction->n_actions };
    }
  return records;
}

static const char *
keep_and_free (StrataArena *arena, char *text)
{
  const char *kept = strata_arena_strdup (arena, text);

  g_free (text);
  return kept;
}

void
strata_record_session (StrataArena *arena, const StrataImage *image, StrataTraceSession *session)
{
  const StrataChipSpec *chip = image->chip;

  session->model_name = image->model_name != NULL ? image->model_name : "";
  session->chip_name = chip->name != NULL ? chip->name : "";
  session->chip_yaml = keep_and_free (arena, strata_chip_spec_print (chip));
  session->mesh_x = chip->mesh_x;
  session->mesh_y = chip->mesh_y;
  session->n_stacks = chip->n_stacks;
  session->n_tiers = chip->tiers;
  session->n_rows = chip->rows;
  session->n_columns = chip->columns;
  session->hub_x2 = chip->hub_x2;
  session->hub_y2 = chip->hub_y2;
  session->power_budget_mw = chip->p_budget_mw;
  session->units = image->schedule->units;
  session->n_units = image->schedule->n_units;
  session->layers = make_layers (arena, image);
  session->n_layers = image->graph->n_ops;
  session->tiles = make_tiles (arena, image);
  session->n_tiles = image->tiles->n_tiles;
  session->instructions = make_instructions (arena, image->schedule);
  session->n_instructions = image->schedule->n_instructions;
}
