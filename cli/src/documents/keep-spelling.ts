import type { Scalar, ScalarTag, Tags } from 'yaml';

/**
 * Tags of the YAML library that write a plain value as it was read: `0755` and `1e3` are no other numbers then, and `~` is
 * not `null`.
 */
export const keepSpelling = (tags: Tags): Tags =>
  tags.map((tag) => {
    if (typeof tag === 'string' || tag.collection !== undefined || tag.tag === 'tag:yaml.org,2002:str') return tag;
    const scalar: ScalarTag = tag;
    if (scalar.stringify === undefined) return tag;
    const { stringify } = scalar;
    const kept: ScalarTag['stringify'] = (item: Scalar, ...rest) => item.source ?? stringify(item, ...rest);
    return { ...scalar, stringify: kept };
  });
