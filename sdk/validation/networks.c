/* SPDX-License-Identifier: Apache-2.0
 *
 * Published figures of whole networks: the built-in network without weights is compiled for the described chip and its
 * run is modelled, as any user would.
 */
#include "validation/published.h"

#include "compiler/pipeline.h"
#include "model/arch/architectures.h"
#include "simulator/simulator.h"

/* NeuroSim V1.5 with capacitive cells (peers 3.1, 4.4): arrays of 128 x 128, 8-bit weights in cells of 2 bits, a
 * conversion for every input phase. What is not published with it is the phone chip's, on as many stacks as hold the
 * network; the bits of its converter are not, and hardly matter: 5 to 8 give 56 to 63 %. */
static const char nvcap_text[] = "base: phone\n"
                                 "name: nvcap\n"
                                 "tiers: 64\n"
                                 "rows: 128\n"
                                 "columns: 128\n"
                                 "slices: 4\n"
                                 "cell_bits: 2 bit\n"
                                 "n_adc: 16\n"
                                 "conversion: per-phase\n"
                                 "p_budget: 100 W\n";

static StrataModelled *
run_network (const char *name, const StrataChipSpec *chip, GError **error)
{
  const StrataArchitecture *architecture = strata_architecture_find (name, error);
  g_autoptr (StrataGraph) graph = architecture == NULL ? NULL : strata_architecture_make (architecture, NULL, error);
  g_autoptr (StrataImage) image = NULL;
  StrataCompileOptions options;
  StrataJudgement judgement;

  if (graph == NULL)
    return NULL;
  strata_compile_options_init (&options);
  image = strata_compile (graph, chip, &options, &judgement, error);
  return image == NULL ? NULL : strata_model_run (image, 0, FALSE, NULL, error);
}

/* Dynamic energy of the whole chip, as theirs is: arrays, converters, accumulation, buffers, network */
static void
nvcap (double *ours)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_parse (nvcap_text, -1, "nvcap", &error);
  g_autoptr (StrataModelled) modelled = chip == NULL ? NULL : run_network ("vgg8", chip, &error);
  double converters = 0;

  if (modelled == NULL)
    {
      g_warning ("nvcap: %s", error->message);
      return;
    }
  for (int i = 0; i < modelled->n_energy; i++)
    if (modelled->energy[i].component == STRATA_COMPONENT_ADC)
      converters += (double) modelled->energy[i].energy_fj[STRATA_BAND_NOMINAL];
  ours[STRATA_VALIDATE_NVCAP] = 100 * converters / (double) modelled->dynamic_fj[STRATA_BAND_NOMINAL];
}

void
strata_published_networks (double *ours)
{
  nvcap (ours);
}
