/* SPDX-License-Identifier: Apache-2.0
 *
 * The objects of the SDK through the shared library: construction, errors with their codes, ownership, async,
 * cancelling, determinism. Each test drops what it made to the last reference.
 */
#include <math.h>
#include <string.h>
#include <glib/gstdio.h>
#include <strata/strata.h>

static char *
sample_path (const char *name)
{
  return g_build_filename (g_getenv ("STRATA_SAMPLE_DATA"), name, NULL);
}

static StrataModel *
open_digits (void)
{
  g_autofree char *path = sample_path ("digits.onnx");
  g_autoptr (GError) error = NULL;
  StrataModel *model = strata_model_open (path, NULL, &error);

  g_assert_no_error (error);
  return model;
}

static StrataCompiler *
make_compiler (const char *chip_name)
{
  g_autoptr (StrataModel) model = open_digits ();
  g_autoptr (StrataChip) chip = strata_chip_load (chip_name, NULL);

  return strata_compiler_new (model, chip);
}

static void
test_tensor (void)
{
  const float values[] = { 1, -2, 5, 3 };
  const gint64 dims[] = { 2, 2 }, wrong[] = { 2, 3 }, negative[] = { -1, 4 }, huge[] = { G_MAXINT64, 4 };
  g_autoptr (GBytes) bytes = g_bytes_new (values, sizeof values);
  g_autoptr (GError) error = NULL;
  StrataTensor *tensor = strata_tensor_new (STRATA_DTYPE_F32, dims, 2, bytes, &error);
  guint n_dims;

  g_assert_no_error (error);
  g_assert_cmpint (strata_tensor_get_n_elements (tensor), ==, 4);
  g_assert_cmpint (strata_tensor_get_shape (tensor, &n_dims)[1], ==, 2);
  g_assert_cmpuint (n_dims, ==, 2);
  g_assert_cmpfloat (strata_tensor_get_value (tensor, 1), ==, -2);
  g_assert_cmpint (strata_tensor_get_argmax (tensor), ==, 2);
  g_assert_true (strata_tensor_get_bytes (tensor) == bytes);
  g_assert_finalize_object (tensor);

  g_assert_null (strata_tensor_new (STRATA_DTYPE_F32, wrong, 2, bytes, &error));
  g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT);
  g_clear_error (&error);
  g_assert_null (strata_tensor_new (STRATA_DTYPE_F32, negative, 2, bytes, &error));
  g_clear_error (&error);
  g_assert_null (strata_tensor_new (STRATA_DTYPE_F32, huge, 2, bytes, &error));
  g_clear_error (&error);
  g_assert_null (strata_tensor_new (STRATA_DTYPE_INVALID, dims, 2, bytes, &error));
  g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT);
}

static void
test_half_precision (void)
{
  /* 1, -2, largest, smallest subnormal, infinity: IEEE 754 binary16 */
  const guint16 values[] = { 0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00 };
  const gint64 dims[] = { 5 };
  g_autoptr (GBytes) bytes = g_bytes_new (values, sizeof values);
  g_autoptr (StrataTensor) tensor = strata_tensor_new (STRATA_DTYPE_F16, dims, 1, bytes, NULL);

  g_assert_cmpfloat (strata_tensor_get_value (tensor, 0), ==, 1);
  g_assert_cmpfloat (strata_tensor_get_value (tensor, 1), ==, -2);
  g_assert_cmpfloat (strata_tensor_get_value (tensor, 2), ==, 65504);
  g_assert_cmpfloat (strata_tensor_get_value (tensor, 3), ==, 0x1p-24);
  g_assert_true (isinf (strata_tensor_get_value (tensor, 4)));
}

static void
test_tensor_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("strata-tensor-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.npy", NULL);
  g_autofree char *source = sample_path ("digits-test-images.npy");
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTensor) tensor = strata_tensor_load (source, &error);
  g_autoptr (StrataTensor) again = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (strata_tensor_get_n_elements (tensor), ==, 360 * 64);
  g_assert_cmpint (strata_tensor_get_dtype (tensor), ==, STRATA_DTYPE_U8);
  g_assert_true (strata_tensor_save (tensor, path, &error));
  again = strata_tensor_load (path, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (strata_tensor_get_bytes (tensor), strata_tensor_get_bytes (again)));
  g_assert_false (strata_tensor_save (tensor, "/nowhere/at/all.npy", &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (strata_tensor_load ("/nowhere/at/all.npy", &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_chip (void)
{
  g_autoptr (GError) error = NULL;
  StrataChip *chip = strata_chip_load ("demonstrator", &error);
  g_autofree char *hash = NULL;
  g_autofree char *yaml = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (strata_chip_get_n_arrays (chip), ==, 1024);
  /* 64 stacks x 16 tiers x 256 rows x 128 8-bit columns */
  g_assert_cmpint (strata_chip_get_n_weights (chip), ==, 33554432);
  /* golden check H6 */
  g_assert_cmpfloat_with_epsilon (strata_chip_get_mvm_fj (chip, STRATA_BAND_NOMINAL), 2111e3, 2111);
  g_assert_cmpint (strata_chip_get_mvm_ps (chip, STRATA_BAND_NOMINAL), ==, 500000);
  hash = strata_chip_get_hash (chip);
  g_assert_cmpuint (strlen (hash), ==, 16);
  yaml = strata_chip_to_yaml (chip);
  g_assert_nonnull (strstr (yaml, "e_adc"));
  for (guint i = 0; i < strata_chip_get_n_fields (chip); i++)
    {
      const char *text, *source, *tag;

      g_assert_nonnull (strata_chip_get_field (chip, i, &text, &source, &tag));
      g_assert_nonnull (text);
    }
  g_assert_finalize_object (chip);
  g_assert_null (strata_chip_load ("no-such-chip", &error));
  g_assert_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_NOT_FOUND);
}

static void
test_model (void)
{
  StrataModel *model = open_digits ();
  g_autoptr (GError) error = NULL;
  guint n_dims;

  g_assert_cmpuint (strata_model_get_n_inputs (model), ==, 1);
  g_assert_cmpstr (strata_model_get_input_name (model, 0), ==, "image");
  g_assert_cmpint (strata_model_get_input_shape (model, 0, &n_dims)[3], ==, 8);
  g_assert_cmpstr (strata_model_get_output_name (model, 0), ==, "logits");
  g_assert_cmpuint (strata_model_get_n_quantised_layers (model), ==, 0);
  g_assert_cmpfloat (strata_model_get_output_step (model, 0), ==, 0);
  g_assert_finalize_object (model);
  g_assert_null (strata_model_open ("/nowhere.onnx", NULL, &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND);
}

static void
test_rewrites (void)
{
  const char *shared = g_getenv ("STRATA_SHARED");
  g_autofree char *path = g_build_filename (shared == NULL ? "" : shared, "models/mnist_cntk_opset8/model.onnx", NULL);
  g_autoptr (StrataModel) digits = open_digits ();
  g_autoptr (GPtrArray) none = strata_model_list_rewrites (digits, NULL);
  g_autoptr (StrataModel) model = NULL;
  g_autoptr (GPtrArray) rewrites = NULL;
  g_autoptr (StrataRewrite) kept = NULL;
  guint n_nodes;

  g_assert_cmpuint (none->len, ==, 0);
  if (shared == NULL || !g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the test models are not there (STRATA_SHARED)");
      return;
    }
  model = strata_model_open (path, NULL, NULL);
  n_nodes = strata_model_get_n_nodes (model);
  rewrites = strata_model_list_rewrites (model, NULL);
  g_assert_cmpuint (rewrites->len, ==, 3);
  kept = strata_rewrite_ref (rewrites->pdata[2]);
  g_clear_pointer (&rewrites, g_ptr_array_unref);
  g_assert_cmpuint (strata_model_get_n_nodes (model), ==, n_nodes);
  g_assert_cmpstr (strata_rewrite_get_rule (kept), ==, "matmul-add");
  g_assert_cmpstr (strata_rewrite_get_nodes (kept)[0], ==, "Times212");
  g_assert_cmpstr (strata_rewrite_get_nodes (kept)[1], ==, "Plus214");
  g_assert_null (strata_rewrite_get_nodes (kept)[2]);
  g_assert_cmpstr (strata_rewrite_get_op (kept), ==, "Gemm");
  g_assert_cmpstr (strata_rewrite_get_name (kept), ==, "Plus214");
  g_assert_cmpstr (strata_rewrite_get_text (kept), ==, "matmul-add: Times212, Plus214 -> Gemm Plus214");
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(StrataModel **) user_data = strata_model_open_finish (result, NULL);
}

static void
test_model_async (void)
{
  g_autofree char *path = sample_path ("digits.onnx");
  StrataModel *model = NULL;

  strata_model_open_async (path, NULL, opened_cb, &model);
  while (model == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (strata_model_get_n_nodes (model), >, 5);
  g_object_unref (model);
}

static void
test_requirements (void)
{
  StrataRequirements *requirements = strata_requirements_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (isnan (strata_requirements_get (requirements, STRATA_LIMIT_MAX_POWER_MW)));
  g_assert_true (strata_requirements_set_text (requirements, STRATA_LIMIT_MAX_LATENCY_PS, "2 ms", &error));
  g_assert_cmpfloat (strata_requirements_get (requirements, STRATA_LIMIT_MAX_LATENCY_PS), ==, 2e9);
  g_assert_true (strata_requirements_set_text (requirements, STRATA_LIMIT_MIN_RATE_PER_S, "30/s", &error));
  g_assert_cmpfloat (strata_requirements_get (requirements, STRATA_LIMIT_MIN_RATE_PER_S), ==, 30);
  g_assert_true (strata_requirements_set_text (requirements, STRATA_LIMIT_MAX_ENERGY_FJ, "5uJ", &error));
  g_assert_cmpfloat (strata_requirements_get (requirements, STRATA_LIMIT_MAX_ENERGY_FJ), ==, 5e9);
  g_assert_true (strata_requirements_set_text (requirements, STRATA_LIMIT_MAX_SKIN_C, "43degC", &error));
  g_assert_no_error (error);
  g_assert_false (strata_requirements_set_text (requirements, STRATA_LIMIT_MAX_POWER_MW, "2 ms", &error));
  g_assert_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_FIELD);
  g_clear_error (&error);
  g_assert_false (strata_requirements_set_text (requirements, STRATA_LIMIT_MAX_POWER_MW, "-2 mW", &error));
  g_assert_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_FIELD);
  g_assert_finalize_object (requirements);
}

static void
count_progress_cb (double fraction, const char *stage, gpointer user_data)
{
  g_assert_cmpfloat (fraction, >=, 0);
  g_assert_cmpfloat (fraction, <=, 1);
  g_assert_nonnull (stage);
  ++*(int *) user_data;
}

static void
test_compile (void)
{
  StrataCompiler *compiler = make_compiler ("demonstrator");
  g_autoptr (GError) error = NULL;
  int n_progress = 0;
  StrataProgram *program = strata_compiler_compile (compiler, count_progress_cb, &n_progress, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (n_progress, >, 2);
  g_assert_cmpuint (strata_program_get_n_tiles (program), ==,
                    (guint) strata_program_get_figure (program, "arrays_used", STRATA_BAND_NOMINAL));
  for (guint i = 0; i < strata_program_get_n_tiles (program); i++)
    {
      guint layer;
      int stack, tier;

      strata_program_get_tile_site (program, i, &layer, &stack, &tier);
      g_assert_cmpuint (layer, <, strata_program_get_n_layers (program));
      g_assert_true (stack >= 0 && stack < 64 && tier >= 0 && tier < 16);
    }
  g_assert_cmpfloat (strata_program_get_figure (program, "energy_fj", STRATA_BAND_OPTIMISTIC), <,
                     strata_program_get_figure (program, "energy_fj", STRATA_BAND_CONSERVATIVE));
  g_assert_true (isnan (strata_program_get_figure (program, "no_such_figure", STRATA_BAND_NOMINAL)));
  g_assert_finalize_object (program);
  g_assert_finalize_object (compiler);
}

static void
test_program_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("strata-program-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.strp", NULL);
  g_autoptr (StrataCompiler) compiler = make_compiler ("phone");
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataProgram) program = strata_compiler_compile (compiler, NULL, NULL, NULL, &error);
  g_autoptr (StrataProgram) again = NULL;

  g_assert_no_error (error);
  g_assert_true (strata_program_save (program, path, &error));
  again = strata_program_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (strata_program_get_hash (again), ==, strata_program_get_hash (program));
  g_assert_cmpstr (strata_program_get_chip_name (again), ==, "phone");
  g_assert_cmpfloat (strata_program_get_figure (again, "energy_fj", STRATA_BAND_NOMINAL), ==,
                     strata_program_get_figure (program, "energy_fj", STRATA_BAND_NOMINAL));
  g_unlink (path);
  g_rmdir (folder);
}

static void
saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError **outcome = user_data;

  if (strata_model_save_finish (STRATA_MODEL (source), result, outcome))
    *outcome = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_EXISTS, "saved");
}

/* Made without weights, saved with them, read back */
static void
test_architecture (void)
{
  g_autofree char *folder = g_dir_make_tmp ("strata-made-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.onnx", NULL);
  g_autofree char *data = g_build_filename (folder, "a.data", NULL);
  g_autoptr (GError) error = NULL;
  StrataModel *model = strata_model_new_architecture ("lenet5", 3, &error);
  StrataModel *back;
  int n_progress = 0;

  g_assert_no_error (error);
  g_assert_true (g_strv_contains (strata_architecture_list_names (), "lenet5"));
  g_assert_nonnull (strata_architecture_get_description ("lenet5"));
  g_assert_null (strata_architecture_get_source ("lenet6"));
  g_assert_cmpint (strata_model_get_n_trainable (model), ==, 61706);
  g_assert_cmpint (strata_model_get_n_macs (model), ==, 416520);
  g_assert_false (strata_model_has_weights (model));
  g_assert_true (
    strata_model_save (model, path, STRATA_MODEL_SAVE_EXTERNAL, count_progress_cb, &n_progress, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (n_progress, >, 2);
  back = strata_model_open (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (strata_model_has_weights (back));
  g_assert_cmpint (strata_model_get_n_trainable (back), ==, 61706);
  g_assert_true (strata_model_save (back, path, STRATA_MODEL_SAVE_DEFAULT, NULL, NULL, NULL, &error)); /* over itself */
  g_assert_finalize_object (back);
  g_unlink (data);
  back = strata_model_open (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_finalize_object (back);
  g_assert_finalize_object (model);
  g_assert_null (strata_model_new_architecture ("lenet-5", 0, &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND);
  g_unlink (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* What needs the weights of a model that has none says so. */
static void
test_architecture_without_weights (void)
{
  g_autoptr (StrataModel) model = strata_model_new_architecture ("mlperf-tiny-ad", 0, NULL);
  g_autoptr (StrataChip) chip = strata_chip_load ("demonstrator", NULL);
  g_autoptr (StrataCompiler) compiler = strata_compiler_new (model, chip);
  g_autofree float *values = g_new0 (float, 640);
  g_autoptr (GBytes) bytes = g_bytes_new (values, 640 * sizeof *values);
  g_autoptr (GPtrArray) inputs = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (inputs, strata_tensor_new (STRATA_DTYPE_F32, (gint64[]){ 1, 640 }, 2, bytes, NULL));
  g_assert_null (strata_model_run_reference (model, inputs, NULL, &error));
  g_assert_nonnull (strstr (error->message, "dense0.weight"));
  g_clear_error (&error);
  g_assert_cmpint (strata_model_get_arrays_required (model, chip), >, 0);
}

static void
test_save_async (void)
{
  g_autofree char *folder = g_dir_make_tmp ("strata-made-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.onnx", NULL);
  StrataModel *model = strata_model_new_architecture ("mlperf-tiny-kws", 0, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GError *outcome = NULL;

  g_cancellable_cancel (cancellable);
  strata_model_save_async (model, path, STRATA_MODEL_SAVE_DEFAULT, cancellable, saved_cb, &outcome);
  while (outcome == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (outcome, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&outcome);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  strata_model_save_async (model, path, STRATA_MODEL_SAVE_DEFAULT, NULL, saved_cb, &outcome);
  while (outcome == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (outcome, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_clear_error (&outcome);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (model);
}

static void
test_unmet_requirement (void)
{
  g_autoptr (StrataCompiler) compiler = make_compiler ("demonstrator");
  g_autoptr (StrataRequirements) requirements = strata_requirements_new ();
  g_autoptr (GError) error = NULL;

  strata_requirements_set (requirements, STRATA_LIMIT_MAX_ENERGY_FJ, 1);
  strata_compiler_set_requirements (compiler, requirements);
  g_assert_null (strata_compiler_compile (compiler, NULL, NULL, NULL, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_REQUIREMENT);
  g_assert_nonnull (strstr (error->message, "energy"));
}

static void
test_cancelled (void)
{
  g_autoptr (StrataCompiler) compiler = make_compiler ("demonstrator");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (strata_compiler_compile (compiler, NULL, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
compiled_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(StrataProgram **) user_data = strata_compiler_compile_finish (STRATA_COMPILER (source), result, NULL);
}

static void
test_compile_async (void)
{
  g_autoptr (StrataCompiler) compiler = make_compiler ("demonstrator");
  g_autoptr (StrataProgram) blocking = strata_compiler_compile (compiler, NULL, NULL, NULL, NULL);
  StrataProgram *program = NULL;

  strata_compiler_compile_async (compiler, NULL, compiled_cb, &program);
  while (program == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (strata_program_get_hash (program), ==, strata_program_get_hash (blocking));
  g_object_unref (program);
}

static void
test_version (void)
{
  g_autofree char *time = strata_quantity_to_text (41.25e6, "ps");
  g_autofree char *nothing = strata_quantity_to_text ((double) NAN, "fj");

  g_assert_true (strata_check_version (0, 0));
  g_assert_false (strata_check_version (99, 0));
  g_assert_true (g_str_has_prefix (time, "41.2") || g_str_has_prefix (time, "41.3"));
  g_assert_true (g_str_has_suffix (time, "µs"));
  g_assert_cmpstr (nothing, ==, "unavailable");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/api/tensor", test_tensor);
  g_test_add_func ("/api/tensor/half-precision", test_half_precision);
  g_test_add_func ("/api/tensor/files", test_tensor_files);
  g_test_add_func ("/api/chip", test_chip);
  g_test_add_func ("/api/model", test_model);
  g_test_add_func ("/api/model/rewrites", test_rewrites);
  g_test_add_func ("/api/model/async", test_model_async);
  g_test_add_func ("/api/architecture", test_architecture);
  g_test_add_func ("/api/architecture/without-weights", test_architecture_without_weights);
  g_test_add_func ("/api/architecture/save-async", test_save_async);
  g_test_add_func ("/api/requirements", test_requirements);
  g_test_add_func ("/api/compile", test_compile);
  g_test_add_func ("/api/compile/unmet-requirement", test_unmet_requirement);
  g_test_add_func ("/api/compile/cancelled", test_cancelled);
  g_test_add_func ("/api/compile/async", test_compile_async);
  g_test_add_func ("/api/program/files", test_program_files);
  g_test_add_func ("/api/version", test_version);
  return g_test_run ();
}
