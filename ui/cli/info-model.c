/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata info MODEL`: what the model is made of, which units of a chip each part asks for, and which chips hold it; on
 * one screen, or as JSON.
 */
#include "info.h"

/* Rows of the table of layers, inputs and outputs on one screen; --verbose shows all of them. */
#define SCREEN_LAYERS 20
#define SCREEN_PORTS 4

static const char *const kind_names[STRATA_N_NODE_KINDS] = { "crossbar", "mac", "vector", "move" };
static const char *const kind_labels[STRATA_N_NODE_KINDS] = { "crossbars", "MAC units", "vector units", "moves" };

/* What the operators of one kind amount to */
typedef struct
{
  guint n_nodes;
  gint64 macs, parameters;
} Share;

static void
count_shares (StrataModel *model, Share *shares)
{
  for (guint i = 0; i < strata_model_get_n_nodes (model); i++)
    {
      Share *share = &shares[strata_model_get_node_kind (model, i)];

      share->n_nodes++;
      share->macs += strata_model_get_node_macs (model, i);
      share->parameters += strata_model_get_node_n_parameters (model, i);
    }
}

static GHashTable *
count_operators (StrataModel *model)
{
  GHashTable *counts = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < strata_model_get_n_nodes (model); i++)
    {
      const char *op = strata_model_get_node_op (model, i);

      g_hash_table_insert (counts, (gpointer) op,
                           GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, op)) + 1));
    }
  return counts;
}

static GList *
sort_operators (GHashTable *counts)
{
  return g_list_sort (g_hash_table_get_keys (counts), (GCompareFunc) g_strcmp0);
}

static void
json_ports (JsonBuilder *builder, StrataModel *model, gboolean outputs)
{
  guint n = outputs ? strata_model_get_n_outputs (model) : strata_model_get_n_inputs (model);

  json_builder_set_member_name (builder, outputs ? "outputs" : "inputs");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n; i++)
    {
      guint n_dims;
      const gint64 *dims =
        outputs ? strata_model_get_output_shape (model, i, &n_dims) : strata_model_get_input_shape (model, i, &n_dims);

      json_builder_begin_object (builder);
      cli_json_string (builder, "name",
                       outputs ? strata_model_get_output_name (model, i) : strata_model_get_input_name (model, i));
      cli_json_string (builder, "dtype",
                       strata_dtype_name (outputs ? strata_model_get_output_dtype (model, i)
                                                  : strata_model_get_input_dtype (model, i)));
      json_builder_set_member_name (builder, "dims");
      json_builder_begin_array (builder);
      for (guint d = 0; d < n_dims; d++)
        json_builder_add_int_value (builder, dims[d]);
      json_builder_end_array (builder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
json_layers (JsonBuilder *builder, StrataModel *model)
{
  json_builder_set_member_name (builder, "layers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < strata_model_get_n_nodes (model); i++)
    {
      guint n_dims;
      const gint64 *dims = strata_model_get_node_shape (model, i, &n_dims);
      g_autofree char *shape = cli_shape (dims, n_dims);

      json_builder_begin_object (builder);
      cli_json_string (builder, "name", strata_model_get_node_name (model, i));
      cli_json_string (builder, "op", strata_model_get_node_op (model, i));
      cli_json_string (builder, "shape", shape);
      cli_json_int (builder, "macs", strata_model_get_node_macs (model, i));
      cli_json_int (builder, "parameters", strata_model_get_node_n_parameters (model, i));
      cli_json_string (builder, "unit", kind_names[strata_model_get_node_kind (model, i)]);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
json_shares (JsonBuilder *builder, StrataModel *model)
{
  Share shares[STRATA_N_NODE_KINDS] = { 0 };

  count_shares (model, shares);
  json_builder_set_member_name (builder, "units");
  json_builder_begin_object (builder);
  for (int kind = 0; kind < STRATA_N_NODE_KINDS; kind++)
    {
      json_builder_set_member_name (builder, kind_names[kind]);
      json_builder_begin_object (builder);
      cli_json_int (builder, "nodes", shares[kind].n_nodes);
      cli_json_int (builder, "macs", shares[kind].macs);
      cli_json_int (builder, "parameters", shares[kind].parameters);
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

static void
json_fit (JsonBuilder *builder, StrataModel *model)
{
  json_builder_set_member_name (builder, "fit");
  json_builder_begin_object (builder);
  for (const char *const *name = strata_chip_list_names (); *name != NULL; name++)
    {
      g_autoptr (StrataChip) chip = strata_chip_load (*name, NULL);
      gint64 required;

      if (chip == NULL)
        continue;
      required = strata_model_get_arrays_required (model, chip);
      json_builder_set_member_name (builder, *name);
      json_builder_begin_object (builder);
      cli_json_int (builder, "arrays_required", required);
      cli_json_int (builder, "arrays_total", strata_chip_get_n_arrays (chip));
      cli_json_bool (builder, "fits", required <= strata_chip_get_n_arrays (chip));
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

static void
json_rewrites (JsonBuilder *builder, const GPtrArray *rewrites)
{
  json_builder_set_member_name (builder, "rewrites");
  json_builder_begin_array (builder);
  for (guint i = 0; i < rewrites->len; i++)
    {
      const StrataRewrite *rewrite = rewrites->pdata[i];

      json_builder_begin_object (builder);
      cli_json_string (builder, "rule", strata_rewrite_get_rule (rewrite));
      json_builder_set_member_name (builder, "nodes");
      json_builder_begin_array (builder);
      for (const char *const *name = strata_rewrite_get_nodes (rewrite); *name != NULL; name++)
        json_builder_add_string_value (builder, *name);
      json_builder_end_array (builder);
      cli_json_string (builder, "op", strata_rewrite_get_op (rewrite));
      cli_json_string (builder, "name", strata_rewrite_get_name (rewrite));
      cli_json_string (builder, "text", strata_rewrite_get_text (rewrite));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

/* "attention 5, rotary 10": how often each rule was applied */
static char *
count_rules (const GPtrArray *rewrites)
{
  g_autoptr (GHashTable) counts = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GList) names = NULL;

  for (guint i = 0; i < rewrites->len; i++)
    {
      const char *rule = strata_rewrite_get_rule (rewrites->pdata[i]);

      g_hash_table_insert (counts, (gpointer) rule,
                           GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, rule)) + 1));
    }
  names = sort_operators (counts);
  for (GList *l = names; l != NULL; l = l->next)
    g_string_append_printf (text, "%s%s %u", l == names ? "" : ", ", (const char *) l->data,
                            GPOINTER_TO_UINT (g_hash_table_lookup (counts, l->data)));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
print_json (Cli *cli, StrataModel *model, const char *digest, const GPtrArray *rewrites)
{
  JsonBuilder *builder = cli_json_begin (cli);
  g_autoptr (GHashTable) counts = count_operators (model);
  g_autoptr (GList) names = sort_operators (counts);
  gint64 peak, written = strata_model_get_n_activations (model, &peak);

  cli_json_string (builder, "kind", "model");
  cli_json_string (builder, "path", strata_model_get_path (model));
  cli_json_string (builder, "producer", strata_model_get_producer (model));
  if (digest != NULL)
    cli_json_string (builder, "digest", digest);
  cli_json_int (builder, "opset", strata_model_get_opset (model));
  cli_json_int (builder, "nodes", strata_model_get_n_nodes (model));
  cli_json_int (builder, "nodes_folded", strata_model_get_n_folded (model));
  cli_json_int (builder, "parameters", strata_model_get_n_parameters (model));
  cli_json_int (builder, "trainable", strata_model_get_n_trainable (model));
  cli_json_int (builder, "macs", strata_model_get_n_macs (model));
  cli_json_int (builder, "activations_written", written);
  cli_json_int (builder, "activations_peak", peak);
  cli_json_int (builder, "quantised_layers", strata_model_get_n_quantised_layers (model));
  json_ports (builder, model, FALSE);
  json_ports (builder, model, TRUE);
  json_builder_set_member_name (builder, "operators");
  json_builder_begin_object (builder);
  for (GList *l = names; l != NULL; l = l->next)
    cli_json_int (builder, l->data, GPOINTER_TO_UINT (g_hash_table_lookup (counts, l->data)));
  json_builder_end_object (builder);
  json_shares (builder, model);
  json_layers (builder, model);
  json_fit (builder, model);
  if (rewrites != NULL)
    json_rewrites (builder, rewrites);
  cli_json_end (cli, builder);
}

/* "1814073344 (1.81 G)" */
static char *
count_text (gint64 n)
{
  static const char *const suffixes[] = { "k", "M", "G", "T" };
  double value = (double) n;
  int suffix = -1;

  while (value >= 999.5 && suffix + 1 < (int) G_N_ELEMENTS (suffixes))
    {
      value /= 1000;
      suffix++;
    }
  if (suffix < 0)
    return g_strdup_printf ("%" G_GINT64_FORMAT, n);
  return g_strdup_printf ("%" G_GINT64_FORMAT " (%.3g %s)", n, value, suffixes[suffix]);
}

static void
print_ports (Cli *cli, StrataModel *model, gboolean outputs)
{
  guint n = outputs ? strata_model_get_n_outputs (model) : strata_model_get_n_inputs (model);
  guint n_shown = cli->verbose || n <= SCREEN_PORTS + 1 ? n : SCREEN_PORTS;

  for (guint i = 0; i < n_shown; i++)
    {
      guint n_dims;
      const gint64 *dims =
        outputs ? strata_model_get_output_shape (model, i, &n_dims) : strata_model_get_input_shape (model, i, &n_dims);
      g_autofree char *shape = cli_shape (dims, n_dims);

      cli_row (i > 0     ? ""
               : outputs ? "outputs"
                         : "inputs",
               "%s  %s %s", outputs ? strata_model_get_output_name (model, i) : strata_model_get_input_name (model, i),
               strata_dtype_name (outputs ? strata_model_get_output_dtype (model, i)
                                          : strata_model_get_input_dtype (model, i)),
               shape);
    }
  if (n_shown < n)
    cli_row ("", "… and %u more", n - n_shown);
}

static void
print_shares (StrataModel *model)
{
  Share shares[STRATA_N_NODE_KINDS] = { 0 };
  double macs = (double) MAX (strata_model_get_n_macs (model), 1);

  count_shares (model, shares);
  for (int kind = 0; kind < STRATA_N_NODE_KINDS; kind++)
    {
      g_autofree char *parameters = count_text (shares[kind].parameters);
      const char *label = kind == 0 ? "runs on" : "";

      if (shares[kind].macs > 0)
        cli_row (label, "%-13s %4u operators, %5.1f %% of the MACs, %s parameters", kind_labels[kind],
                 shares[kind].n_nodes, 100 * (double) shares[kind].macs / macs, parameters);
      else
        cli_row (label, "%-13s %4u operators", kind_labels[kind], shares[kind].n_nodes);
    }
}

static void
print_fit (StrataModel *model)
{
  for (const char *const *name = strata_chip_list_names (); *name != NULL; name++)
    {
      g_autoptr (StrataChip) chip = strata_chip_load (*name, NULL);
      gint64 required, total;

      if (chip == NULL)
        continue;
      required = strata_model_get_arrays_required (model, chip);
      total = strata_chip_get_n_arrays (chip);
      cli_row (name == strata_chip_list_names () ? "arrays" : "",
               "%-16s %6" G_GINT64_FORMAT " of %6" G_GINT64_FORMAT "  %s", *name, required, total,
               required <= total ? "fits" : "does not fit");
    }
}

/* Layers with products, in order; with --verbose, all operators. */
static void
print_layers (Cli *cli, StrataModel *model)
{
  guint n_shown = 0, n_more = 0;

  g_print ("\n%-36s %-20s %-18s %14s %12s  %s\n", "layer", "operator", "output", "MACs", "parameters", "unit");
  for (guint i = 0; i < strata_model_get_n_nodes (model); i++)
    {
      guint n_dims;
      const gint64 *dims = strata_model_get_node_shape (model, i, &n_dims);
      g_autofree char *shape = cli_shape (dims, n_dims);
      gint64 macs = strata_model_get_node_macs (model, i);

      if (macs == 0 && !cli->verbose)
        continue;
      if (n_shown == SCREEN_LAYERS && !cli->verbose)
        {
          n_more++;
          continue;
        }
      n_shown++;
      /* × is two bytes and one column */
      g_print ("%-36s %-20s %s%*s %14" G_GINT64_FORMAT " %12" G_GINT64_FORMAT "  %s\n",
               strata_model_get_node_name (model, i), strata_model_get_node_op (model, i), shape,
               MAX (18 - (int) g_utf8_strlen (shape, -1), 0), "", macs, strata_model_get_node_n_parameters (model, i),
               kind_names[strata_model_get_node_kind (model, i)]);
    }
  if (n_more > 0)
    g_print ("… and %u more; --verbose lists every operator\n", n_more);
}

static void
print_rewrites (const GPtrArray *rewrites)
{
  g_autofree char *rules = count_rules (rewrites);

  cli_row ("clean-up", "%u rewrites%s%s", rewrites->len, rewrites->len == 0 ? "" : ": ", rules);
  g_print (rewrites->len == 0 ? "" : "\n");
  for (guint i = 0; i < rewrites->len; i++)
    g_print ("%s\n", strata_rewrite_get_text (rewrites->pdata[i]));
}

static void
print_text (Cli *cli, StrataModel *model, const char *digest, const GPtrArray *rewrites)
{
  g_autoptr (GHashTable) counts = count_operators (model);
  g_autoptr (GList) names = sort_operators (counts);
  g_autoptr (GString) operators = g_string_new (NULL);
  const char *producer = strata_model_get_producer (model);
  g_autofree char *trainable = count_text (strata_model_get_n_trainable (model));
  g_autofree char *products = count_text (strata_model_get_n_parameters (model));
  g_autofree char *macs = count_text (strata_model_get_n_macs (model));
  gint64 n_peak, n_written = strata_model_get_n_activations (model, &n_peak);
  g_autofree char *written = count_text (n_written);
  g_autofree char *peak = count_text (n_peak);

  for (GList *l = names; l != NULL; l = l->next)
    g_string_append_printf (operators, "%s%s %u", l == names ? "" : ", ", (const char *) l->data,
                            GPOINTER_TO_UINT (g_hash_table_lookup (counts, l->data)));
  cli_row ("model", "%s", strata_model_get_path (model));
  cli_row ("format", "ONNX opset %d%s%s", strata_model_get_opset (model), producer == NULL ? "" : ", written by ",
           producer == NULL ? "" : producer);
  if (digest != NULL)
    cli_row ("digest", "%s", digest);
  cli_row ("operators", "%u: %s", strata_model_get_n_nodes (model), operators->str);
  if (strata_model_get_n_folded (model) > 0)
    cli_row ("folded", "%u operators of constants and shapes alone", strata_model_get_n_folded (model));
  cli_row ("numbers", "%s",
           strata_model_get_n_quantised_layers (model) > 0 ? "quantised (QDQ)"
                                                           : "float; compiling needs --calibration");
  cli_row ("parameters", "%s trained; %s of convolutions and products", trainable, products);
  cli_row ("MACs", "%s", macs);
  cli_row ("activations", "%s elements written; at most %s alive at once", written, peak);
  print_ports (cli, model, FALSE);
  print_ports (cli, model, TRUE);
  print_shares (model);
  print_fit (model);
  if (rewrites == NULL)
    print_layers (cli, model);
  else
    print_rewrites (rewrites);
}

int
cli_info_model (Cli *cli, const char *path, const CliInfoOptions *options, GError **error)
{
  g_autoptr (StrataModelOptions) shapes = cli_read_shapes (options->shapes, error);
  g_autoptr (StrataModel) model =
    shapes == NULL ? NULL : strata_model_open_with (path, shapes, cli->cancellable, error);
  g_autoptr (GPtrArray) rewrites = NULL;
  g_autofree char *digest = NULL;

  if (model == NULL)
    return -1;
  if (options->rewrites && (rewrites = strata_model_list_rewrites (model, error)) == NULL)
    return -1;
  if (options->digest)
    {
      GError *reason = NULL;
      guint64 value = strata_model_compute_digest (model, cli_progress, cli, cli->cancellable, &reason);

      cli_progress_clear (cli);
      if (reason != NULL)
        {
          g_propagate_error (error, reason);
          return -1;
        }
      digest = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", value);
    }
  if (cli->json)
    print_json (cli, model, digest, rewrites);
  else
    print_text (cli, model, digest, rewrites);
  return CLI_EXIT_DONE;
}
