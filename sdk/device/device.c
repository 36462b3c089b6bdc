/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataDevice: the base class. Serialises calls, keeps the loaded program, checks jobs against it, opens by URI.
 */
#include "device/device-private.h"

#include <math.h>

#include "device/program-private.h"
#include "device/tensor-private.h"

typedef struct
{
  char *uri;
  GMutex lock;
  StrataProgram *program;
  StrataDie *die;
  StrataDieUse use;
} StrataDevicePrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (StrataDevice, strata_device, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_URI,
  N_PROPS,
};

static void
strata_device_finalize (GObject *object)
{
  StrataDevicePrivate *priv = strata_device_get_instance_private (STRATA_DEVICE (object));

  g_free (priv->uri);
  g_clear_object (&priv->program);
  g_clear_object (&priv->die);
  g_mutex_clear (&priv->lock);
  G_OBJECT_CLASS (strata_device_parent_class)->finalize (object);
}

static void
strata_device_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  StrataDevicePrivate *priv = strata_device_get_instance_private (STRATA_DEVICE (object));

  if (prop_id == PROP_URI)
    g_value_set_string (value, priv->uri);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
strata_device_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  StrataDevicePrivate *priv = strata_device_get_instance_private (STRATA_DEVICE (object));

  if (prop_id == PROP_URI)
    priv->uri = g_value_dup_string (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
strata_device_class_init (StrataDeviceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = strata_device_finalize;
  object_class->get_property = strata_device_get_property;
  object_class->set_property = strata_device_set_property;
  /**
   * StrataDevice:uri:
   *
   * What the device was opened with.
   */
  g_object_class_install_property (
    object_class, PROP_URI,
    g_param_spec_string ("uri", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));
}

static void
strata_device_init (StrataDevice *self)
{
  StrataDevicePrivate *priv = strata_device_get_instance_private (self);

  g_mutex_init (&priv->lock);
}

char **
strata_device_scan (void)
{
  const char *const *names = strata_chip_spec_names ();
  GStrvBuilder *builder = g_strv_builder_new ();
  char **uris;

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *uri = g_strconcat ("sim:", names[i], NULL);

      g_strv_builder_add (builder, uri);
    }
  g_strv_builder_add (builder, "null:");
  uris = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return uris;
}

StrataDevice *
strata_device_open (const char *uri, GError **error)
{
  g_return_val_if_fail (uri != NULL, NULL);
  if (g_str_has_prefix (uri, "sim:"))
    return strata_device_sim_open (uri, error);
  if (g_str_equal (uri, "null:"))
    return strata_device_null_open (uri);
  g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_NOT_FOUND,
               "%s: no such device; sim:, sim:CHIP, sim:CHIP?die=FILE and null: can be opened", uri);
  return NULL;
}

const char *
strata_device_get_uri (StrataDevice *self)
{
  StrataDevicePrivate *priv = strata_device_get_instance_private (self);

  g_return_val_if_fail (STRATA_IS_DEVICE (self), NULL);
  return priv->uri;
}

const char *
strata_device_get_description (StrataDevice *self)
{
  g_return_val_if_fail (STRATA_IS_DEVICE (self), NULL);
  return STRATA_DEVICE_GET_CLASS (self)->get_description (self);
}

StrataCapabilities
strata_device_get_capabilities (StrataDevice *self)
{
  g_return_val_if_fail (STRATA_IS_DEVICE (self), 0);
  return STRATA_DEVICE_GET_CLASS (self)->get_capabilities (self);
}

StrataProgram *
strata_device_get_program (StrataDevice *self)
{
  StrataDevicePrivate *priv = strata_device_get_instance_private (self);

  g_return_val_if_fail (STRATA_IS_DEVICE (self), NULL);
  return priv->program;
}

gboolean
strata_device_load (StrataDevice *self, StrataProgram *program, GCancellable *cancellable, GError **error)
{
  StrataDevicePrivate *priv = strata_device_get_instance_private (self);
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (STRATA_IS_DEVICE (self), FALSE);
  g_return_val_if_fail (STRATA_IS_PROGRAM (program), FALSE);
  locker = g_mutex_locker_new (&priv->lock);
  if (g_cancellable_set_error_if_cancelled (cancellable, error)
      || (priv->die != NULL && !strata_die_takes (priv->die, program, priv->use, error))
      || !STRATA_DEVICE_GET_CLASS (self)->load (self, program, cancellable, error))
    return FALSE;
  g_set_object (&priv->program, program);
  return TRUE;
}

gboolean
strata_device_set_die (StrataDevice *self, StrataDie *die, StrataDieUse use, GError **error)
{
  StrataDevicePrivate *priv = strata_device_get_instance_private (self);
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (STRATA_IS_DEVICE (self), FALSE);
  g_return_val_if_fail (die == NULL || STRATA_IS_DIE (die), FALSE);
  locker = g_mutex_locker_new (&priv->lock);
  if (!(STRATA_DEVICE_GET_CLASS (self)->get_capabilities (self) & STRATA_CAPABILITY_DIE))
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED,
                   "%s: cannot be told which die it is; the simulator, sim:, can", priv->uri);
      return FALSE;
    }
  if (die != NULL && priv->program != NULL && !strata_die_takes (die, priv->program, use, error))
    return FALSE;
  if (!STRATA_DEVICE_GET_CLASS (self)->set_die (self, die, use, error))
    return FALSE;
  g_set_object (&priv->die, die);
  priv->use = use;
  return TRUE;
}

StrataDie *
strata_device_get_die (StrataDevice *self, StrataDieUse *use)
{
  StrataDevicePrivate *priv = strata_device_get_instance_private (self);

  g_return_val_if_fail (STRATA_IS_DEVICE (self), NULL);
  if (use != NULL)
    *use = priv->use;
  return priv->die;
}

/* Converters have no code for NaN and infinities. */
static gboolean
check_finite (StrataTensor *tensor, const char *name, GError **error)
{
  StrataArray view;
  const float *values;
  gint64 n = strata_tensor_get_n_elements (tensor);

  strata_tensor_view (tensor, &view);
  values = view.data;
  for (gint64 i = 0; i < n; i++)
    if (!isfinite (values[i]))
      {
        g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                     "input \"%s\": element %" G_GINT64_FORMAT " is %g; finite numbers are accepted", name, i,
                     (double) values[i]);
        return FALSE;
      }
  return TRUE;
}

/* Digital ops compute with infinities as ONNX does: a mask may hold some. */
static gboolean
is_digital_only (const StrataQGraph *graph, int tensor)
{
  for (int op = 0; op < graph->n_ops; op++)
    for (int i = 0; i < graph->ops[op].n_inputs; i++)
      if (graph->ops[op].inputs[i] == tensor && graph->ops[op].kind != STRATA_QOP_DIGITAL
          && graph->ops[op].kind != STRATA_QOP_SOFTMAX)
        return FALSE;
  return TRUE;
}

static gboolean
check_inputs (const StrataImage *image, GPtrArray *inputs, GError **error)
{
  const StrataQGraph *graph = image->graph;

  if (inputs == NULL || inputs->len != (guint) graph->n_inputs)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT, "%s: %u inputs given; the program has %d",
                   image->model_name, inputs == NULL ? 0 : inputs->len, graph->n_inputs);
      return FALSE;
    }
  for (guint i = 0; i < inputs->len; i++)
    {
      StrataTensor *tensor = inputs->pdata[i];
      const StrataQTensor *expected = &graph->tensors[graph->inputs[i]];

      StrataDtype dtype = expected->format == STRATA_FORMAT_I32 ? expected->dtype : STRATA_DTYPE_F32;

      if (strata_tensor_get_dtype (tensor) != dtype
          || strata_tensor_get_n_elements (tensor) != strata_qtensor_count (expected))
        {
          g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                       "input \"%s\": %" G_GINT64_FORMAT " elements of %s given; %s %d×%d×%d is expected",
                       expected->name, strata_tensor_get_n_elements (tensor),
                       strata_dtype_name (strata_tensor_get_dtype (tensor)), strata_dtype_name (dtype),
                       expected->channels, expected->height, expected->width);
          return FALSE;
        }
      if (dtype == STRATA_DTYPE_F32 && !is_digital_only (graph, graph->inputs[i])
          && !check_finite (tensor, expected->name, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
check_job (StrataDevice *self, StrataProgram *program, StrataJob *job, GError **error)
{
  StrataCapabilities capabilities = strata_device_get_capabilities (self);
  const char *uri = strata_device_get_uri (self);

  if (program == NULL)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM, "%s: no program is loaded; load one first",
                   uri);
      return FALSE;
    }
  if (strata_job_get_sink (job, NULL) != NULL && !(capabilities & STRATA_CAPABILITY_TRACE))
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED,
                   "%s: cannot record a profile; run without one, or on sim:", uri);
      return FALSE;
    }
  if (strata_job_get_fidelity (job) == STRATA_FIDELITY_TIMING
      || strata_job_get_fidelity (job) == STRATA_FIDELITY_ESTIMATE)
    return TRUE;
  if (strata_job_get_fidelity (job) != STRATA_FIDELITY_FUNCTIONAL)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED,
                   "%s: a job runs at the estimate, the timing or the functional fidelity", uri);
      return FALSE;
    }
  return check_inputs (strata_program_get_image (program), strata_job_get_inputs (job), error);
}

gboolean
strata_device_run (StrataDevice *self, StrataJob *job, GCancellable *cancellable, GError **error)
{
  StrataDevicePrivate *priv = strata_device_get_instance_private (self);
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (STRATA_IS_DEVICE (self), FALSE);
  g_return_val_if_fail (STRATA_IS_JOB (job), FALSE);
  locker = g_mutex_locker_new (&priv->lock);
  strata_job_take_outputs (job, NULL);
  return check_job (self, priv->program, job, error) && !g_cancellable_set_error_if_cancelled (cancellable, error)
         && STRATA_DEVICE_GET_CLASS (self)->run (self, job, cancellable, error);
}

static void
run_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  GError *error = NULL;

  if (strata_device_run (source, task_data, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
strata_device_run_async (
  StrataDevice *self, StrataJob *job, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STRATA_IS_DEVICE (self));
  g_return_if_fail (STRATA_IS_JOB (job));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, strata_device_run_async);
  g_task_set_task_data (task, g_object_ref (job), g_object_unref);
  g_task_run_in_thread (task, run_thread);
}

gboolean
strata_device_run_finish (StrataDevice *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

gboolean
strata_device_read_energy (StrataDevice *self, gint64 *energy_fj, gint64 *time_ps, StrataFidelity *source)
{
  StrataDeviceClass *klass;

  g_return_val_if_fail (STRATA_IS_DEVICE (self), FALSE);
  klass = STRATA_DEVICE_GET_CLASS (self);
  return klass->read_energy != NULL && klass->read_energy (self, energy_fj, time_ps, source);
}
