/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes an image as a container. The bytes are a function of the image alone, so that equal images have equal hashes.
 */
#include <string.h>

#include "base/hash.h"
#include "program/bytes.h"
#include "program/container.h"
#include "program/image.h"

const StrataSectionEntry *
strata_section (StrataSection section)
{
  static const StrataSectionEntry table[STRATA_N_SECTIONS] = {
#define STRATA_SECTION_ROW(id, v, meaning) [STRATA_SECTION_##id] = { .name = #id, .version = v },
    STRATA_SECTIONS (STRATA_SECTION_ROW)
#undef STRATA_SECTION_ROW
  };

  return &table[section];
}

gboolean
strata_section_is_hashed (StrataSection section)
{
  return section != STRATA_SECTION_DECI && section != STRATA_SECTION_META;
}

guint64
strata_container_hash (const StrataSectionEntry *entries)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();

  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    {
      if (!strata_section_is_hashed (i))
        continue;
      strata_hasher_string (hasher, entries[i].name);
      strata_hasher_int (hasher, entries[i].version);
      strata_hasher_int (hasher, (gint64) entries[i].length);
      strata_hasher_int (hasher, (gint64) entries[i].hash);
    }
  return strata_hasher_digest (hasher);
}

static void
put_chip (GByteArray *bytes, const StrataImage *image)
{
  g_autofree char *text = strata_chip_spec_print (image->chip);

  g_byte_array_append (bytes, (const guint8 *) text, (guint) strlen (text));
}

static void
put_limits (GByteArray *bytes, const StrataImage *image)
{
  const StrataLimits *limits = &image->limits;

  strata_put_i64 (bytes, limits->max_latency_ps);
  strata_put_i64 (bytes, limits->max_interval_ps);
  strata_put_f64 (bytes, limits->max_power_mw);
  strata_put_f64 (bytes, limits->max_energy_fj);
  strata_put_f64 (bytes, limits->max_junction_c);
  strata_put_f64 (bytes, limits->max_skin_c);
  strata_put_f64 (bytes, limits->min_accuracy);
  strata_put_f64 (bytes, limits->max_peak_mw);
  strata_put_f64 (bytes, limits->max_cost_usd);
  strata_put_i64 (bytes, limits->max_arrays);
  strata_put_i64 (bytes, image->pace_ps);
  strata_put_i64 (bytes, (gint64) image->seed);
  strata_put_i64 (bytes, (gint64) image->model_digest);
  strata_put_i64 (bytes, image->n_parameters);
  strata_put_i64 (bytes, image->n_macs);
}

static void
put_tensor (GByteArray *bytes, const StrataQTensor *tensor)
{
  strata_put_string (bytes, tensor->name);
  strata_put_i32 (bytes, tensor->channels);
  strata_put_i32 (bytes, tensor->height);
  strata_put_i32 (bytes, tensor->width);
  strata_put_i32 (bytes, tensor->tokens);
  strata_put_i32 (bytes, tensor->dtype);
  strata_put_i32 (bytes, tensor->format);
  strata_put_f64 (bytes, tensor->scale);
  strata_put_i32 (bytes, tensor->zero_point);
  strata_put_i32 (bytes, tensor->producer);
  strata_put_i32 (bytes, tensor->guessed);
}

static void
put_window (GByteArray *bytes, const StrataWindow *w)
{
  const int fields[] = { w->kernel_h, w->kernel_w, w->stride_h,   w->stride_w,  w->dilation_h, w->dilation_w,
                         w->pad_top,  w->pad_left, w->pad_bottom, w->pad_right, w->groups };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    strata_put_i32 (bytes, fields[i]);
}

/* The weights section: its bytes, or, where only its hash is wanted, what was hashed of it instead of a copy */
typedef struct
{
  GByteArray *bytes; /* NULL: hashed */
  StrataHasher *hasher;
  guint64 length;
} Weights;

static void
put_weights (Weights *weights, const void *data, gsize n_bytes)
{
  if (weights->bytes != NULL)
    g_byte_array_append (weights->bytes, data, (guint) n_bytes);
  else
    strata_hasher_bytes (weights->hasher, data, n_bytes);
  weights->length += n_bytes;
}

/* Appends @n elements to the weights section; leaves offset and count in @bytes. */
static void
put_array (GByteArray *bytes, Weights *weights, const void *data, gint64 n, gsize element)
{
  static const guint8 zeros[STRATA_CONTAINER_ALIGNMENT] = { 0 };
  gsize past = weights->length % STRATA_CONTAINER_ALIGNMENT;

  if (data == NULL)
    n = 0;
  if (past != 0)
    put_weights (weights, zeros, STRATA_CONTAINER_ALIGNMENT - past);
  strata_put_i64 (bytes, n == 0 ? 0 : (gint64) weights->length);
  strata_put_i64 (bytes, n);
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  if (n > 0)
    put_weights (weights, data, (gsize) n * element);
#else
#error "arrays of the container are little-endian; add the swap for this machine"
#endif
}

static void
put_digital (GByteArray *bytes, Weights *weights, const StrataQOp *op)
{
  gsize n = 0;
  gconstpointer model = op->digital != NULL ? g_bytes_get_data (op->digital->bytes, &n) : NULL;

  strata_put_i32 (bytes, op->n_more_outputs);
  for (int i = 0; i < op->n_more_outputs; i++)
    strata_put_i32 (bytes, op->more_outputs[i]);
  strata_put_i32 (bytes, op->by_row);
  strata_put_i32 (bytes, op->streams);
  put_array (bytes, weights, model, (gint64) n, 1);
}

static void
put_op (GByteArray *bytes, Weights *weights, const StrataQOp *op)
{
  gboolean product = op->kind == STRATA_QOP_MVM || op->kind == STRATA_QOP_MAC;

  strata_put_i32 (bytes, op->kind);
  strata_put_string (bytes, op->name);
  strata_put_string (bytes, op->onnx);
  strata_put_i32 (bytes, op->node);
  strata_put_i32 (bytes, op->n_inputs);
  for (int i = 0; i < op->n_inputs; i++)
    strata_put_i32 (bytes, op->inputs[i]);
  strata_put_i32 (bytes, op->output);
  put_digital (bytes, weights, op);
  put_window (bytes, &op->window);
  strata_put_i32 (bytes, op->n);
  strata_put_i32 (bytes, op->k);
  put_array (bytes, weights, op->weights, product ? (gint64) op->n * op->k : 0, sizeof *op->weights);
  put_array (bytes, weights, op->bias, product ? op->n : 0, sizeof *op->bias);
  put_array (bytes, weights, op->multiplier, product ? op->n : 1, sizeof *op->multiplier);
  strata_put_i32 (bytes, op->weight_max);
  strata_put_i32 (bytes, op->n_slices);
  strata_put_i32 (bytes, op->n_reads);
  strata_put_i32 (bytes, op->block_rows);
  strata_put_i32 (bytes, op->x_rms);
  strata_put_i32 (bytes, op->x_peak);
  strata_put_i32 (bytes, op->x_toggles);
  strata_put_i32 (bytes, op->x_repeats);
  for (int i = 0; i < 4; i++)
    strata_put_f64 (bytes, op->input_multiplier[i]);
  strata_put_i32 (bytes, op->clamp_lo);
  strata_put_i32 (bytes, op->clamp_hi);
  strata_put_f64 (bytes, op->clamp_lo_f);
  strata_put_f64 (bytes, op->clamp_hi_f);
  strata_put_i32 (bytes, op->offset_c);
  strata_put_i32 (bytes, op->offset_h);
  strata_put_i32 (bytes, op->offset_w);
  strata_put_i32 (bytes, op->count_padding);
  strata_put_i32 (bytes, op->function);
}

static void
put_ints (GByteArray *bytes, const int *values, int n)
{
  strata_put_i32 (bytes, n);
  for (int i = 0; i < n; i++)
    strata_put_i32 (bytes, values[i]);
}

static void
put_graph (GByteArray *bytes, Weights *weights, const StrataQGraph *graph)
{
  strata_put_i32 (bytes, graph->n_tensors);
  for (int i = 0; i < graph->n_tensors; i++)
    put_tensor (bytes, &graph->tensors[i]);
  strata_put_i32 (bytes, graph->n_ops);
  for (int i = 0; i < graph->n_ops; i++)
    put_op (bytes, weights, &graph->ops[i]);
  put_ints (bytes, graph->inputs, graph->n_inputs);
  put_ints (bytes, graph->outputs, graph->n_outputs);
  put_ints (bytes, graph->node_op, graph->n_nodes);
  strata_put_i32 (bytes, graph->quantised_source);
  strata_put_i32 (bytes, graph->calibrated);
  strata_put_i32 (bytes, graph->weightless);
}

static void
put_tiles (GByteArray *bytes, const StrataTileSet *tiles)
{
  strata_put_i64 (bytes, tiles->arrays_required);
  strata_put_i32 (bytes, tiles->n_tiles);
  for (int i = 0; i < tiles->n_tiles; i++)
    {
      const StrataTile *tile = &tiles->tiles[i];
      const int fields[] = { tile->op,     tile->copy,     tile->row0,         tile->n_rows,     tile->col0,
                             tile->n_cols, tile->n_slices, tile->n_row_copies, tile->array_back, tile->at_row,
                             tile->at_col, tile->n_groups, tile->n_tiers };

      for (guint j = 0; j < G_N_ELEMENTS (fields); j++)
        strata_put_i32 (bytes, fields[j]);
    }
}

static void
put_placement (GByteArray *bytes, const StrataPlacement *placement)
{
  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    {
      strata_put_i64 (bytes, placement->cost_ps[i]);
      strata_put_i64 (bytes, placement->bound_ps[i]);
    }
  strata_put_i64 (bytes, placement->total_ps);
  strata_put_i64 (bytes, placement->total_bound_ps);
  strata_put_i32 (bytes, placement->n_tiles);
  for (int i = 0; i < placement->n_tiles; i++)
    {
      strata_put_i32 (bytes, placement->site[i].stack);
      strata_put_i32 (bytes, placement->site[i].tier);
    }
}

static void
put_instruction (GByteArray *bytes, const StrataInstruction *i)
{
  strata_put_i32 (bytes, i->opcode);
  strata_put_i32 (bytes, i->op);
  strata_put_i32 (bytes, i->tile);
  strata_put_i32 (bytes, i->unit);
  strata_put_i32 (bytes, i->from_node);
  strata_put_i32 (bytes, i->to_node);
  strata_put_i32 (bytes, i->first_route);
  strata_put_i32 (bytes, i->n_hops);
  strata_put_i32 (bytes, i->n_bursts);
  strata_put_i64 (bytes, i->n_actions);
  strata_put_i64 (bytes, i->sram_bytes);
  strata_put_i64 (bytes, i->dram_bytes);
  strata_put_i64 (bytes, i->n_posts);
  strata_put_i32 (bytes, i->priority);
  strata_put_i32 (bytes, i->priority_step);
  strata_put_i32 (bytes, i->first_dependence);
  strata_put_i32 (bytes, i->n_dependences);
  strata_put_i32 (bytes, i->buffer);
  strata_put_i32 (bytes, i->n_buffers);
  strata_put_i32 (bytes, i->first_row);
  strata_put_i32 (bytes, i->row_step);
}

static void
put_dependences (GByteArray *bytes, const StrataDependence *dependences, int n)
{
  strata_put_i32 (bytes, n);
  for (int i = 0; i < n; i++)
    {
      strata_put_i32 (bytes, dependences[i].instruction);
      strata_put_i32 (bytes, dependences[i].multiply);
      strata_put_i32 (bytes, dependences[i].add);
      strata_put_i32 (bytes, dependences[i].divide);
    }
}

static void
put_buffer (GByteArray *bytes, const StrataBuffer *buffer)
{
  strata_put_i32 (bytes, buffer->unit);
  strata_put_i32 (bytes, buffer->tensor);
  strata_put_i32 (bytes, buffer->op);
  strata_put_i32 (bytes, buffer->n_rows);
  strata_put_i32 (bytes, buffer->height);
  strata_put_i64 (bytes, buffer->row_bytes);
  strata_put_i32 (bytes, buffer->first_release);
  strata_put_i32 (bytes, buffer->n_releases);
}

static void
put_schedule (GByteArray *bytes, const StrataSchedule *schedule)
{
  strata_put_i64 (bytes, schedule->latency_ps);
  strata_put_i64 (bytes, schedule->interval_ps);
  strata_put_i64 (bytes, schedule->lower_bound_ps);
  strata_put_i64 (bytes, schedule->interval_bound_ps);
  strata_put_i64 (bytes, schedule->critical_path_ps);
  strata_put_i64 (bytes, schedule->busiest_unit_ps);
  strata_put_i32 (bytes, schedule->busiest_unit);
  strata_put_i64 (bytes, schedule->sram_peak_bytes);
  strata_put_i32 (bytes, schedule->max_active_stacks);
  strata_put_i32 (bytes, schedule->n_instructions);
  for (int i = 0; i < schedule->n_instructions; i++)
    put_instruction (bytes, &schedule->instructions[i]);
  put_dependences (bytes, schedule->dependences, schedule->n_dependences);
  put_dependences (bytes, schedule->releases, schedule->n_releases);
  strata_put_i32 (bytes, schedule->n_buffers);
  for (int i = 0; i < schedule->n_buffers; i++)
    put_buffer (bytes, &schedule->buffers[i]);
  strata_put_i32 (bytes, schedule->n_places);
  for (int i = 0; i < schedule->n_places; i++)
    {
      strata_put_i32 (bytes, schedule->places[i].buffer);
      strata_put_i32 (bytes, schedule->places[i].row);
      strata_put_i64 (bytes, schedule->places[i].offset);
    }
  put_ints (bytes, schedule->routes, schedule->n_routes);
}

static void
put_calibration (GByteArray *bytes, const StrataImage *image)
{
  strata_put_i32 (bytes, image->n_calibration);
  strata_put_i32 (bytes, image->graph->n_inputs);
  for (int i = 0; i < image->n_calibration * image->graph->n_inputs; i++)
    {
      const StrataArray *array = image->calibration[i];

      strata_put_i32 (bytes, array->dtype);
      strata_put_i32 (bytes, array->n_dims);
      for (int d = 0; d < array->n_dims; d++)
        strata_put_i64 (bytes, array->dims[d]);
      strata_put_i64 (bytes, (gint64) array->n_bytes);
      if (array->n_bytes > 0)
        g_byte_array_append (bytes, array->data, (guint) array->n_bytes);
    }
}

static void
put_decisions (GByteArray *bytes, const StrataDecisions *decisions)
{
  strata_put_i32 (bytes, decisions != NULL);
  if (decisions == NULL)
    return;
  strata_put_i32 (bytes, decisions->decisions->len);
  for (guint i = 0; i < decisions->decisions->len; i++)
    {
      const StrataDecision *decision = &g_array_index (decisions->decisions, StrataDecision, i);

      strata_put_string (bytes, strata_reason_code (decision->reason));
      strata_put_i32 (bytes, decision->op);
      strata_put_i32 (bytes, decision->tile);
      strata_put_i64 (bytes, decision->value);
      strata_put_string (bytes, decision->text);
      strata_put_i32 (bytes, decision->n_alternatives);
      for (int j = 0; j < decision->n_alternatives; j++)
        {
          const StrataAlternative *other =
            &g_array_index (decisions->alternatives, StrataAlternative, decision->first_alternative + j);

          strata_put_string (bytes, other->what);
          strata_put_i64 (bytes, other->latency_ps);
          strata_put_i64 (bytes, other->interval_ps);
          strata_put_i64 (bytes, other->energy_fj);
          strata_put_i64 (bytes, other->n_arrays);
          strata_put_string (bytes, other->verdict);
        }
    }
  strata_put_i32 (bytes, decisions->noise->len);
  for (guint i = 0; i < decisions->noise->len; i++)
    {
      const StrataNoiseFigures *f = &g_array_index (decisions->noise, StrataNoiseFigures, i);

      strata_put_i32 (bytes, f->op);
      strata_put_i32 (bytes, f->n_reads);
      strata_put_f64 (bytes, f->snr_db);
      strata_put_f64 (bytes, f->effective_bits);
      strata_put_f64 (bytes, f->thermal_db);
      strata_put_f64 (bytes, f->cells_db);
      strata_put_f64 (bytes, f->converter_db);
      strata_put_f64 (bytes, f->lasting_db);
      strata_put_f64 (bytes, f->rounding_db);
      strata_put_f64 (bytes, f->share);
      strata_put_i32 (bytes, f->adc_bits);
      strata_put_i32 (bytes, f->sound_bits);
      strata_put_f64 (bytes, f->drowned_fj);
    }
}

static void
put_parts (GByteArray *const *sections, Weights *weights, const StrataImage *image, StrataImageParts parts)
{
  if (parts & STRATA_PART_GRAPH)
    put_graph (sections[STRATA_SECTION_QGRF], weights, image->graph);
  if (parts & STRATA_PART_TILES)
    put_tiles (sections[STRATA_SECTION_TILE], image->tiles);
  if (parts & STRATA_PART_PLACEMENT)
    put_placement (sections[STRATA_SECTION_PLAC], image->placement);
  if (parts & STRATA_PART_SCHEDULE)
    put_schedule (sections[STRATA_SECTION_SCHD], image->schedule);
  if (parts & STRATA_PART_DECISIONS)
    put_decisions (sections[STRATA_SECTION_DECI], image->decisions);
}

/* What belongs to the image as a whole */
static void
put_rest (GByteArray *const *sections, const StrataImage *image)
{
  put_chip (sections[STRATA_SECTION_CHIP], image);
  put_limits (sections[STRATA_SECTION_LIMT], image);
  put_calibration (sections[STRATA_SECTION_CALB], image);
  strata_put_string (sections[STRATA_SECTION_META], image->model_path);
  strata_put_string (sections[STRATA_SECTION_META], image->model_name);
  strata_put_string (sections[STRATA_SECTION_META], image->model_shapes);
  strata_put_string (sections[STRATA_SECTION_META], image->model_values);
}

static void
put_header (GByteArray *file, const StrataSectionEntry *entries, guint64 n_bytes)
{
  g_byte_array_append (file, (const guint8 *) STRATA_CONTAINER_MAGIC, 4);
  strata_put_i32 (file, STRATA_CONTAINER_VERSION);
  strata_put_i32 (file, STRATA_N_SECTIONS);
  strata_put_i32 (file, 0);
  strata_put_i64 (file, (gint64) strata_container_hash (entries));
  strata_put_i64 (file, (gint64) n_bytes);
  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    {
      g_byte_array_append (file, (const guint8 *) entries[i].name, 4);
      strata_put_i32 (file, entries[i].version);
      strata_put_i64 (file, (gint64) entries[i].offset);
      strata_put_i64 (file, (gint64) entries[i].length);
      strata_put_i64 (file, (gint64) entries[i].hash);
    }
}

static guint64
align (guint64 offset)
{
  return (offset + STRATA_CONTAINER_ALIGNMENT - 1) / STRATA_CONTAINER_ALIGNMENT * STRATA_CONTAINER_ALIGNMENT;
}

static gsize
weights_size (const StrataQGraph *graph)
{
  gsize n = 0;

  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].weights != NULL)
      n += (gsize) graph->ops[i].n * ((gsize) graph->ops[i].k * sizeof (gint16) + sizeof (gint32) + sizeof (double))
           + 3 * STRATA_CONTAINER_ALIGNMENT;
  return MIN (n, G_MAXINT32);
}

/* The sections and their table; @entries has room for all. Without @copy the bytes of the weights are left out, and
 * stand in the table alone. Returns the length of the file. */
static guint64
lay_out (
  const StrataImage *image, StrataImageParts parts, gboolean copy, GByteArray **sections, StrataSectionEntry *entries)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();
  guint64 offset = STRATA_CONTAINER_HEADER + STRATA_N_SECTIONS * STRATA_CONTAINER_ENTRY;
  Weights weights = { NULL, hasher, 0 };

  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    sections[i] = copy && parts & STRATA_PART_GRAPH && i == STRATA_SECTION_WGTS
                    ? g_byte_array_sized_new ((guint) weights_size (image->graph))
                    : g_byte_array_new ();
  weights.bytes = copy ? sections[STRATA_SECTION_WGTS] : NULL;
  put_parts (sections, &weights, image, parts);
  if (parts == STRATA_PARTS_ALL)
    put_rest (sections, image);
  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    {
      gboolean hashed = !copy && i == STRATA_SECTION_WGTS;

      entries[i] = *strata_section (i);
      entries[i].offset = align (offset);
      entries[i].length = hashed ? weights.length : sections[i]->len;
      entries[i].hash =
        hashed ? strata_hasher_digest (hasher) : strata_hash_bytes (sections[i]->data, sections[i]->len);
      offset = entries[i].offset + entries[i].length;
    }
  return offset;
}

guint64
strata_image_seal (StrataImage *image)
{
  GByteArray *sections[STRATA_N_SECTIONS];
  StrataSectionEntry entries[STRATA_N_SECTIONS];

  lay_out (image, STRATA_PARTS_ALL, FALSE, sections, entries);
  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    g_byte_array_unref (sections[i]);
  image->hash = strata_container_hash (entries);
  return image->hash;
}

static GBytes *
encode (const StrataImage *image, StrataImageParts parts)
{
  GByteArray *sections[STRATA_N_SECTIONS];
  StrataSectionEntry entries[STRATA_N_SECTIONS];
  guint64 n_bytes = lay_out (image, parts, TRUE, sections, entries);
  GByteArray *file = g_byte_array_sized_new ((guint) n_bytes);

  put_header (file, entries, n_bytes);
  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    {
      strata_put_padding (file, STRATA_CONTAINER_ALIGNMENT);
      if (sections[i]->len > 0)
        g_byte_array_append (file, sections[i]->data, sections[i]->len);
      g_byte_array_unref (sections[i]);
    }
  return g_byte_array_free_to_bytes (file);
}

GBytes *
strata_image_encode (const StrataImage *image)
{
  return encode (image, STRATA_PARTS_ALL);
}

GBytes *
strata_image_encode_parts (const StrataImage *image, StrataImageParts parts)
{
  g_return_val_if_fail (parts != STRATA_PARTS_ALL, NULL);
  return encode (image, parts);
}
