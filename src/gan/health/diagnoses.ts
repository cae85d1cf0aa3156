/** What may be wrong with a training, how it shows, and what to do. To add a diagnosis: a row here. */
import { meanSquaredDistance } from "./distances.ts";
import type { Course, Record } from "./records.ts";

/** One diagnosis. */
interface DiagnosisRow {
  /** At how many probes one after another it must show before it is told. */
  readonly lasting: number;
  /** What shows it at the last probe, as a sentence with the figures; null where nothing does. */
  sign(course: Course): string | null;
  /** What to do, in a sentence. */
  readonly remedy: string;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const brief = (value: number): string => `${Number(value.toPrecision(3))}`;

const last = ({ records }: Course): Record => records.at(-1)!;

export const DIAGNOSES = {
  /** The discriminator tells data and generator apart without fail, and for long: the divergence says nothing any more, as it is at its ceiling (Arjovsky & Bottou 2017, theorem 2.1). */
  "discriminator-saturated": {
    lasting: 3,
    sign(course) {
      const { accuracy, divergence, heldOut } = last(course);
      const { ceiling, name } = course.divergence;
      const estimate = heldOut ?? divergence;
      if (!(accuracy > 0.99 && estimate > 0.95 * ceiling)) return null;
      return `the discriminator is right about ${percent(accuracy)} of the images, and the divergence (${name}) is ${brief(estimate)} of at most ${brief(ceiling)}`;
    },
    remedy:
      'hold the discriminator\'s slope ("r1" or "gradient-penalty" in regularizers), or show both kinds of images through "instance-noise"; a smaller discriminator or learning rate for it helps too',
  },

  /** The generator makes few different images, whatever the latents (Goodfellow 2016, section 5.1.1). */
  "mode-collapse": {
    lasting: 4,
    sign(course) {
      const { diversity, featureDiversity, duplicates, dataDuplicates, samples } = last(course);
      // A generator that has just begun makes much the same of everything, and gets over it.
      if (diversity > (course.records.at(-2)?.diversity ?? Number.POSITIVE_INFINITY) + 0.03) return null;
      if (diversity < 0.25) {
        return `${samples.n} latents give images that differ ${percent(diversity)} as much as as many of the data (${percent(featureDiversity)} in the discriminator's features)`;
      }
      if (duplicates > 0.5 && dataDuplicates < 0.25)
        return `${percent(duplicates)} of ${samples.n} images have a twin among them, of the data ${percent(dataDuplicates)}`;
      return null;
    },
    remedy:
      'use an objective with a penalty on the discriminator (the default, or "wasserstein-gp"), a lower learning rate for the generator, or larger batches; for a conditional GAN see that the labels are right',
  },

  /** What the generator learns from is next to nothing beside what it was (Arjovsky & Bottou 2017, theorem 2.4). */
  "vanishing-gradient": {
    lasting: 2,
    sign({ records, divergence: { ceiling } }) {
      const { generatorGradient: now, divergence, accuracy } = records.at(-1)!;
      // Where data and generator are alike there is nothing left to learn.
      const isFar = ceiling === Number.POSITIVE_INFINITY ? accuracy > 0.9 : divergence > ceiling / 2;
      const usual = Math.max(...records.map(({ generatorGradient }) => generatorGradient));
      return isFar && now < 1e-2 * usual ? `the norm of the generator's gradient is ${brief(now)}, and was ${brief(usual)}` : null;
    },
    remedy:
      '"minimax" saturates where the discriminator is sure: use "non-saturating" or "wasserstein-gp"; else hold the discriminator back by "r1" or a lower learning rate',
  },

  /** Losses or weights grow without bound. */
  diverging: {
    lasting: 2,
    sign({ records }) {
      const now = records.at(-1)!;
      const [first] = records as readonly [Record, ...Record[]];
      const before = records.at(-2);
      if (!before) return null;
      // A critic's losses are in units of the data's distances.
      const most = 100 * Math.max(1, Math.sqrt(now.dataDistance));
      const recent = records.slice(-4).map(({ loss }) => loss);
      const rises = recent.length === 4 && recent.every((loss, i) => i === 0 || loss > recent[i - 1]!);
      if (rises && now.loss > most && now.loss > 3 * recent[0]!)
        return `the losses grow with every look, from ${brief(recent[0]!)} to ${brief(now.loss)}`;
      for (const network of ["generator", "discriminator"] as const) {
        const [norm, had, began] = [now, before, first].map((record) => record[`${network}Weights`]) as [number, number, number];
        if (norm > 10 * began && norm > 1.1 * had) return `the norm of the ${network}'s weights is ${brief(norm)}, and was ${brief(began)} at first`;
      }
      return null;
    },
    remedy:
      'lower the learning rates, bound the discriminator ("spectral-norm", "gradient-penalty", "r1"), or add "gradient-clipping"; a critic ("wasserstein") without any of these always runs away',
  },

  /** The discriminator knows its images by heart, or the generator gives them back (Karras et al. 2020, section 2). */
  memorising: {
    lasting: 3,
    sign(course) {
      const { nearest, divergence, heldOut, duplicates, scoreDeviation } = last(course);
      const { ceiling } = course.divergence;
      if (nearest < 0.25 && duplicates < 0.5)
        return `generated images are ${percent(nearest)} as far from the nearest image of the data as those are from each other`;
      if (heldOut === undefined) return null;
      // One probe's estimate is of few images.
      const recent = course.records.slice(-3);
      const gap = recent.reduce((sum, record) => sum + (record.gap ?? 0) / recent.length, 0);
      // Without a ceiling, several times what the choice of the images makes of it.
      const much = ceiling === Number.POSITIVE_INFINITY ? Math.max(divergence / 2, scoreDeviation / 4) : ceiling / 3;
      return gap > much
        ? `the estimate of the divergence is by ${brief(gap)} higher on images of the training than on those held out, where it is ${brief(heldOut)}`
        : null;
    },
    remedy:
      "train on more images, of pictures by `augment` or `mirror`, or stop earlier; a smaller discriminator, dropout in it or a stronger penalty makes it know less by heart",
  },

  /** The discriminator says the same of every image, or of every generated one: nothing reaches the generator. */
  "dead-discriminator": {
    lasting: 2,
    sign(course) {
      const { scoreSpread, generatorGradient, samples } = last(course);
      if (scoreSpread < 1e-5)
        return `its scores of ${samples.n} images of the data and as many generated ones differ by ${brief(scoreSpread)} of what they are`;
      return generatorGradient === 0
        ? `the generator's gradient is 0: the discriminator's scores of ${samples.n} generated images do not depend on what they show`
        : null;
    },
    remedy: "lower its learning rate and begin anew: units that are 0 for every image learn no more; leaky ones (leakyRelu) do not die",
  },

  /** The generator goes round in circles and comes back to where it was (Mescheder, Geiger & Nowozin 2018, section 3). */
  oscillating: {
    lasting: 3,
    sign({ records }) {
      const now = records.at(-1)!;
      // How far the images of the same latents are from those of earlier probes, over the distances between images of the data.
      const away = records
        .slice(-17, -1)
        .reverse()
        .map(({ samples }) => Math.sqrt(meanSquaredDistance(now.samples, samples) / now.dataDistance));
      let farthest = 0;
      let near: { readonly distance: number; readonly probes: number } | null = null;
      for (const [i, distance] of away.entries()) {
        // Once is no circle: a generator that settles may overshoot.
        if (near && distance > 0.5 && distance > 2 * near.distance) {
          return `the images of ${now.samples.n} latents went ${percent(farthest)} of the distance between images of the data away, and are back, within ${percent(near.distance)}, where they were ${near.probes} probes ago; and so before that`;
        }
        if (!near && farthest > 0.5 && distance < farthest / 3) near = { distance, probes: i + 1 };
        farthest = Math.max(farthest, distance);
      }
      return null;
    },
    remedy: 'add "r1" (both turn about the equilibrium without a penalty there), lower both learning rates, or Adam\'s first beta to 0',
  },
} as const satisfies Readonly<{ [name: string]: DiagnosisRow }>;

/**
 * The name of a diagnosis.
 *
 * @useDeclaredType
 */
export type DiagnosisName = keyof typeof DIAGNOSES;

export const DIAGNOSIS_ROWS = Object.entries(DIAGNOSES) as readonly (readonly [DiagnosisName, DiagnosisRow])[];
