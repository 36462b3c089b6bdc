/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataJob: a bag of options of one inference and its outputs.
 */
#include "strata/strata-device.h"

struct _StrataJob
{
  GObject parent_instance;
  GPtrArray *inputs, *outputs;
  StrataFidelity fidelity;
  StrataAnalog analog;
  StrataConditions *conditions;
  guint64 seed, inference;
  StrataTraceSink *sink;
  char *run_name;
};

G_DEFINE_FINAL_TYPE (StrataJob, strata_job, G_TYPE_OBJECT)

static void
strata_job_finalize (GObject *object)
{
  StrataJob *self = STRATA_JOB (object);

  g_clear_pointer (&self->inputs, g_ptr_array_unref);
  g_clear_pointer (&self->outputs, g_ptr_array_unref);
  strata_conditions_free (self->conditions);
  g_free (self->run_name);
  G_OBJECT_CLASS (strata_job_parent_class)->finalize (object);
}

static void
strata_job_class_init (StrataJobClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_job_finalize;
}

static void
strata_job_init (StrataJob *self)
{
  self->fidelity = STRATA_FIDELITY_FUNCTIONAL;
  self->analog = STRATA_ANALOG_NOMINAL;
  self->conditions = strata_conditions_new ();
}

StrataJob *
strata_job_new (void)
{
  return g_object_new (STRATA_TYPE_JOB, NULL);
}

static gpointer
ref_object_cb (gconstpointer object, gpointer user_data)
{
  return g_object_ref ((gpointer) object);
}

void
strata_job_set_inputs (StrataJob *self, GPtrArray *inputs)
{
  g_return_if_fail (STRATA_IS_JOB (self));
  g_clear_pointer (&self->inputs, g_ptr_array_unref);
  if (inputs != NULL)
    {
      /* An own vector: bindings hand over one that they free. */
      self->inputs = g_ptr_array_copy (inputs, ref_object_cb, NULL);
      g_ptr_array_set_free_func (self->inputs, g_object_unref);
    }
}

GPtrArray *
strata_job_get_inputs (StrataJob *self)
{
  g_return_val_if_fail (STRATA_IS_JOB (self), NULL);
  return self->inputs;
}

void
strata_job_set_fidelity (StrataJob *self, StrataFidelity fidelity)
{
  g_return_if_fail (STRATA_IS_JOB (self));
  self->fidelity = fidelity;
}

StrataFidelity
strata_job_get_fidelity (StrataJob *self)
{
  g_return_val_if_fail (STRATA_IS_JOB (self), STRATA_FIDELITY_FUNCTIONAL);
  return self->fidelity;
}

void
strata_job_set_analog (StrataJob *self, StrataAnalog analog)
{
  g_return_if_fail (STRATA_IS_JOB (self));
  self->analog = analog;
}

StrataAnalog
strata_job_get_analog (StrataJob *self)
{
  g_return_val_if_fail (STRATA_IS_JOB (self), STRATA_ANALOG_NOMINAL);
  return self->analog;
}

void
strata_job_set_seed (StrataJob *self, guint64 seed)
{
  g_return_if_fail (STRATA_IS_JOB (self));
  self->seed = seed;
}

guint64
strata_job_get_seed (StrataJob *self)
{
  g_return_val_if_fail (STRATA_IS_JOB (self), 0);
  return self->seed;
}

void
strata_job_set_conditions (StrataJob *self, const StrataConditions *conditions)
{
  StrataConditions *copy;

  g_return_if_fail (STRATA_IS_JOB (self));
  copy = strata_conditions_copy (conditions);
  strata_conditions_free (self->conditions);
  self->conditions = copy;
}

const StrataConditions *
strata_job_get_conditions (StrataJob *self)
{
  g_return_val_if_fail (STRATA_IS_JOB (self), NULL);
  return self->conditions;
}

void
strata_job_set_inference (StrataJob *self, guint64 inference)
{
  g_return_if_fail (STRATA_IS_JOB (self));
  self->inference = inference;
}

guint64
strata_job_get_inference (StrataJob *self)
{
  g_return_val_if_fail (STRATA_IS_JOB (self), 0);
  return self->inference;
}

void
strata_job_set_sink (StrataJob *self, StrataTraceSink *sink, const char *run_name)
{
  g_return_if_fail (STRATA_IS_JOB (self));
  self->sink = sink;
  g_free (self->run_name);
  self->run_name = g_strdup (run_name);
}

StrataTraceSink *
strata_job_get_sink (StrataJob *self, const char **run_name)
{
  g_return_val_if_fail (STRATA_IS_JOB (self), NULL);
  if (run_name != NULL)
    *run_name = self->run_name;
  return self->sink;
}

GPtrArray *
strata_job_get_outputs (StrataJob *self)
{
  g_return_val_if_fail (STRATA_IS_JOB (self), NULL);
  return self->outputs;
}

void
strata_job_take_outputs (StrataJob *self, GPtrArray *outputs)
{
  g_return_if_fail (STRATA_IS_JOB (self));
  g_clear_pointer (&self->outputs, g_ptr_array_unref);
  self->outputs = outputs;
}
