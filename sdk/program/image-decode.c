/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a container. Nothing in it is trusted: the table is checked against the length of the file, the hash of every
 * section against its bytes, counts against the bytes that could hold them before anything is allocated; then the
 * checks of the chip and of every artefact run.
 */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "program/bytes.h"
#include "program/container.h"
#include "program/image.h"

typedef struct
{
  const char *origin;
  const guint8 *data;
  gsize n;
  guint64 program_hash;
  StrataSectionEntry entries[STRATA_N_SECTIONS];
  StrataImage *image;
  GError **error;
} Decoder;

static gboolean G_GNUC_PRINTF (2, 3) refuse_file (const Decoder *decoder, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (decoder->error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, "%s: %s", decoder->origin, reason);
  return FALSE;
}

static gboolean
refuse_section (const Decoder *decoder, StrataSection section, const char *reason)
{
  return refuse_file (decoder, "section %s: %s; compile the model again", strata_section (section)->name, reason);
}

/* --- header and table --- */

static gboolean
read_entry (Decoder *decoder, StrataReader *reader, StrataSection section)
{
  const StrataSectionEntry *known = strata_section (section);
  StrataSectionEntry *entry = &decoder->entries[section];
  const guint8 *name = strata_get_bytes (reader, 4);

  if (name == NULL || memcmp (name, known->name, 4) != 0)
    return refuse_section (decoder, section, "is not where it belongs");
  *entry = *known;
  entry->version = strata_get_i32 (reader);
  entry->offset = (guint64) strata_get_i64 (reader);
  entry->length = (guint64) strata_get_i64 (reader);
  entry->hash = (guint64) strata_get_i64 (reader);
  if (reader->failed)
    return refuse_section (decoder, section, "the table is cut short");
  if (entry->version != known->version)
    return refuse_file (decoder, "section %s: has version %d, this library reads %d; compile the model again",
                        known->name, entry->version, known->version);
  if (entry->offset % STRATA_CONTAINER_ALIGNMENT != 0 || entry->offset > decoder->n
      || entry->length > decoder->n - entry->offset)
    return refuse_section (decoder, section, "lies outside the file, or not at a multiple of 64");
  if (strata_hash_bytes (decoder->data + entry->offset, entry->length) != entry->hash)
    return refuse_section (decoder, section, "its bytes do not match their hash");
  return TRUE;
}

static gboolean
read_table (Decoder *decoder)
{
  StrataReader reader = { decoder->data, decoder->n, 0, FALSE };
  const guint8 *magic = strata_get_bytes (&reader, 4);
  gint32 version = strata_get_i32 (&reader), n_sections = strata_get_i32 (&reader);
  guint64 n_bytes;

  if (magic == NULL || memcmp (magic, STRATA_CONTAINER_MAGIC, 4) != 0)
    return refuse_file (decoder, "is not a compiled program (*.strp)");
  if (version != STRATA_CONTAINER_VERSION || n_sections != STRATA_N_SECTIONS)
    return refuse_file (decoder,
                        "has format version %d with %d sections; this library reads version %d with %d: compile the "
                        "model again",
                        version, n_sections, STRATA_CONTAINER_VERSION, STRATA_N_SECTIONS);
  strata_get_i32 (&reader);
  decoder->program_hash = (guint64) strata_get_i64 (&reader);
  n_bytes = (guint64) strata_get_i64 (&reader);
  if (reader.failed || n_bytes != decoder->n)
    return refuse_file (decoder, "is %" G_GSIZE_FORMAT " bytes long and should be %" G_GUINT64_FORMAT "; copy it again",
                        decoder->n, n_bytes);
  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    if (!read_entry (decoder, &reader, i))
      return FALSE;
  return strata_container_hash (decoder->entries) == decoder->program_hash
         || refuse_file (decoder, "its sections do not match its program hash; compile the model again");
}

static StrataReader
open_section (const Decoder *decoder, StrataSection section)
{
  const StrataSectionEntry *entry = &decoder->entries[section];

  return (StrataReader){ decoder->data + entry->offset, entry->length, 0, FALSE };
}

/* To be called last on a section: everything was there, and nothing else. */
static gboolean
close_section (const Decoder *decoder, StrataSection section, const StrataReader *reader)
{
  if (reader->failed)
    return refuse_section (decoder, section, "is cut short or holds a count it cannot");
  return reader->at == reader->n || refuse_section (decoder, section, "has bytes left over");
}

/* --- sections --- */

static gboolean
read_chip (Decoder *decoder)
{
  StrataReader reader = open_section (decoder, STRATA_SECTION_CHIP);

  decoder->image->chip =
    strata_chip_spec_parse ((const char *) reader.data, (gssize) reader.n, "section CHIP", decoder->error);
  if (decoder->image->chip != NULL)
    return TRUE;
  if (decoder->error != NULL && *decoder->error != NULL)
    {
      g_autofree char *reason = g_strdup ((*decoder->error)->message);

      g_clear_error (decoder->error);
      refuse_file (decoder, "%s", reason);
    }
  return FALSE;
}

static gboolean
read_limits (Decoder *decoder)
{
  StrataReader reader = open_section (decoder, STRATA_SECTION_LIMT);
  StrataLimits *limits = &decoder->image->limits;

  limits->max_latency_ps = strata_get_i64 (&reader);
  limits->max_interval_ps = strata_get_i64 (&reader);
  limits->max_power_mw = strata_get_f64 (&reader);
  limits->max_energy_fj = strata_get_f64 (&reader);
  limits->max_junction_c = strata_get_f64 (&reader);
  limits->max_skin_c = strata_get_f64 (&reader);
  limits->min_accuracy = strata_get_f64 (&reader);
  limits->max_peak_mw = strata_get_f64 (&reader);
  limits->max_cost_usd = strata_get_f64 (&reader);
  limits->max_arrays = strata_get_i64 (&reader);
  decoder->image->pace_ps = strata_get_i64 (&reader);
  decoder->image->seed = (guint64) strata_get_i64 (&reader);
  decoder->image->model_digest = (guint64) strata_get_i64 (&reader);
  decoder->image->n_parameters = strata_get_i64 (&reader);
  decoder->image->n_macs = strata_get_i64 (&reader);
  if (!close_section (decoder, STRATA_SECTION_LIMT, &reader))
    return FALSE;
  if (!isfinite (limits->max_power_mw) || !isfinite (limits->max_energy_fj) || !isfinite (limits->max_junction_c)
      || !isfinite (limits->max_skin_c) || !isfinite (limits->min_accuracy) || !isfinite (limits->max_peak_mw)
      || !isfinite (limits->max_cost_usd) || limits->max_latency_ps < -1 || limits->max_interval_ps < -1
      || limits->max_arrays < 0 || decoder->image->pace_ps < 0 || decoder->image->n_parameters < 0
      || decoder->image->n_macs < 0)
    return refuse_section (decoder, STRATA_SECTION_LIMT, "holds a limit or a count that is no number");
  return TRUE;
}

static void
read_tensor (StrataReader *reader, StrataArena *arena, StrataQTensor *tensor)
{
  tensor->name = strata_get_string (reader, arena);
  tensor->channels = strata_get_i32 (reader);
  tensor->height = strata_get_i32 (reader);
  tensor->width = strata_get_i32 (reader);
  tensor->tokens = strata_get_i32 (reader) != 0;
  tensor->dtype = (StrataDtype) strata_get_i32 (reader);
  tensor->format = (StrataFormat) strata_get_i32 (reader);
  tensor->scale = strata_get_f64 (reader);
  tensor->zero_point = strata_get_i32 (reader);
  tensor->producer = strata_get_i32 (reader);
  tensor->guessed = strata_get_i32 (reader) != 0;
}

static void
read_window (StrataReader *reader, StrataWindow *w)
{
  int *const fields[] = { &w->kernel_h, &w->kernel_w, &w->stride_h,   &w->stride_w,  &w->dilation_h, &w->dilation_w,
                          &w->pad_top,  &w->pad_left, &w->pad_bottom, &w->pad_right, &w->groups };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    *fields[i] = strata_get_i32 (reader);
}

/* A copy in @arena of an array of the weights section; NULL where it has no elements. @n_wanted: what it must have if
 * any; anything else is a failure. */
static void *
read_array (StrataReader *reader, StrataReader *weights, StrataArena *arena, gint64 n_wanted, gsize element)
{
  guint64 offset = (guint64) strata_get_i64 (reader), n = (guint64) strata_get_i64 (reader);
  StrataReader at = *weights;

  if (reader->failed || n == 0)
    return NULL;
  if (n_wanted < 0 || n != (guint64) n_wanted || n > weights->n / element || offset > weights->n
      || offset % STRATA_CONTAINER_ALIGNMENT != 0 || n * element > weights->n - offset)
    {
      reader->failed = TRUE;
      return NULL;
    }
  at.at = offset;
  return strata_arena_memdup (arena, strata_get_bytes (&at, n * element), n * element);
}

/* The model of a digital op, a copy of its bytes; FALSE with an error where they are none. */
static gboolean
read_digital (Decoder *decoder, StrataReader *reader, StrataReader *weights, StrataQOp *op)
{
  guint64 offset, n;
  StrataReader at = *weights;
  g_autoptr (GBytes) bytes = NULL;

  op->n_more_outputs = strata_get_i32 (reader);
  if (op->n_more_outputs < 0 || op->n_more_outputs >= STRATA_QOP_MAX_OUTPUTS)
    {
      op->n_more_outputs = 0;
      reader->failed = TRUE;
    }
  for (int i = 0; i < op->n_more_outputs; i++)
    op->more_outputs[i] = strata_get_i32 (reader);
  op->by_row = (guint32) strata_get_i32 (reader);
  op->streams = strata_get_i32 (reader) != 0;
  offset = (guint64) strata_get_i64 (reader);
  n = (guint64) strata_get_i64 (reader);
  if (reader->failed || n == 0)
    return TRUE;
  if (offset > weights->n || offset % STRATA_CONTAINER_ALIGNMENT != 0 || n > weights->n - offset)
    {
      reader->failed = TRUE;
      return TRUE;
    }
  at.at = offset;
  bytes = g_bytes_new (strata_get_bytes (&at, n), n);
  op->digital = strata_digital_new (bytes, op->n_inputs, op->name, decoder->error);
  return op->digital != NULL;
}

static gboolean
read_op (Decoder *decoder, StrataReader *reader, StrataReader *weights, StrataArena *arena, StrataQOp *op)
{
  gboolean product;

  op->kind = (StrataQOpKind) strata_get_i32 (reader);
  product = op->kind == STRATA_QOP_MVM || op->kind == STRATA_QOP_MAC;
  op->name = strata_get_string (reader, arena);
  op->onnx = strata_get_string (reader, arena);
  op->node = strata_get_i32 (reader);
  op->n_inputs = strata_get_i32 (reader);
  if (op->n_inputs < 0 || op->n_inputs > STRATA_QOP_MAX_INPUTS)
    {
      op->n_inputs = 0;
      reader->failed = TRUE;
    }
  for (int i = 0; i < op->n_inputs; i++)
    op->inputs[i] = strata_get_i32 (reader);
  op->output = strata_get_i32 (reader);
  if (!read_digital (decoder, reader, weights, op))
    return FALSE;
  read_window (reader, &op->window);
  op->n = strata_get_i32 (reader);
  op->k = strata_get_i32 (reader);
  op->weights = read_array (reader, weights, arena, product ? (gint64) op->n * op->k : 0, sizeof *op->weights);
  op->bias = read_array (reader, weights, arena, product ? op->n : 0, sizeof *op->bias);
  op->multiplier = read_array (reader, weights, arena, product ? op->n : 1, sizeof *op->multiplier);
  op->weight_max = strata_get_i32 (reader);
  op->n_slices = strata_get_i32 (reader);
  op->n_reads = strata_get_i32 (reader);
  op->block_rows = strata_get_i32 (reader);
  op->x_rms = strata_get_i32 (reader);
  op->x_peak = strata_get_i32 (reader);
  op->x_toggles = strata_get_i32 (reader);
  op->x_repeats = strata_get_i32 (reader);
  for (int i = 0; i < 4; i++)
    op->input_multiplier[i] = strata_get_f64 (reader);
  op->clamp_lo = strata_get_i32 (reader);
  op->clamp_hi = strata_get_i32 (reader);
  op->clamp_lo_f = (float) strata_get_f64 (reader);
  op->clamp_hi_f = (float) strata_get_f64 (reader);
  op->offset_c = strata_get_i32 (reader);
  op->offset_h = strata_get_i32 (reader);
  op->offset_w = strata_get_i32 (reader);
  op->count_padding = strata_get_i32 (reader) != 0;
  op->function = (StrataFunction) strata_get_i32 (reader);
  return TRUE;
}

static int *
read_ints (StrataReader *reader, StrataArena *arena, int *n)
{
  int *values;

  *n = strata_get_count (reader, 4);
  values = strata_arena_array (arena, int, *n);
  for (int i = 0; i < *n; i++)
    values[i] = strata_get_i32 (reader);
  return values;
}

static gboolean
read_graph (Decoder *decoder)
{
  StrataReader reader = open_section (decoder, STRATA_SECTION_QGRF);
  StrataReader weights = open_section (decoder, STRATA_SECTION_WGTS);
  StrataQGraph *graph = decoder->image->graph = g_new0 (StrataQGraph, 1);
  StrataArena *arena = graph->arena = strata_arena_new ();

  graph->n_tensors = strata_get_count (&reader, 40);
  graph->tensors = strata_arena_array (arena, StrataQTensor, graph->n_tensors);
  for (int i = 0; i < graph->n_tensors && !reader.failed; i++)
    read_tensor (&reader, arena, &graph->tensors[i]);
  graph->n_ops = strata_get_count (&reader, 200);
  graph->ops = strata_arena_array (arena, StrataQOp, graph->n_ops);
  for (int i = 0; i < graph->n_ops && !reader.failed; i++)
    if (!read_op (decoder, &reader, &weights, arena, &graph->ops[i]))
      return FALSE;
  graph->inputs = read_ints (&reader, arena, &graph->n_inputs);
  graph->outputs = read_ints (&reader, arena, &graph->n_outputs);
  graph->node_op = read_ints (&reader, arena, &graph->n_nodes);
  graph->quantised_source = strata_get_i32 (&reader) != 0;
  graph->calibrated = strata_get_i32 (&reader) != 0;
  graph->weightless = strata_get_i32 (&reader) != 0;
  return close_section (decoder, STRATA_SECTION_QGRF, &reader);
}

static gboolean
read_tiles (Decoder *decoder)
{
  StrataReader reader = open_section (decoder, STRATA_SECTION_TILE);
  StrataTileSet *tiles = decoder->image->tiles = g_new0 (StrataTileSet, 1);

  tiles->n_ops = decoder->image->graph->n_ops;
  tiles->arrays_required = strata_get_i64 (&reader);
  tiles->n_tiles = strata_get_count (&reader, 52);
  tiles->tiles = g_new0 (StrataTile, (gsize) tiles->n_tiles + 1);
  tiles->op_first = g_new0 (int, (gsize) tiles->n_ops + 1);
  for (int i = 0; i < tiles->n_tiles; i++)
    {
      StrataTile *tile = &tiles->tiles[i];
      int *const fields[] = { &tile->op,     &tile->copy,     &tile->row0,         &tile->n_rows,     &tile->col0,
                              &tile->n_cols, &tile->n_slices, &tile->n_row_copies, &tile->array_back, &tile->at_row,
                              &tile->at_col, &tile->n_groups, &tile->n_tiers };

      for (guint j = 0; j < G_N_ELEMENTS (fields); j++)
        *fields[j] = strata_get_i32 (&reader);
      if (tile->op < (i == 0 ? 0 : tile[-1].op))
        return refuse_section (decoder, STRATA_SECTION_TILE, "tiles are not in the order of ops");
    }
  strata_tile_set_index (tiles);
  return close_section (decoder, STRATA_SECTION_TILE, &reader);
}

static gboolean
read_placement (Decoder *decoder)
{
  StrataReader reader = open_section (decoder, STRATA_SECTION_PLAC);
  StrataPlacement *placement = decoder->image->placement = g_new0 (StrataPlacement, 1);

  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    {
      placement->cost_ps[i] = strata_get_i64 (&reader);
      placement->bound_ps[i] = strata_get_i64 (&reader);
    }
  placement->total_ps = strata_get_i64 (&reader);
  placement->total_bound_ps = strata_get_i64 (&reader);
  placement->n_tiles = strata_get_count (&reader, 8);
  placement->site = g_new0 (StrataSite, (gsize) placement->n_tiles + 1);
  for (int i = 0; i < placement->n_tiles; i++)
    {
      placement->site[i].stack = strata_get_i32 (&reader);
      placement->site[i].tier = strata_get_i32 (&reader);
    }
  return close_section (decoder, STRATA_SECTION_PLAC, &reader);
}

static void
read_instruction (StrataReader *reader, StrataInstruction *i)
{
  i->opcode = (StrataOpcode) strata_get_i32 (reader);
  i->op = strata_get_i32 (reader);
  i->tile = strata_get_i32 (reader);
  i->unit = strata_get_i32 (reader);
  i->from_node = strata_get_i32 (reader);
  i->to_node = strata_get_i32 (reader);
  i->first_route = strata_get_i32 (reader);
  i->n_hops = strata_get_i32 (reader);
  i->n_bursts = strata_get_i32 (reader);
  i->n_actions = strata_get_i64 (reader);
  i->sram_bytes = strata_get_i64 (reader);
  i->dram_bytes = strata_get_i64 (reader);
  i->n_posts = strata_get_i64 (reader);
  i->priority = strata_get_i32 (reader);
  i->priority_step = strata_get_i32 (reader);
  i->first_dependence = strata_get_i32 (reader);
  i->n_dependences = strata_get_i32 (reader);
  i->buffer = strata_get_i32 (reader);
  i->n_buffers = strata_get_i32 (reader);
  i->first_row = strata_get_i32 (reader);
  i->row_step = strata_get_i32 (reader);
}

static StrataDependence *
read_dependences (StrataReader *reader, StrataArena *arena, int *n)
{
  StrataDependence *dependences;

  *n = strata_get_count (reader, 16);
  dependences = strata_arena_array (arena, StrataDependence, *n);
  for (int i = 0; i < *n; i++)
    {
      dependences[i].instruction = strata_get_i32 (reader);
      dependences[i].multiply = strata_get_i32 (reader);
      dependences[i].add = strata_get_i32 (reader);
      dependences[i].divide = strata_get_i32 (reader);
    }
  return dependences;
}

static void
read_buffer (StrataReader *reader, StrataBuffer *buffer)
{
  buffer->unit = strata_get_i32 (reader);
  buffer->tensor = strata_get_i32 (reader);
  buffer->op = strata_get_i32 (reader);
  buffer->n_rows = strata_get_i32 (reader);
  buffer->height = strata_get_i32 (reader);
  buffer->row_bytes = strata_get_i64 (reader);
  buffer->first_release = strata_get_i32 (reader);
  buffer->n_releases = strata_get_i32 (reader);
}

static gboolean
read_schedule (Decoder *decoder)
{
  StrataReader reader = open_section (decoder, STRATA_SECTION_SCHD);
  StrataSchedule *schedule = decoder->image->schedule = g_new0 (StrataSchedule, 1);
  StrataArena *arena = schedule->arena = strata_arena_new ();

  schedule->latency_ps = strata_get_i64 (&reader);
  schedule->interval_ps = strata_get_i64 (&reader);
  schedule->lower_bound_ps = strata_get_i64 (&reader);
  schedule->interval_bound_ps = strata_get_i64 (&reader);
  schedule->critical_path_ps = strata_get_i64 (&reader);
  schedule->busiest_unit_ps = strata_get_i64 (&reader);
  schedule->busiest_unit = strata_get_i32 (&reader);
  schedule->sram_peak_bytes = strata_get_i64 (&reader);
  schedule->max_active_stacks = strata_get_i32 (&reader);
  schedule->n_instructions = strata_get_count (&reader, 92);
  schedule->instructions = strata_arena_array (arena, StrataInstruction, schedule->n_instructions);
  for (int i = 0; i < schedule->n_instructions; i++)
    read_instruction (&reader, &schedule->instructions[i]);
  schedule->dependences = read_dependences (&reader, arena, &schedule->n_dependences);
  schedule->releases = read_dependences (&reader, arena, &schedule->n_releases);
  schedule->n_buffers = strata_get_count (&reader, 36);
  schedule->buffers = strata_arena_array (arena, StrataBuffer, schedule->n_buffers);
  for (int i = 0; i < schedule->n_buffers; i++)
    read_buffer (&reader, &schedule->buffers[i]);
  schedule->n_places = strata_get_count (&reader, 16);
  schedule->places = strata_arena_array (arena, StrataRowPlace, schedule->n_places);
  for (int i = 0; i < schedule->n_places; i++)
    {
      schedule->places[i].buffer = strata_get_i32 (&reader);
      schedule->places[i].row = strata_get_i32 (&reader);
      schedule->places[i].offset = strata_get_i64 (&reader);
    }
  schedule->routes = read_ints (&reader, arena, &schedule->n_routes);
  schedule->units = strata_schedule_units (decoder->image->chip, arena, &schedule->n_units);
  return close_section (decoder, STRATA_SECTION_SCHD, &reader);
}

/* An array whose shape has the size of its bytes, and as many elements as the graph's input @tensor. */
static StrataArray *
read_sample (StrataReader *reader, const StrataQTensor *tensor)
{
  StrataDtype dtype = (StrataDtype) strata_get_i32 (reader);
  int n_dims = strata_get_i32 (reader);
  gint64 dims[STRATA_MAX_DIMS] = { 0 }, n = 1, n_wanted = strata_qtensor_count (tensor);
  guint64 n_bytes;
  const guint8 *data;
  StrataArray *array;

  if (n_dims < 0 || n_dims > STRATA_MAX_DIMS)
    return NULL;
  for (int d = 0; d < n_dims; d++)
    {
      dims[d] = strata_get_i64 (reader);
      if (dims[d] < 1 || n > n_wanted || dims[d] > n_wanted)
        return NULL;
      n *= dims[d];
    }
  n_bytes = (guint64) strata_get_i64 (reader);
  if (reader->failed || strata_dtype_size (dtype) == 0 || n != n_wanted
      || n_bytes != (guint64) n * strata_dtype_size (dtype))
    return NULL;
  data = strata_get_bytes (reader, n_bytes);
  if (data == NULL)
    return NULL;
  array = strata_array_new (dtype, n_dims, dims);
  memcpy (array->data, data, n_bytes);
  return array;
}

/* Runs after the check of the graph, whose inputs it needs. */
static gboolean
read_calibration (Decoder *decoder)
{
  StrataReader reader = open_section (decoder, STRATA_SECTION_CALB);
  StrataImage *image = decoder->image;
  int n_samples = strata_get_i32 (&reader), n_inputs = strata_get_i32 (&reader);

  if (n_samples < 0 || n_samples > STRATA_MAX_CALIBRATION || n_inputs != image->graph->n_inputs)
    return refuse_section (decoder, STRATA_SECTION_CALB, "its samples do not fit the graph");
  image->calibration = g_new0 (StrataArray *, (gsize) n_samples * n_inputs + 1);
  image->n_calibration = n_samples;
  for (int i = 0; i < n_samples * n_inputs; i++)
    {
      image->calibration[i] = read_sample (&reader, &image->graph->tensors[image->graph->inputs[i % n_inputs]]);
      if (image->calibration[i] == NULL)
        return refuse_section (decoder, STRATA_SECTION_CALB, "holds a sample whose shape does not fit the graph");
    }
  return close_section (decoder, STRATA_SECTION_CALB, &reader);
}

static StrataAlternative
read_alternative (StrataReader *reader, StrataArena *arena)
{
  StrataAlternative other = { .what = strata_get_string (reader, arena) };

  other.latency_ps = strata_get_i64 (reader);
  other.interval_ps = strata_get_i64 (reader);
  other.energy_fj = strata_get_i64 (reader);
  other.n_arrays = strata_get_i64 (reader);
  other.verdict = strata_get_string (reader, arena);
  return other;
}

static StrataNoiseFigures
read_noise (StrataReader *reader)
{
  StrataNoiseFigures f = { .op = strata_get_i32 (reader) };

  f.n_reads = strata_get_i32 (reader);
  f.snr_db = strata_get_f64 (reader);
  f.effective_bits = strata_get_f64 (reader);
  f.thermal_db = strata_get_f64 (reader);
  f.cells_db = strata_get_f64 (reader);
  f.converter_db = strata_get_f64 (reader);
  f.lasting_db = strata_get_f64 (reader);
  f.rounding_db = strata_get_f64 (reader);
  f.share = strata_get_f64 (reader);
  f.adc_bits = strata_get_i32 (reader);
  f.sound_bits = strata_get_i32 (reader);
  f.drowned_fj = strata_get_f64 (reader);
  return f;
}

static gboolean
read_decisions (Decoder *decoder)
{
  StrataReader reader = open_section (decoder, STRATA_SECTION_DECI);
  StrataImage *image = decoder->image;
  int is_there = strata_get_i32 (&reader), n_decisions, n_noise;

  if (is_there == 0)
    return close_section (decoder, STRATA_SECTION_DECI, &reader);
  if (is_there != 1)
    return refuse_section (decoder, STRATA_SECTION_DECI, "begins with neither 0 nor 1");
  image->decisions = strata_decisions_new ();
  n_decisions = strata_get_count (&reader, 28);
  for (int i = 0; i < n_decisions && !reader.failed; i++)
    {
      StrataArena *arena = image->decisions->arena;
      StrataDecision decision = { .reason = strata_reason_from_code (strata_get_string (&reader, arena)) };

      decision.op = strata_get_i32 (&reader);
      decision.tile = strata_get_i32 (&reader);
      decision.value = strata_get_i64 (&reader);
      decision.text = strata_get_string (&reader, arena);
      decision.first_alternative = (int) image->decisions->alternatives->len;
      decision.n_alternatives = strata_get_count (&reader, 40);
      for (int j = 0; j < decision.n_alternatives && !reader.failed; j++)
        {
          StrataAlternative other = read_alternative (&reader, arena);

          g_array_append_val (image->decisions->alternatives, other);
        }
      g_array_append_val (image->decisions->decisions, decision);
    }
  n_noise = strata_get_count (&reader, 88);
  for (int i = 0; i < n_noise && !reader.failed; i++)
    {
      const StrataNoiseFigures figures = read_noise (&reader);

      strata_decisions_add_noise (image->decisions, &figures);
    }
  return close_section (decoder, STRATA_SECTION_DECI, &reader)
         && strata_decisions_check (image->decisions, image->graph->n_ops,
                                    image->tiles != NULL ? image->tiles->n_tiles : 0, decoder->error);
}

static gboolean
read_meta (Decoder *decoder)
{
  StrataReader reader = open_section (decoder, STRATA_SECTION_META);
  g_autoptr (StrataArena) arena = strata_arena_new ();

  decoder->image->model_path = g_strdup (strata_get_string (&reader, arena));
  decoder->image->model_name = g_strdup (strata_get_string (&reader, arena));
  decoder->image->model_shapes = g_strdup (strata_get_string (&reader, arena));
  decoder->image->model_values = g_strdup (strata_get_string (&reader, arena));
  return close_section (decoder, STRATA_SECTION_META, &reader);
}

/* Each artefact with its check, which looks at those before it */
static gboolean
read_parts (Decoder *decoder, StrataImageParts parts)
{
  StrataImage *image = decoder->image;

  if (parts & STRATA_PART_GRAPH && !(read_graph (decoder) && strata_qgraph_check (image->graph, decoder->error)))
    return FALSE;
  if (parts & STRATA_PART_TILES
      && !(read_tiles (decoder) && strata_tile_set_check (image->tiles, image->graph, image->chip, decoder->error)))
    return FALSE;
  if (parts & STRATA_PART_PLACEMENT
      && !(read_placement (decoder)
           && strata_placement_check (image->placement, image->tiles, image->chip, decoder->error)))
    return FALSE;
  if (parts & STRATA_PART_SCHEDULE
      && !(read_schedule (decoder)
           && strata_schedule_check (image->schedule, image->graph, image->tiles, image->placement, image->chip,
                                     decoder->error)))
    return FALSE;
  return !(parts & STRATA_PART_DECISIONS) || read_decisions (decoder);
}

static gboolean
read_all (Decoder *decoder)
{
  return read_table (decoder) && read_chip (decoder) && read_limits (decoder) && read_parts (decoder, STRATA_PARTS_ALL)
         && read_calibration (decoder) && read_meta (decoder);
}

static void
name_origin (GError *error, const char *origin)
{
  if (!g_str_has_prefix (error->message, origin))
    g_prefix_error (&error, "%s: ", origin);
}

gboolean
strata_image_decode_parts (
  StrataImage *image, StrataImageParts parts, GBytes *bytes, const char *origin, GError **error)
{
  GError *local = NULL;
  Decoder decoder = { .origin = origin, .image = image, .error = &local };

  decoder.data = g_bytes_get_data (bytes, &decoder.n);
  if (read_table (&decoder) && read_parts (&decoder, parts))
    return TRUE;
  name_origin (local, origin);
  g_propagate_error (error, local);
  return FALSE;
}

StrataImage *
strata_image_decode (GBytes *bytes, const char *origin, GError **error)
{
  g_autoptr (StrataImage) image = g_new0 (StrataImage, 1);
  GError *local = NULL;
  Decoder decoder = { .origin = origin, .image = image, .error = &local };

  decoder.data = g_bytes_get_data (bytes, &decoder.n);
  if (!read_all (&decoder))
    {
      name_origin (local, origin);
      g_propagate_error (error, local);
      return NULL;
    }
  image->hash = decoder.program_hash;
  return g_steal_pointer (&image);
}
