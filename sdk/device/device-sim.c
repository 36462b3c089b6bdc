/* SPDX-License-Identifier: Apache-2.0
 *
 * sim: the simulator as a device. "sim:" runs programs of any chip, "sim:CHIP" those of one, "sim:CHIP?die=FILE" on one
 * die of it. Arrays are programmed (noise is drawn, converters are calibrated) at the first functional job of an analog
 * level and seed, and stay programmed until another is asked for.
 */
#include "device/device-private.h"

#include <string.h>

#include "base/parallel.h"
#include "device/die-private.h"
#include "device/program-private.h"
#include "device/tensor-private.h"

#define STRATA_TYPE_DEVICE_SIM (strata_device_sim_get_type ())
G_DECLARE_FINAL_TYPE (StrataDeviceSim, strata_device_sim, STRATA, DEVICE_SIM, StrataDevice)

struct _StrataDeviceSim
{
  StrataDevice parent_instance;
  StrataChipSpec *chip; /* NULL: any */
  char *description;
  StrataDie *die; /* NULL: one without faults */
  StrataDieUse use;
  StrataProgram *program; /* held for the functional state, which points into its image */
  StrataFunctional *functional;
  StrataFunctionalOptions programmed;
  StrataConditions *conditions; /* as programmed */
  GMutex counter_lock;
  gint64 energy_fj, time_ps;
};

G_DEFINE_FINAL_TYPE (StrataDeviceSim, strata_device_sim, STRATA_TYPE_DEVICE)

static void
strata_device_sim_finalize (GObject *object)
{
  StrataDeviceSim *self = STRATA_DEVICE_SIM (object);

  strata_functional_free (self->functional);
  strata_conditions_free (self->conditions);
  g_clear_object (&self->program);
  g_clear_object (&self->die);
  strata_chip_spec_free (self->chip);
  g_free (self->description);
  g_mutex_clear (&self->counter_lock);
  G_OBJECT_CLASS (strata_device_sim_parent_class)->finalize (object);
}

static const char *
strata_device_sim_get_description (StrataDevice *device)
{
  return STRATA_DEVICE_SIM (device)->description;
}

static StrataCapabilities
strata_device_sim_get_capabilities (StrataDevice *device)
{
  return STRATA_CAPABILITY_VALUES | STRATA_CAPABILITY_TRACE | STRATA_CAPABILITY_ENERGY | STRATA_CAPABILITY_ANALOG_LEVELS
         | STRATA_CAPABILITY_DIE;
}

static gboolean
strata_device_sim_load (StrataDevice *device, StrataProgram *program, GCancellable *cancellable, GError **error)
{
  StrataDeviceSim *self = STRATA_DEVICE_SIM (device);
  const StrataImage *image = strata_program_get_image (program);

  if (self->chip != NULL && !strata_chip_spec_covers (image->chip, self->chip))
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM,
                   "%s: the program was compiled for chip %s; compile it for %s, or open sim:",
                   strata_device_get_uri (device), image->chip->name, self->chip->name);
      return FALSE;
    }
  g_clear_pointer (&self->functional, strata_functional_free);
  g_set_object (&self->program, program);
  return TRUE;
}

static gboolean
strata_device_sim_set_die (StrataDevice *device, StrataDie *die, StrataDieUse use, GError **error)
{
  StrataDeviceSim *self = STRATA_DEVICE_SIM (device);
  const StrataChipSpec *chip = die == NULL ? NULL : strata_die_get_spec (die)->chip;

  if (chip != NULL && self->chip != NULL && !strata_chip_spec_covers (chip, self->chip))
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                   "%s: die %s is one of chip %s; give one of %s, or open sim:", strata_device_get_uri (device),
                   strata_die_get_serial (die), chip->name, self->chip->name);
      return FALSE;
    }
  g_clear_pointer (&self->functional, strata_functional_free);
  g_set_object (&self->die, die);
  self->use = use;
  return TRUE;
}

/* NULL: one without faults */
static const StrataDieState *
get_state (const StrataDeviceSim *self, StrataDieState *state)
{
  if (self->die == NULL)
    return NULL;
  *state = strata_die_get_state (self->die, self->use);
  return state;
}

static gboolean
ensure_programmed (StrataDeviceSim *self, const StrataFunctionalOptions *options, GError **error)
{
  if (self->functional != NULL && self->programmed.analog == options->analog && self->programmed.seed == options->seed
      && self->programmed.measure == options->measure
      && strata_conditions_equal (self->conditions, options->conditions))
    return TRUE;
  g_clear_pointer (&self->functional, strata_functional_free);
  self->functional = strata_functional_new (strata_program_get_image (self->program), options, error);
  self->programmed = *options;
  self->programmed.cancellable = NULL;
  self->programmed.modelled = NULL;
  g_clear_pointer (&self->conditions, strata_conditions_free);
  self->conditions = strata_conditions_copy (options->conditions);
  return self->functional != NULL;
}

static gboolean
compute_outputs (StrataDeviceSim *self, StrataJob *job, GCancellable *cancellable, GError **error)
{
  const StrataImage *image = strata_program_get_image (self->program);
  GPtrArray *inputs = strata_job_get_inputs (job);
  StrataDieState state;
  StrataFunctionalOptions options = { .analog = strata_job_get_analog (job),
                                      .seed = strata_job_get_seed (job),
                                      .cancellable = cancellable,
                                      .conditions = strata_job_get_conditions (job),
                                      .measure = strata_job_get_sink (job, NULL) != NULL,
                                      .die = get_state (self, &state),
                                      .spread = TRUE };
  const gboolean at_work = strata_conditions_is_at_work (options.conditions);
  g_autofree StrataArray *views = g_new0 (StrataArray, inputs->len);
  g_autofree const StrataArray **in = g_new0 (const StrataArray *, inputs->len);
  g_autofree StrataArray **out = g_new0 (StrataArray *, image->graph->n_outputs);

  if (at_work && (options.modelled = strata_program_get_modelled (self->program, cancellable, error)) == NULL)
    return FALSE;
  if (!ensure_programmed (self, &options, error))
    return FALSE;
  for (guint i = 0; i < inputs->len; i++)
    {
      strata_tensor_view (inputs->pdata[i], &views[i]);
      in[i] = &views[i];
    }
  if (!strata_functional_run (self->functional, strata_job_get_inference (job), in, out, cancellable, error))
    return FALSE;
  strata_job_take_outputs (job, strata_tensors_from_arrays (out, (guint) image->graph->n_outputs));
  return TRUE;
}

/* Time, energy and heat never look at values, so that both run side by side. */
typedef struct
{
  StrataDeviceSim *self;
  StrataJob *job;
  GCancellable *cancellable;
  StrataModelled *estimate; /* owned; NULL: not of this fidelity */
  const StrataModelled *modelled;
} Parts;

static gboolean
run_part_cb (guint index, gpointer user_data, GError **error)
{
  Parts *parts = user_data;
  StrataProgram *program = parts->self->program;
  const StrataImage *image = strata_program_get_image (program);

  if (index == 1)
    return compute_outputs (parts->self, parts->job, parts->cancellable, error);
  if (strata_job_get_fidelity (parts->job) == STRATA_FIDELITY_ESTIMATE)
    parts->modelled = parts->estimate =
      strata_model_estimate (image, image->limits.max_interval_ps, TRUE, parts->cancellable, error);
  else
    parts->modelled = strata_program_get_modelled (program, parts->cancellable, error);
  return parts->modelled != NULL;
}

static gboolean
strata_device_sim_run (StrataDevice *device, StrataJob *job, GCancellable *cancellable, GError **error)
{
  StrataDeviceSim *self = STRATA_DEVICE_SIM (device);
  const char *run_name = NULL;
  StrataTraceSink *sink = strata_job_get_sink (job, &run_name);
  const StrataImage *image = strata_program_get_image (self->program);
  gboolean functional = strata_job_get_fidelity (job) == STRATA_FIDELITY_FUNCTIONAL;
  Parts parts = { self, job, cancellable, NULL, NULL };
  g_autoptr (StrataModelled) estimate = NULL;
  const StrataModelled *modelled;
  StrataModelled labelled;
  StrataDieState state;
  gboolean ok = strata_parallel_for (functional ? 2 : 1, 0, run_part_cb, &parts, NULL, error);

  estimate = parts.estimate;
  modelled = parts.modelled;
  if (!ok)
    return FALSE;
  labelled = *modelled; /* shares its tables, which the program keeps */
  labelled.die = get_state (self, &state);
  if (functional)
    {
      labelled.analog = strata_job_get_analog (job);
      labelled.noise_seed = strata_job_get_seed (job);
      labelled.conditions = strata_job_get_conditions (job);
    }
  if (sink != NULL
      && !strata_modelled_record (image, &labelled, strata_job_get_fidelity (job),
                                  functional ? strata_functional_accuracy (self->functional) : NULL, run_name, sink,
                                  error))
    return FALSE;
  g_mutex_lock (&self->counter_lock);
  self->energy_fj += modelled->energy_fj[STRATA_BAND_NOMINAL];
  self->time_ps += modelled->latency_ps[STRATA_BAND_NOMINAL]; /* jobs run one after another */
  g_mutex_unlock (&self->counter_lock);
  return TRUE;
}

static gboolean
strata_device_sim_read_energy (StrataDevice *device, gint64 *energy_fj, gint64 *time_ps, StrataFidelity *source)
{
  StrataDeviceSim *self = STRATA_DEVICE_SIM (device);

  g_mutex_lock (&self->counter_lock);
  *energy_fj = self->energy_fj;
  *time_ps = self->time_ps;
  g_mutex_unlock (&self->counter_lock);
  *source = STRATA_FIDELITY_TIMING;
  return TRUE;
}

static void
strata_device_sim_class_init (StrataDeviceSimClass *klass)
{
  StrataDeviceClass *device_class = STRATA_DEVICE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = strata_device_sim_finalize;
  device_class->get_description = strata_device_sim_get_description;
  device_class->get_capabilities = strata_device_sim_get_capabilities;
  device_class->load = strata_device_sim_load;
  device_class->run = strata_device_sim_run;
  device_class->read_energy = strata_device_sim_read_energy;
  device_class->set_die = strata_device_sim_set_die;
}

static void
strata_device_sim_init (StrataDeviceSim *self)
{
  g_mutex_init (&self->counter_lock);
}

/* --- opening --- */

static char *
describe (const StrataDeviceSim *self)
{
  const char *serial = self->die == NULL ? NULL : strata_die_get_serial (self->die);
  const char *chip = self->chip != NULL ? self->chip->name
                     : serial != NULL   ? strata_die_get_chip_name (self->die)
                                        : "any chip";

  return g_strdup_printf ("simulator of %s%s%s; figures are modelled", chip, serial == NULL ? "" : ", die ",
                          serial == NULL ? "" : serial);
}

/* Takes on what stands behind "?": settings with "&" between them. */
static gboolean
apply_settings (StrataDeviceSim *self, const char *uri, const char *settings, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (settings, "&", -1);
  StrataDieUse use = STRATA_DIE_FITTED;
  g_autoptr (StrataDie) die = NULL;

  for (int i = 0; parts[i] != NULL; i++)
    {
      g_autofree char *path =
        g_str_has_prefix (parts[i], "die=") ? g_uri_unescape_string (parts[i] + strlen ("die="), NULL) : NULL;

      if (path != NULL && *path == '\0')
        {
          g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_NOT_FOUND,
                       "%s: die= names no file; write one like sim:phone?die=FILE", uri);
          return FALSE;
        }
      if (g_str_equal (parts[i], "unfitted"))
        use = STRATA_DIE_UNFITTED;
      else if (path != NULL && die == NULL)
        {
          die = strata_die_load (path, error);
          if (die == NULL)
            {
              g_prefix_error (error, "%s: ", uri);
              return FALSE;
            }
        }
      else
        {
          g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_NOT_FOUND,
                       "%s: \"%s\" is no setting, or a second one; die=FILE and unfitted are accepted, once", uri,
                       parts[i]);
          return FALSE;
        }
    }
  if (die != NULL)
    return strata_device_set_die (STRATA_DEVICE (self), die, use, error);
  g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_NOT_FOUND,
               "%s: settings without a die; write one like sim:phone?die=FILE", uri);
  return FALSE;
}

StrataDevice *
strata_device_sim_open (const char *uri, GError **error)
{
  const char *settings = strchr (uri, '?');
  const gsize n_bytes = settings == NULL ? strlen (uri) : (gsize) (settings - uri);
  g_autofree char *name = g_strndup (uri + strlen ("sim:"), n_bytes - strlen ("sim:"));
  g_autoptr (StrataChipSpec) chip = NULL;
  g_autoptr (StrataDeviceSim) self = NULL;

  if (*name != '\0')
    {
      chip = strata_chip_spec_load (name, error);
      if (chip == NULL)
        {
          g_prefix_error (error, "%s: ", uri);
          return NULL;
        }
    }
  self = g_object_new (STRATA_TYPE_DEVICE_SIM, "uri", uri, NULL);
  self->chip = g_steal_pointer (&chip);
  if (settings != NULL && !apply_settings (self, uri, settings + 1, error))
    return NULL;
  self->description = describe (self);
  return STRATA_DEVICE (g_steal_pointer (&self));
}
